"""The request of every route."""

from typing import Any

import msgspec
from litestar import Request

from app.entrypoints.chatkit.text_limits import check_texts
from app.entrypoints.chatkit.value_limits import check_json


class BoundedRequest(Request[Any, Any, Any]):
    """Litestar's, which reads no JSON that is too deep or too much for it."""

    async def json(self) -> Any:
        """The body as a value, whose texts are as long as the route's type allows at most. Raises `InvalidInputError`
        before a body is read that would hold up everybody else."""
        check_json(await self.body())
        value = await super().json()
        field = self.route_handler.parsed_data_field
        if field is not None and field.is_subclass_of(msgspec.Struct):
            check_texts(field.annotation, value)
        return value
