"""`python -m tests.few_descriptors SOFT HARD serve`: the watched server, with these limits of open files."""

import resource
import sys

from tests.watched_server import load, serve

if __name__ == "__main__":
    soft, hard = int(sys.argv.pop(1)), int(sys.argv.pop(1))
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    load()
    serve()
