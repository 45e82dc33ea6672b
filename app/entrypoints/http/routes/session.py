"""Short-lived tokens for pages that are to hold no login."""

import msgspec
from dishka.integrations.litestar import FromDishka
from litestar import post

from app.ports.authenticator import Login
from app.ports.session_issuer import SessionIssuer
from app.settings import Settings


class ChatKitSession(msgspec.Struct, frozen=True, kw_only=True):
    """What a page needs: the token, sent as `Authorization: Bearer`, is good for `expires_in` seconds."""

    client_secret: str
    domain_key: str
    expires_in: int
    user_id: str


@post("/api/chatkit/session", status_code=200, tags=["chat"], summary="A token for a page")
async def open_session(
    login: FromDishka[Login], sessions: FromDishka[SessionIssuer], settings: FromDishka[Settings]
) -> ChatKitSession:
    """Asked for with a login, or with the last token while it is good, which then is renewed."""
    session = await sessions.issue(login)
    return ChatKitSession(
        client_secret=session.secret.reveal(),
        domain_key=settings.chatkit.domain_key,
        expires_in=session.expires_in,
        user_id=login.user_id,
    )
