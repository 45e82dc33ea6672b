"""ChatKit server runner: runs the `respond` of a `ChatKitServer` of chatkit-python on this server's store."""

import inspect
from typing import Any, Final

import msgspec
import structlog
from chatkit.server import ChatKitServer

from app.adapters.agents_sdk.assistant_checks.values import described
from app.adapters.agents_sdk.loading.forms import Brought
from app.adapters.agents_sdk.loading.import_problems import failure_in_code
from app.adapters.agents_sdk.run.parts import RunParts
from app.adapters.brought.respond import RespondRunner
from app.adapters.brought.scoped_store import ScopedStore
from app.domain.errors import AssistantError

log = structlog.get_logger(__name__)

_NOT_CALLED: Final = (
    "process",
    "action",
    "sync_action",
    "add_feedback",
    "transcribe",
    "get_stream_options",
    "handle_stream_cancelled",
)
"""Methods that this server does not call: it has its own in their place."""


class ChatKitServerRunner(RespondRunner):
    """Makes the server of a class or a factory, and calls its `respond` once for each answer."""

    def __init__(self, brought: Brought, parts: RunParts) -> None:
        server = make_server(brought)
        unused = [name for name in _NOT_CALLED if getattr(type(server), name) is not getattr(ChatKitServer, name)]
        if unused:
            log.warning("methods of the ChatKitServer are not called", server=type(server).__name__, methods=unused)
        super().__init__(msgspec.structs.replace(brought, code=server.respond), parts)


def make_server(brought: Brought) -> ChatKitServer[Any]:
    """Return the server that an instance, a class or a factory leads to, on this server's store.

    Raises `AssistantError` for one that cannot be made.
    """
    store, code = ScopedStore(), brought.code
    try:
        server = code if isinstance(code, ChatKitServer) else code(**_arguments(code, store))
    except Exception as error:  # the operator's own code may raise anything
        raise AssistantError(brought.name, [f"{described(code)}: {failure_in_code(error)}"]) from None
    if not isinstance(server, ChatKitServer):
        raise AssistantError(
            brought.name, [f"{described(code)} returns {described(server)}, expected a ChatKitServer."]
        )
    server.store = store
    return server


def _arguments(code: Any, store: ScopedStore) -> dict[str, Any]:
    """The arguments of a class or a factory: those that it names."""
    known: dict[str, Any] = {"store": store, "attachment_store": None}
    return {name: known[name] for name in inspect.signature(code).parameters if name in known}
