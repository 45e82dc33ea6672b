"""Tasks: their service, their widgets, and the clicks in those widgets."""
