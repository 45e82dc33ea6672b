"""Hidden variables: environment variables that a library reads at import, for a choice that our settings make."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


@contextmanager
def hidden_variables(names: Sequence[str]) -> Iterator[None]:
    """Environment variables are unset within the block. For a process that has no second thread yet."""
    hidden = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(hidden)


def fits() -> bool:
    """True always: it needs no more than the environment of the process."""
    return True
