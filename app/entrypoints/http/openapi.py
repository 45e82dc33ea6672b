"""The API document, with ChatKit's requests in it: their route reads its body raw, for ChatKit validates it."""

import json
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from chatkit.types import ChatKitReq
from litestar import Litestar
from litestar.openapi.spec import OpenAPIMediaType, Operation, Reference, RequestBody
from litestar.serialization import encode_json, get_serializer
from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaWarningKind

from app.aio.lazy_value import LazyValue
from app.entrypoints.http.api_page import page
from app.patches.openapi_schema import openapi_schema

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


class Written(NamedTuple):
    """The document for programs, and for people."""

    json: bytes
    page: bytes


class Document:
    """Written when somebody first asks for it: a server starts sooner without, and few are ever asked."""

    def __init__(self) -> None:
        self._once: LazyValue[Written] | None = None
        self._written: Written | None = None

    async def write(self, app: Litestar) -> None:
        """See that it is written. It is of `app`, which is always the same one."""
        if self._once is None:
            self._once = LazyValue(partial(_write, app))
        self._written = await self._once.get()

    @property
    def written(self) -> Written:
        """What was written; `write` must have been waited for."""
        if self._written is None:
            raise RuntimeError("the API document was asked for before it was written")
        return self._written


def _write(app: Litestar) -> Written:
    # Litestar takes no plain JSON schema before the document is made.
    schema = TypeAdapter(ChatKitReq).json_schema(ref_template=_SCHEMAS + "{model}", schema_generator=_Schemas)
    schemas: dict[str, Any] = {**schema.pop("$defs"), _REQUEST: schema}
    app.openapi_schema.components.schemas.update(schemas)
    # Litestar keeps it, and hands it to whatever it shows the document with.
    written = encode_json(openapi_schema(app), get_serializer())
    # Read again, because some examples in it are objects until they are written.
    return Written(json=written, page=page(json.loads(written)))
