"""`MCP_SERVERS`: JSON in the variable or in a file."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.mcp.config import HttpServer, StdioServer, read_servers

BOTH = {
    "files": {"command": "npx", "args": ["-y", "server", "/data"], "env": {"A": "1"}},
    "web-search": {"type": "http", "url": "https://example.org/mcp", "headers": {"Authorization": "Bearer ${KEY}"}},
}
READ = [
    StdioServer(name="files", command="npx", args=["-y", "server", "/data"], env={"A": "1"}),
    HttpServer(name="web-search", url="https://example.org/mcp", headers={"Authorization": "Bearer k"}),
]


def test_json_in_the_variable() -> None:
    assert read_servers(json.dumps(BOTH), {"KEY": "k"}) == READ


def test_the_form_with_mcp_servers_around_it() -> None:
    assert read_servers(json.dumps({"mcpServers": BOTH}), {"KEY": "k"}) == READ


def test_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_text(json.dumps(BOTH))
    assert read_servers(str(file), {"KEY": "k"}) == READ


def test_nothing_and_what_is_disabled() -> None:
    assert read_servers("  ", {}) == []
    assert read_servers('{"a": {"command": "x", "disabled": true}}', {}) == []


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("/no/such/file.json", "No such file"),
        ("{nonsense", "expected JSON"),
        ('{"a": {}}', 'a: expected an object with either "command" or "url"'),
        ('{"a": {"command": "x", "url": "http://y"}}', "either"),
        ('{"a": {"command": 7}}', "a: Expected `str`"),
        ('{"a": {"url": "ftp://y"}}', "a: its url is no http"),
        ('{"a": {"url": "http://y", "type": "sse"}}', "streamable HTTP"),
        ('{"a": {"url": "http://y", "headers": {"x": "${NOT_SET}"}}}', "the variable NOT_SET is not set"),
        ('{"a b": {"command": "x"}}', "no name of a server"),
    ],
)
def test_a_mistake_is_named(setting: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason.replace("(", r"\(")):
        read_servers(setting, {})


@given(st.text() | st.from_regex(r"\{.*\}"))
def test_any_text_is_read_or_refused(setting: str) -> None:
    try:
        assert isinstance(read_servers(setting, {}), list)
    except ValueError as error:
        refused = str(error)
        assert refused
