"""The one file in a multipart body, while it arrives."""

from collections.abc import AsyncGenerator, AsyncIterator

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from app.domain.errors import InvalidInputError, MalformedError
from app.domain.language import _

FIELD = "file"

HEADER_BYTES = 64 * 1024
"""A name may be as long as in `attachments.create`, and is shortened afterwards."""


class MultipartFile:
    """The field `file` of a form; its other fields are passed over.

    Raises `InvalidInputError` for a body that is no such form.
    """

    def __init__(self, content_type: str, body: AsyncIterator[bytes]) -> None:
        kind, options = parse_options_header(content_type)
        if kind != "multipart/form-data" or not options.get("boundary"):
            raise InvalidInputError(_("Send a form (multipart/form-data) with the field {field}.", field=FIELD))
        self.name = ""
        self._events = _parsed(options["boundary"], body)

    async def content(self) -> AsyncGenerator[bytes, None]:
        """The bytes of the file, once; when this returns its `name` is known, and nothing of it was read yet."""
        async for event in self._events:
            if isinstance(event, MultipartSegment) and event.name == FIELD:
                self.name = event.filename or ""
                return self._pieces()
        raise InvalidInputError(_("The form has no field {field}.", field=FIELD))

    async def _pieces(self) -> AsyncGenerator[bytes, None]:
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
            async for piece in body:
                # To the parser nothing means the end.
                if piece:
                    for event in parser.parse(piece):
                        yield event
    except (MultipartError, ValueError) as error:
        raise MalformedError(_("The form cannot be read."), problems=[str(error)]) from error
