"""Value limits: number and depth of the values in a request, because parse time grows with their number, not with
their length."""

from typing import Final

from app.domain.errors import InvalidInputError
from app.domain.json_text import DEPTH, excess
from app.domain.language import _

VALUES: Final = 10_000
"""Texts, and entries of lists and objects. pydantic parses that many, or reports their errors, in some 8 ms."""


def check_json(body: bytes | bytearray) -> None:
    """Raises `InvalidInputError` for a body of more than `VALUES` values or `DEPTH` levels, not counting signs inside
    texts."""
    match excess(body, VALUES):
        case "values":
            raise InvalidInputError(_("The request holds too many values: at most {limit} are read.", limit=VALUES))
        case "depth":
            raise InvalidInputError(_("The request is nested too deep: at most {limit} levels are read.", limit=DEPTH))
