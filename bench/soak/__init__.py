"""Soak test: three replicas behind nginx, many conversations, crashes and restarts, then an audit."""
