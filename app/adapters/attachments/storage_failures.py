"""Storage failures: extracts the cause from obstore's debug output, for the operator's log."""

import re
from typing import Final

from app.domain.redaction import mask_userinfo

NO_BUCKET: Final = "NoSuchBucket"

_CODE: Final = re.compile(r"<Code>([^<]{1,80})</Code>")
_MESSAGE: Final = re.compile(r"<Message>([^<]{1,200})</Message>")
_INNER: Final = re.compile(r'(?:message|error): "([^"]{1,200})"')
_KEYS_HINT: Final = "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what they may do"
_HINTS: Final = {
    NO_BUCKET: "create the bucket, or name another in ATTACHMENTS_URL",
    "InvalidAccessKeyId": _KEYS_HINT,
    "SignatureDoesNotMatch": _KEYS_HINT,
    "AccessDenied": _KEYS_HINT,
    "ExpiredToken": "renew AWS_SESSION_TOKEN",
    "InvalidToken": "renew AWS_SESSION_TOKEN",
    "PermanentRedirect": "check AWS_REGION",
    "AuthorizationHeaderMalformed": "check AWS_REGION",
}
_CONNECT_HINT: Final = "check AWS_ENDPOINT_URL and the network"
_MAX_CHARACTERS: Final = 300


def cause_of(text: str) -> str:
    """Return the failed request, its cause and a hint for the operator, in one line.

    Nothing else of the text is used, because it contains the client's settings.
    """
    first = mask_userinfo(text.partition("\n")[0].partition("<?xml")[0].strip())[:_MAX_CHARACTERS]
    code, message = _CODE.search(text), _MESSAGE.search(text)
    if code:
        parts = [first, f"{code[1]}: {message[1]}" if message else code[1], _HINTS.get(code[1], "")]
    else:
        inner = _INNER.findall(text)
        hint = _CONNECT_HINT if "Connect" in text and inner else ""
        parts = [first, inner[-1] if inner else "", hint]
    return "; ".join(part for part in parts if part)
