"""What the assistant can do, one file a group of tools."""
