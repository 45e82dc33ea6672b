"""Run as a process: the real server, in which any layer fails for the requests that ask for it.

`x-break` names the layer and `x-break-how` the way it fails; all others are served as ever.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextvars import ContextVar
from functools import partial, wraps
from typing import Any, NoReturn, TypeVar, cast

import pydantic
from dishka import AsyncContainer, Provider, Scope, decorate
from litestar import Litestar
from litestar.exceptions import ImproperlyConfiguredException
from litestar.types import Receive, Send
from litestar.types import Scope as AsgiScope

from app import bootstrap, command_line
from app.application.conversation.model_catalog import ModelCatalog
from app.application.limits.rules import Limits
from app.application.threads.change_feed import ChangeFeed
from app.domain.errors import StoreUnavailableError
from app.entrypoints.chatkit.dispatcher import ChatKitDispatcher
from app.entrypoints.cli import cli
from app.entrypoints.cli.tools import Tools
from app.entrypoints.mcp.endpoint import McpEndpoint
from app.ports.agent_runner import AgentRunner
from app.ports.attachment_storage import AttachmentStorage
from app.ports.authenticator import Authenticator
from app.ports.session_issuer import SessionIssuer
from app.ports.storage import Storage
from app.ports.transcriber import Transcriber
from app.settings import Settings

T = TypeVar("T")

SQL = "SELECT cAnArY_column FROM cAnArY_table"
PATH = "/srv/cAnArY-folder/secret.db"
KEY = "sk-cAnArY-0123456789"
CANARY = f"{SQL} {PATH} {KEY}"

_layer: ContextVar[str] = ContextVar("layer", default="")
_way: ContextVar[str] = ContextVar("way", default="")


def _crash() -> NoReturn:
    try:
        raise OSError(2, "No such file or directory", PATH)
    except OSError as cause:
        raise RuntimeError(CANARY) from cause


def _outage() -> NoReturn:
    raise StoreUnavailableError("The database is not available. Please try again.", detail=CANARY)


def _bad_row() -> NoReturn:
    pydantic.create_model(CANARY, **{KEY: (int, ...)}).model_validate({KEY: PATH})  # type: ignore[call-overload]
    raise AssertionError("it was valid")


def _framework() -> NoReturn:
    raise ImproperlyConfiguredException(CANARY)


WAYS: Mapping[str, Callable[[], NoReturn]] = {
    "crash": _crash,
    "outage": _outage,
    "bad row": _bad_row,
    "framework": _framework,
}


def _break_in(layer: str) -> None:
    if _layer.get() == layer:
        WAYS[_way.get()]()


class _Breaking:
    """Whatever it stands before, until it has to fail."""

    def __init__(self, layer: str, real: object) -> None:
        self._layer = layer
        self._real = real

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._real, name)
        return partial(self._call, value) if callable(value) else value

    def _call(self, method: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        _break_in(self._layer)
        return method(*arguments, **named)


class _BreakingStream(_Breaking):
    """One whose streams fail behind their first piece."""

    def _call(self, method: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        result = method(*arguments, **named)
        return self._broken(result) if hasattr(result, "__anext__") else result

    async def _broken(self, pieces: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
        try:
            async for piece in pieces:
                yield piece
                _break_in(self._layer)
        finally:
            await pieces.aclose()


_STORES = ("tasks", "turn_log", "approvals", "journal", "idempotency_keys", "counters", "files", "threads")


class _Saboteur(Provider):
    scope = Scope.APP

    @decorate
    def storage(self, storage: Storage) -> Storage:
        for name in _STORES:
            setattr(storage, name, _Breaking(name, getattr(storage, name)))
        storage.check = partial(_Breaking("storage", storage)._call, storage.check)  # type: ignore[method-assign]
        return storage

    @decorate
    def authenticator(self, real: Authenticator) -> Authenticator:
        return _stands_for(real, _Breaking("login", real))

    @decorate
    def sessions(self, real: SessionIssuer) -> SessionIssuer:
        return _stands_for(real, _Breaking("sessions", real))

    @decorate
    def limits(self, real: Limits) -> Limits:
        return _stands_for(real, _Breaking("limits", real))

    @decorate
    def server(self, real: ChatKitDispatcher) -> ChatKitDispatcher:
        return _stands_for(real, _Breaking("chatkit", real))

    @decorate
    def attachments(self, real: AttachmentStorage) -> AttachmentStorage:
        return _stands_for(real, _Breaking("attachments", real))

    @decorate
    def models(self, real: ModelCatalog) -> ModelCatalog:
        return _stands_for(real, _Breaking("models", real))

    @decorate
    def runner(self, real: AgentRunner) -> AgentRunner:
        return _stands_for(real, _BreakingStream("run", _Breaking("runner", real)))

    @decorate
    def transcriber(self, real: Transcriber) -> Transcriber:
        return _stands_for(real, _Breaking("transcriber", real))

    @decorate
    def changes(self, real: ChangeFeed) -> ChangeFeed:
        return _stands_for(real, _BreakingStream("event stream", _Breaking("changes", real)))

    @decorate
    def mcp(self, real: McpEndpoint) -> McpEndpoint:
        return _stands_for(real, _Breaking("mcp", real))


LAYERS = (
    *("route", "login", "limits", "sessions", "chatkit", "models", "runner", "run", "transcriber", "mcp", "storage"),
    *("changes", "event stream", "attachments", *_STORES),
)
"""Layers that can be made to fail."""


def _stands_for(real: T, breaking: _Breaking) -> T:
    return cast("T", breaking)


def _app(container: AsyncContainer, settings: Settings) -> Litestar:
    app = bootstrap.make_app(container, settings)
    handlers = {id(handler): handler for route in app.routes for handler in getattr(route, "route_handlers", ())}
    handlers |= {
        id(route.route_handler): route.route_handler for route in app.routes if hasattr(route, "route_handler")
    }
    for handler in handlers.values():
        handler._fn = _breaking_route(handler.fn)
    inner = app.asgi_handler

    async def told(scope: AsgiScope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        _layer.set(headers.get(b"x-break", b"").decode())
        _way.set(headers.get(b"x-break-how", b"").decode())
        await inner(scope, receive, send)

    app.asgi_handler = told
    return app


def _breaking_route(handle: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(handle)
    def breaking(*arguments: Any, **named: Any) -> Any:
        _break_in("route")
        return handle(*arguments, **named)

    return breaking


def _serve() -> None:
    cli(
        args=["serve"],
        obj=Tools(
            settings=command_line._settings,
            sections=bootstrap.setting_sections,
            providers=tuple,
            container=lambda settings: bootstrap.make_container(settings, _Saboteur()),
            app=_app,
            schema=bootstrap.schema_status,
            migrate=bootstrap.migrate,
            check_assistant=command_line._check_assistant,
        ),
    )


if __name__ == "__main__":
    _serve()
