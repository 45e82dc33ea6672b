"""The request of every route."""

from typing import Any

from litestar import Request

from app.entrypoints.chatkit.bounds import check_json


class BoundedRequest(Request[Any, Any, Any]):
    """Litestar's, which reads no JSON that is too deep or too much for it."""

    async def json(self) -> Any:
        """The body as a value. Raises `InvalidInputError` before a body is read that would hold up everybody else."""
        check_json(await self.body())
        return await super().json()
