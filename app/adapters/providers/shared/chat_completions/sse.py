"""Server-sent events decoder: bytes in any pieces to the data of complete events."""

from app.adapters.providers.shared.event_stream import MAX_EVENT_BYTES, EventTooLongError


class SseDecoder:
    """Decodes `data:` fields. Drops comments, other fields and events without data.

    https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
    A line that starts with a brace or a bracket is not a field: some servers end an event stream with a bare JSON
    error. That line and all later ones go into `stray`.
    """

    def __init__(self) -> None:
        self.stray = bytearray()
        self._partial: list[bytes] = []
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the data of the events that `chunk` completes. Raises `EventTooLongError`."""
        self._size += len(chunk)
        if self._size > MAX_EVENT_BYTES:
            raise EventTooLongError
        if b"\n" not in chunk and b"\r" not in chunk:
            self._partial.append(chunk)
            return []
        lines = b"".join([*self._partial, chunk]).splitlines(keepends=True)
        self._partial = [] if lines[-1].endswith((b"\n", b"\r")) else [lines.pop()]
        events = []
        for line in lines:
            data = self._line(line.rstrip(b"\r\n"))
            if data is not None:
                events.append(data)
        self._size = sum(map(len, self._partial)) + sum(map(len, self._data)) + len(self.stray)
        return events

    def finish(self) -> bytes:
        """Return the data of a last event without its blank line; it may be incomplete or empty."""
        if self._partial:
            self._line(b"".join(self._partial))
            self._partial = []
        return self._line(b"") or b""

    def _line(self, line: bytes) -> bytes | None:
        if self.stray or line.startswith((b"{", b"[")):
            self.stray += line + b"\n"
        elif not line:
            data, self._data = b"\n".join(self._data), []
            return data or None
        elif line.startswith(b"data:"):
            self._data.append(line[5:].removeprefix(b" "))
        return None
