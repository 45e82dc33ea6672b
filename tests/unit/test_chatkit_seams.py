"""The private methods of ChatKit that our server leans on are there, and are what they were."""

import inspect
from importlib.metadata import version

from chatkit.server import ChatKitServer


def test_the_version_is_the_one_that_was_read() -> None:
    assert version("openai-chatkit") == "1.6.5", "read the seams again, then change this number"


def test_the_seams_have_the_signatures_that_we_call() -> None:
    parameters = {
        name: list(inspect.signature(getattr(ChatKitServer, name)).parameters)
        for name in (
            "_process_streaming",
            "_process_streaming_impl",
            "_process_events",
            "_process_new_thread_item_respond",
            "_build_user_message_item",
            "_process_non_streaming",
            "_load_full_thread",
            "_serialize",
        )
    }
    assert parameters == {
        "_process_streaming": ["self", "request", "context"],
        "_process_streaming_impl": ["self", "request", "context"],
        "_process_events": ["self", "thread", "context", "stream"],
        "_process_new_thread_item_respond": ["self", "thread", "item", "context"],
        "_build_user_message_item": ["self", "input", "thread", "context"],
        "_process_non_streaming": ["self", "request", "context"],
        "_load_full_thread": ["self", "thread_id", "context"],
        "_serialize": ["self", "obj"],
    }
    assert inspect.isasyncgenfunction(ChatKitServer._process_streaming)
