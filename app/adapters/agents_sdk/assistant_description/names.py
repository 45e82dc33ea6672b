"""Names of foreign objects, fit to be shown: one line, short, without secrets."""

import inspect
import os
import re
from typing import Any, Final

from app.domain.redaction import mask_secrets

_LONGEST: Final = 80
_QUERY: Final = re.compile(r"(?<=://)(\S*?)[?#]\S*")


def shown(value: Any) -> str:
    """Return a name as one short line; addresses lose their query, which may hold a key."""
    text = _QUERY.sub(r"\1", " ".join(value.split())) if isinstance(value, str) else type(value).__name__
    line = mask_secrets(text, os.environ)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def name_of(value: Any) -> str:
    """Return the name of a function or class, or of the type of any other value."""
    named = inspect.isclass(value) or inspect.isroutine(value)
    return shown(value.__name__ if named else type(value).__name__)
