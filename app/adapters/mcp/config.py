"""MCP server configuration, in the JSON format of other MCP clients."""

import os.path
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from app.environment import checks

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_VARIABLE: Final = re.compile(r"\$\{(\w+)\}")
_MAX_BYTES: Final = 1_000_000


class StdioServer(msgspec.Struct, frozen=True, kw_only=True):
    """A local program, started and connected over stdin and stdout.

    Its environment is `env` and the few variables that every program needs.
    """

    name: str
    command: str
    args: list[str] = []
    env: dict[str, str] = {}
    cwd: str | None = None

    def __repr__(self) -> str:
        return f"StdioServer({self.name})"


class HttpServer(msgspec.Struct, frozen=True, kw_only=True):
    """A server with the streamable HTTP transport at `url`; `headers` may hold secrets and are never logged."""

    name: str
    url: str
    headers: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"HttpServer({self.name})"


ServerConfig = StdioServer | HttpServer


def read_servers(setting: str, environ: Mapping[str, str]) -> list[ServerConfig]:
    """Read the servers of `MCP_SERVERS`: JSON, or the path of a JSON file. Blocks for the file.

    The JSON is `{"name": {"command": …, "args": […], "env": {…}}}` or `{"name": {"url": …, "headers": {…}}}`, alone or
    under `mcpServers`; `${NAME}` in a text stands for a variable of `environ`. Raises `ValueError`, whose message
    contains the servers' names and no other part of the JSON.
    """
    if not setting.strip():
        return []
    entries = _parse(setting if setting.lstrip().startswith("{") else _read(setting))
    return [_server(name, entry, environ) for name, entry in entries.items() if not _is_disabled(entry)]


def _read(path: str) -> str:
    try:
        if os.path.getsize(path) > _MAX_BYTES:  # noqa: PTH202  # Path rejects some texts that the setting may hold
            raise ValueError("the file is larger than 1 MB")
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ValueError(f"it is no JSON object, and the file of that name cannot be read: {reason}") from None


def _parse(text: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(text, type=dict[str, Any])
        return msgspec.convert(found.get("mcpServers", found), dict[str, Any])
    except (msgspec.DecodeError, UnicodeEncodeError):
        raise ValueError('expected JSON such as {"name": {"command": "…"}} or {"name": {"url": "…"}}') from None


def _is_disabled(entry: Any) -> bool:
    return isinstance(entry, dict) and entry.get("disabled") is True


def _server(name: str, entry: Any, environ: Mapping[str, str]) -> ServerConfig:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name[:40]!r} is no name of a server: use letters, digits, - and _, at most 32")
    if not isinstance(entry, dict) or ("command" in entry) == ("url" in entry):
        raise ValueError(f'{name}: expected an object with either "command" or "url"')
    if entry.get("type") == "sse":
        raise ValueError(f"{name}: the transport sse is not supported, use the server's streamable HTTP address")
    try:
        given = {**_expanded(entry, environ), "name": name}
        if "command" in entry:
            return _runnable(msgspec.convert(given, StdioServer))
        server = msgspec.convert(given, HttpServer)
    except msgspec.ValidationError as error:
        raise ValueError(f"{name}: {error}") from None
    except KeyError as error:
        raise ValueError(f"{name}: the variable {error.args[0]} is not set") from None
    if not checks.http_url(server.url):
        raise ValueError(f"{name}: its url is no http:// or https:// address")
    return server


def _runnable(server: StdioServer) -> StdioServer:
    if not server.command.strip():
        raise ValueError(f"{server.name}: its command is empty")
    if server.cwd is not None and not os.path.isdir(server.cwd):  # noqa: PTH112  # Path rejects some texts
        raise ValueError(f"{server.name}: its cwd is no folder")
    return server


def _expanded(value: Any, environ: Mapping[str, str]) -> Any:
    match value:
        case str():
            return _VARIABLE.sub(lambda match: environ[match[1]], value)
        case dict():
            return {key: _expanded(entry, environ) for key, entry in value.items()}
        case list():
            return [_expanded(entry, environ) for entry in value]
    return value
