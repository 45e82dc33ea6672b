"""A streaming parser for the one file of a multipart body."""

from collections.abc import AsyncGenerator, AsyncIterator

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from app.domain.errors import InvalidInputError, MalformedError
from app.domain.language import _

FIELD = "file"

HEADER_BYTES = 64 * 1024
"""Bytes of a part's head: a file name may be as long as in `attachments.create`; it is shortened later."""


class MultipartFile:
    """The field `file` of a form; other fields are skipped.

    Raises `InvalidInputError` for a content type other than a form.
    """

    def __init__(self, content_type: str, body: AsyncIterator[bytes]) -> None:
        kind, options = parse_options_header(content_type)
        if kind != "multipart/form-data" or not options.get("boundary"):
            raise InvalidInputError(_("Send a form (multipart/form-data) with the field {field}.", field=FIELD))
        self.name = ""
        self._events = _parsed(options["boundary"], body)

    async def content(self) -> AsyncGenerator[bytes, None]:
        """Find the file: sets `name` and returns its unread bytes. Call it once. Raises `InvalidInputError`."""
        async for event in self._events:
            if isinstance(event, MultipartSegment) and event.name == FIELD:
                self.name = event.filename or ""
                return self._chunks()
        raise InvalidInputError(_("The form has no field {field}.", field=FIELD))

    async def _chunks(self) -> AsyncGenerator[bytes, None]:
        inside = True
        async for event in self._events:
            if isinstance(event, MultipartSegment):
                inside = False
                if event.name == FIELD:
                    raise InvalidInputError(_("The form has more than one file: send one at a time."))
            elif event and inside:
                yield bytes(event)


async def _parsed(
    boundary: str, body: AsyncIterator[bytes]
) -> AsyncGenerator[MultipartSegment | bytes | bytearray | None, None]:
    try:
        with PushMultipartParser(boundary, max_segment_count=8, max_header_size=HEADER_BYTES) as parser:
            async for chunk in body:
                # The parser takes an empty chunk for the end.
                if chunk:
                    for event in parser.parse(chunk):
                        yield event
    except (MultipartError, ValueError) as error:
        raise MalformedError(_("The form cannot be read."), problems=[str(error)]) from error
