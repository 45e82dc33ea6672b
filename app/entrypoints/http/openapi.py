"""The API document, with schemas of ChatKit's requests added: their route reads the body raw."""

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

_SCHEMAS = "#/components/schemas/"
_REQUEST = "ChatKitReq"


class _Schemas(GenerateJsonSchema):
    """A generator that skips a default of ChatKit's generic action, which is a type and has no JSON form."""

    ignored_warning_kinds: set[JsonSchemaWarningKind] = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012


@dataclass
class ChatKitOperation(Operation):
    """An operation with any request of ChatKit's as its body."""

    def __post_init__(self) -> None:
        """Set the request body."""
        body = OpenAPIMediaType(schema=Reference(ref=_SCHEMAS + _REQUEST))
        self.request_body = RequestBody(content={"application/json": body}, required=True)


class Rendered(NamedTuple):
    """The rendered API document: JSON for programs, HTML for people."""

    json: bytes
    page: bytes


class Document:
    """The API document, rendered at its first request, so that the server starts sooner."""

    def __init__(self) -> None:
        self._lazy: LazyValue[Rendered] | None = None
        self._rendered: Rendered | None = None

    async def render(self, app: Litestar) -> None:
        """Render the document of `app` once. Idempotent; `app` is always the same."""
        if self._lazy is None:
            self._lazy = LazyValue(partial(_render, app))
        self._rendered = await self._lazy.get()

    @property
    def rendered(self) -> Rendered:
        """The rendered document. Raises `RuntimeError` before `render` has finished."""
        if self._rendered is None:
            raise RuntimeError("the API document is not rendered yet")
        return self._rendered


def _schema(app: Litestar) -> Any:
    """The document from the plugin that caches it: its routes would build it again, in the event loop."""
    caching = (plugin.provide_openapi_schema for plugin in app.plugins if hasattr(plugin, "provide_openapi_schema"))
    return next(caching, app.openapi_schema.to_schema)()


def _render(app: Litestar) -> Rendered:
    # Litestar accepts no plain JSON schema before it has built the document.
    schema = TypeAdapter(ChatKitReq).json_schema(ref_template=_SCHEMAS + "{model}", schema_generator=_Schemas)
    schemas: dict[str, Any] = {**schema.pop("$defs"), _REQUEST: schema}
    app.openapi_schema.components.schemas.update(schemas)
    document = encode_json(_schema(app), get_serializer())
    # Parsed again, because some examples are Python objects before they are encoded.
    return Rendered(json=document, page=page(json.loads(document)))
