"""The API document, with ChatKit's requests in it: their route reads its body raw, for ChatKit validates it."""

import asyncio
from dataclasses import dataclass
from typing import Any

from chatkit.types import ChatKitReq
from litestar import Litestar, Request
from litestar.openapi.spec import OpenAPIMediaType, Operation, Reference, RequestBody
from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaWarningKind

_SCHEMAS = "#/components/schemas/"
_REQUEST = "ChatKitReq"


class _Schemas(GenerateJsonSchema):
    """ChatKit's generic action has a default that is a type: no schema can say that, and none needs to."""

    ignored_warning_kinds: set[JsonSchemaWarningKind] = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012


@dataclass
class ChatKitOperation(Operation):
    """An operation whose body is any request of ChatKit's."""

    def __post_init__(self) -> None:
        """Put the body in."""
        body = OpenAPIMediaType(schema=Reference(ref=_SCHEMAS + _REQUEST))
        self.request_body = RequestBody(content={"application/json": body}, required=True)


class Document:
    """Written when somebody first asks for it: a server starts sooner without, and few are ever asked."""

    def __init__(self) -> None:
        self._writing = asyncio.Lock()
        self._written = False

    async def written(self, request: Request[Any, Any, Any]) -> None:
        """See that it is; in a thread, because it takes longer than other callers should wait."""
        async with self._writing:
            if not self._written:
                await asyncio.to_thread(_write, request.app)
                self._written = True


def _write(app: Litestar) -> None:
    # Litestar takes no plain JSON schema before the document is made.
    schema = TypeAdapter(ChatKitReq).json_schema(ref_template=_SCHEMAS + "{model}", schema_generator=_Schemas)
    schemas: dict[str, Any] = {**schema.pop("$defs"), _REQUEST: schema}
    app.openapi_schema.components.schemas.update(schemas)
