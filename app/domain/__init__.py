"""What Anyport talks about: tasks, conversations, who asks, and what can go wrong."""
