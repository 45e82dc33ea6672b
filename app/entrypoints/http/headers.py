"""What browsers are told about every answer: take it for what it says it is, and let nobody frame it."""

from collections.abc import Iterable
from typing import Final

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

# For answers that are no page and bring no policy: were one shown as a page, it could do nothing.
_NO_PAGE: Final = "default-src 'none'"
_POLICY: Final = "content-security-policy"


def protect_answers(app: ASGIApp, frame_ancestors: Iterable[str]) -> ASGIApp:
    """Add the headers; pages bring their own policy, which then says who may frame them."""
    ancestors = " ".join(["'self'", *frame_ancestors])

    async def protected(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                headers["x-content-type-options"] = "nosniff"
                headers.setdefault("referrer-policy", "same-origin")
                headers[_POLICY] = f"{headers.get(_POLICY, _NO_PAGE)}; frame-ancestors {ancestors}"
            await send(message)

        await app(scope, receive, send_protected if scope["type"] == ScopeType.HTTP else send)

    return protected
