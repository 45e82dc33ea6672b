"""Architecture: imports, sizes, names, docs and lock files of the project."""
