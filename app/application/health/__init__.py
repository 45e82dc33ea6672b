"""Health: the self-checks of `doctor` with those of the machine, and the synchronization of the clock."""
