"""Domain: tasks, conversations, identity and errors."""
