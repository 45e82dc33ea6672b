"""Shapes: objects of brought code as ChatKit's types."""

from typing import Any, Final, get_args

from chatkit.types import ThreadStreamEvent
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError

from app.adapters.agents_sdk.assistant_checks.values import described
from app.adapters.brought.mistakes import Mistake
from app.chatkit_json.type_adapters import type_adapter

EVENTS: Final = get_args(get_args(ThreadStreamEvent)[0])
"""The classes of ChatKit's events."""

LONGEST_ID: Final = 200


def check_shape(kind: Any, value: Any) -> None:
    """Raises `Mistake` unless the value is an object of ChatKit's `kind` whose fields have the types of its class."""
    if not isinstance(value, BaseModel):
        raise Mistake(f"{described(value)} is none of ChatKit's objects")
    try:
        type_adapter(kind).validate_json(value.model_dump_json(warnings=False, by_alias=True))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise Mistake(f"the {type(value).__name__} is wrong in {place}: {first['msg']}") from None
    except (PydanticSerializationError, ValueError, RecursionError) as error:
        raise Mistake(f"the {type(value).__name__} cannot be written as JSON: {type(error).__name__}") from None


def check_event(event: Any) -> None:
    """Raises `Mistake` for anything that is not one of ChatKit's events."""
    if not isinstance(event, EVENTS):
        hint = " Await it." if hasattr(event, "__await__") else ""
        close = getattr(event, "close", None)
        if hint and callable(close):
            close()  # Python would warn of a coroutine that nobody awaited.
        raise Mistake(f"yielded {described(event)}, expected one of ChatKit's events (ThreadStreamEvent).{hint}")
    check_shape(ThreadStreamEvent, event)


def check_id(id_: Any) -> None:
    """Raises `Mistake` for an id that is empty or too long."""
    if not isinstance(id_, str) or not id_ or len(id_) > LONGEST_ID or "\0" in id_:
        raise Mistake(f"an item needs an id of 1 to {LONGEST_ID} characters")
