"""Startup of the process: imports, file descriptors, private files and checks of the machine."""
