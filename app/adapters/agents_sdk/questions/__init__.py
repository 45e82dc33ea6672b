"""Questions of a tool to the user or the page, and the calls that their answers resume."""
