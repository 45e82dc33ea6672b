"""Startup of the process: warming, file descriptors, and private files."""
