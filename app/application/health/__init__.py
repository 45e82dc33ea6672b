"""Health: the checks that `doctor` runs, and the clock that replicas share."""
