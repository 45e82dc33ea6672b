"""Date parser: days as people write them."""

import datetime as dt
from typing import Final

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NAMED: Final = {"today": 0, "tomorrow": 1, "next week": 7}

DAY: Final = (
    r"\d{4}-\d{2}-\d{2}|today|tomorrow|next week|in \d{1,3} (?:days?|weeks?)"
    rf"|(?:(?:next|this) )?(?:{'|'.join(_WEEKDAYS)})"
)
"""Pattern of the texts that `day` parses; compile it with `re.IGNORECASE`."""


def day(text: str, today: dt.date) -> dt.date | None:
    """Parse a day relative to `today`; None for a day that does not exist. A weekday is the next of its name, never
    today."""
    words = text.lower().split()
    match words:
        case ["in", number, unit]:
            return today + dt.timedelta(days=int(number) * (7 if unit.startswith("week") else 1))
        case [*_, name] if name in _WEEKDAYS:
            return today + dt.timedelta(days=(_WEEKDAYS.index(name) - today.weekday() - 1) % 7 + 1)
        case _ if (offset := _NAMED.get(" ".join(words))) is not None:
            return today + dt.timedelta(days=offset)
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
