"""The request class of every route: JSON bodies with limits on depth, size and text."""

from typing import Any

import msgspec
from litestar import Request

from app.entrypoints.chatkit.text_limits import check_texts
from app.entrypoints.chatkit.value_limits import check_json


class BoundedRequest(Request[Any, Any, Any]):
    """Litestar's request with the limits of `check_json` and `check_texts`."""

    async def json(self) -> Any:
        """Decode the body. Raises `InvalidInputError` for too deep JSON or too long texts, before a parse can block the
        event loop."""
        check_json(await self.body())
        value = await super().json()
        field = self.route_handler.parsed_data_field
        if field is not None and field.is_subclass_of(msgspec.Struct):
            check_texts(field.annotation, value)
        return value
