"""A soak: three replicas behind nginx, many conversations, and everything that goes wrong; then an audit."""
