"""Rules of a conversation that need no store and no model."""

TITLE_LIMIT = 60


def title_from(text: str) -> str | None:
    """A thread's title taken from its first message: its first line, cut at a word; None when there is no text."""
    line = " ".join(next((line for line in text.splitlines() if line.strip()), "").split())
    if len(line) <= TITLE_LIMIT:
        return line or None
    cut = line[: TITLE_LIMIT - 1]
    head, _, _ = cut.rpartition(" ")
    return f"{head or cut}…"
