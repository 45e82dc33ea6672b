"""Absent packages: optional packages that libraries find installed, and that the server has no use for."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


@contextmanager
def absent(packages: Sequence[str]) -> Iterator[None]:
    """Imports of `packages` fail within the block as if they were not installed, unless they are imported already.

    https://docs.python.org/3/reference/import.html#the-module-cache
    """
    hidden = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None is documented to mean this
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)


def fits() -> bool:
    """True always: the import system documents this use of its module cache."""
    return True
