"""Health: the self-checks of `doctor`, and the synchronization of the clock."""
