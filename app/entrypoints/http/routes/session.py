"""Session tokens: short-lived logins for pages that must not hold a long one."""

import msgspec
from dishka.integrations.litestar import FromDishka
from litestar import post

from app.ports.authenticator import Login
from app.ports.session_issuer import SessionIssuer
from app.settings import Settings


class ChatKitSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session token for `Authorization: Bearer`, valid for `expires_in` seconds."""

    client_secret: str
    domain_key: str
    expires_in: int
    user_id: str


@post("/api/chatkit/session", status_code=200, tags=["chat"], summary="A token for a page")
async def open_session(
    login: FromDishka[Login], sessions: FromDishka[SessionIssuer], settings: FromDishka[Settings]
) -> ChatKitSession:
    """Issue a token for the caller's login, or for the last token while it is valid."""
    session = await sessions.issue(login)
    return ChatKitSession(
        client_secret=session.secret.reveal(),
        domain_key=settings.chatkit.domain_key,
        expires_in=session.expires_in,
        user_id=login.user_id,
    )
