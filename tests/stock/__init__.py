"""ChatKit's own server and ours, asked the same on the same store."""
