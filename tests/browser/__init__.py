"""Browser tests: the front end in Chromium, before a server."""
