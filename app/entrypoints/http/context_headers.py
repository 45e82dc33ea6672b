"""Context headers of a request: those that `CONTEXT_HEADERS` names."""

from collections.abc import Mapping

from litestar.datastructures import Headers

from app.domain.context_headers import MOST_VALUE_CHARACTERS, ContextHeaders
from app.domain.errors import InvalidInputError
from app.domain.language import _


def context_headers(names: ContextHeaders, headers: Headers) -> Mapping[str, str]:
    """Return the named headers that the request has; the values of a repeated header are joined (RFC 9110, 5.3).

    Raises `InvalidInputError` for a value of more than `MOST_VALUE_CHARACTERS`.
    """
    found = {}
    for name in names:
        if name in headers:
            found[name] = value = ", ".join(headers.getall(name))
            if len(value) > MOST_VALUE_CHARACTERS:
                raise InvalidInputError(
                    _(
                        "The header {name} is too long: it may have {limit} characters.",
                        name=name,
                        limit=MOST_VALUE_CHARACTERS,
                    )
                )
    return found
