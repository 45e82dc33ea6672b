"""Settings of ChatKit's front end."""

from typing import Annotated

from app.domain.redaction import MaskedStruct
from app.environment import checks, env


class ChatKitSettings(MaskedStruct, frozen=True, kw_only=True):
    """Domain key and client tools of ChatKit's front end."""

    domain_key: Annotated[
        str,
        env(
            "CHATKIT_DOMAIN_KEY",
            help="Domain key from OpenAI's console for the hosted front end; on localhost any word is accepted.",
            expects="a domain key, which is one word of letters, digits, - and _",
            check=checks.matching(r"[A-Za-z0-9_-]+"),
        ),
    ] = "local-dev"
    client_tool_timeout_seconds: Annotated[
        int,
        env(
            "CLIENT_TOOL_TIMEOUT_SECONDS",
            help="Seconds that the page may take to answer a client tool call; then the call counts as unanswered.",
            expects="a number of seconds from 1 to 3600",
            ge=1,
            le=3600,
        ),
    ] = 60
