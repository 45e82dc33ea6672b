"""ChatKit's requests in the API document. The route reads its body raw: ChatKit validates it, not Litestar."""

from dataclasses import dataclass
from typing import Any

from chatkit.types import ChatKitReq
from litestar import Litestar
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


def describe_chatkit(app: Litestar) -> None:
    """Add the schemas that the operations refer to. Litestar takes no plain JSON schema before the document is made."""
    schema = TypeAdapter(ChatKitReq).json_schema(ref_template=_SCHEMAS + "{model}", schema_generator=_Schemas)
    schemas: dict[str, Any] = {**schema.pop("$defs"), _REQUEST: schema}
    app.openapi_schema.components.schemas.update(schemas)
