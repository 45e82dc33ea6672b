"""Why a storage failed, in words for the operator's log: obstore buries the cause in what it prints for debugging."""

import re
from typing import Final

from app.domain.redaction import mask_userinfo

NO_BUCKET: Final = "NoSuchBucket"

_CODE: Final = re.compile(r"<Code>([^<]{1,80})</Code>")
_SAID: Final = re.compile(r"<Message>([^<]{1,200})</Message>")
_INNER: Final = re.compile(r'(?:message|error): "([^"]{1,200})"')
_KEYS: Final = "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what they may do"
_HINTS: Final = {
    NO_BUCKET: "create the bucket, or name another in ATTACHMENTS_URL",
    "InvalidAccessKeyId": _KEYS,
    "SignatureDoesNotMatch": _KEYS,
    "AccessDenied": _KEYS,
    "ExpiredToken": "renew AWS_SESSION_TOKEN",
    "InvalidToken": "renew AWS_SESSION_TOKEN",
    "PermanentRedirect": "check AWS_REGION",
    "AuthorizationHeaderMalformed": "check AWS_REGION",
}
_UNREACHED: Final = "check AWS_ENDPOINT_URL and the network"
_LINE: Final = 300


def cause_of(text: str) -> str:
    """The first line of a failure, which says what was asked, the cause behind it, and what to do about it. Of the rest
    nothing is taken: it holds the settings of the client."""
    first = mask_userinfo(text.partition("\n")[0].partition("<?xml")[0].strip())[:_LINE]
    code, said = _CODE.search(text), _SAID.search(text)
    if code:
        parts = [first, f"{code[1]}: {said[1]}" if said else code[1], _HINTS.get(code[1], "")]
    else:
        inner = _INNER.findall(text)
        unreached = _UNREACHED if "Connect" in text and inner else ""
        parts = [first, inner[-1] if inner else "", unreached]
    return "; ".join(part for part in parts if part)
