"""Tasks: the service, the widgets, and the clicks in the widgets."""
