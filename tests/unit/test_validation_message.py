"""What is said of a request that is none of ChatKit's."""

import json

import pytest
from chatkit.types import ChatKitReq
from pydantic import ValidationError

from app.chatkit_json.type_adapters import type_adapter
from app.entrypoints.chatkit.errors import malformed


def said_of(*pieces: object) -> str:
    message = {"content": list(pieces), "attachments": [], "inference_options": {}}
    with pytest.raises(ValidationError) as caught:
        type_adapter(ChatKitReq).validate_json(json.dumps({"type": "threads.create", "params": {"input": message}}))
    return "; ".join(malformed(caught.value).problems)


def test_the_first_problems_are_described_and_the_others_counted() -> None:
    message = said_of(*[{"type": "secret"}] * 8)
    assert message.count("content.") == 5
    assert message.endswith("and 3 more")
    assert "secret" not in message


def test_very_many_are_only_counted() -> None:
    assert said_of(*[{"type": "secret"}] * 101).endswith("It is wrong in 101 places.")
