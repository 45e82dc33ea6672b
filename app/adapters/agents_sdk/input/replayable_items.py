"""Replayable items: a response's output in classes that the Agents SDK passes back to the model unchanged."""

from collections.abc import Sequence
from typing import Any, cast

from openai.types.responses import ResponseFunctionWebSearch, ResponseOutputItem, ResponseOutputMessage
from pydantic import BaseModel, ValidationError

from app.adapters.agents_sdk.output.hosted_tools import fields_of
from app.domain.hosted_items import is_hosted


class ForeignCall(ResponseFunctionWebSearch):
    """A hosted call that the `openai` package does not know; the SDK treats it as one that the service has made."""

    type: Any
    status: Any = None
    action: Any = None


def replayable(output: Sequence[ResponseOutputItem]) -> list[ResponseOutputItem]:
    """Return the items, those of unknown types or shapes as `ForeignCall`; an unknown item without an id is left out.

    The package reads an item of an unknown type as a message without content, on which the SDK fails.
    """
    return [item for each in output if (item := _replayable(each)) is not None]


def _replayable(item: Any) -> ResponseOutputItem | None:
    if item.type == "message":
        _drop_unknown_annotations(item)
        return cast(ResponseOutputItem, item)
    if not is_hosted({"type": item.type}) or (type(item) is not ResponseOutputMessage and _is_valid(item)):
        return cast(ResponseOutputItem, item)
    fields = fields_of(item)
    return ForeignCall.model_validate(fields) if isinstance(fields.get("id"), str) else None


def _drop_unknown_annotations(message: ResponseOutputMessage) -> None:
    for part in message.content:
        if part.type == "output_text" and part.annotations:
            part.annotations = [one for one in part.annotations if _is_valid(one)]


def _is_valid(value: BaseModel) -> bool:
    try:
        type(value).model_validate(value.model_dump(warnings=False))
    except ValidationError:
        return False
    return True
