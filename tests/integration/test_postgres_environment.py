"""Variables that asyncpg reads itself: a bad one ends in an operator's error that names it."""

import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.adapters.stores import open_storage
from app.adapters.stores.sql.migrations import status
from app.domain.errors import StoreUnavailableError
from app.environment import Secret
from tests.e2e.test_commands import command
from tests.postgres import Databases

VERIFY = {"PGSSLMODE": "verify-full"}

BAD: list[tuple[str, str, Mapping[str, str]]] = [
    ("PGPORT", "abc", {}),
    ("PGPORT", "5432,", {}),
    ("PGPORT", "5432,5433", {}),
    ("PGPORT", "70000", {}),
    ("PGSSLMODE", "foo", {}),
    ("PGSSLMODE", "parse", {}),
    ("PGSSLNEGOTIATION", "foo", {}),
    ("PGSSLNEGOTIATION", "direct", {}),
    ("PGTARGETSESSIONATTRS", "foo", {}),
    ("PGGSSLIB", "foo", {}),
    ("PGSSLMINPROTOCOLVERSION", "SSLv3", {}),
    ("PGSSLMAXPROTOCOLVERSION", "TLSv9", {}),
    ("PGSSLCERT", "/nowhere/client.crt", {}),
    ("PGSSLCERT", __file__, {}),
    ("PGSSLROOTCERT", "/nowhere/root.crt", VERIFY),
    ("PGSSLROOTCERT", "/", VERIFY),
    ("PGSSLCRL", "/nowhere/root.crl", VERIFY),
]


async def failure(url: str) -> StoreUnavailableError:
    """Why a server on `url` does not start."""
    storage = open_storage(Secret(url))
    try:
        with pytest.raises(StoreUnavailableError) as found:
            await storage.start()
    finally:
        await storage.aclose()
    return found.value


@pytest.mark.parametrize(("name", "value", "others"), BAD)
async def test_a_bad_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, others: Mapping[str, str]
) -> None:
    for variable, text in {**others, name: value}.items():
        monkeypatch.setenv(variable, text)
    monkeypatch.setenv("PGPASSWORD", "hunter2")
    error = await failure("postgresql://ann@127.0.0.1/chat")
    assert name in error.detail
    assert "PGPASSWORD" not in error.detail
    assert "hunter2" not in f"{error} {error.detail}"


@pytest.mark.parametrize("hosts", ["[::1", "h,", ","])
async def test_a_bad_host_is_named(monkeypatch: pytest.MonkeyPatch, hosts: str) -> None:
    monkeypatch.setenv("PGHOST", hosts)
    assert "PGHOST" in (await failure("postgresql:///chat")).detail


@pytest.mark.parametrize(
    "parameter",
    [
        "target_session_attrs=foo",
        "ssl_min_protocol_version=foo",
        "gsslib=foo",
        "sslnegotiation=foo",
        "sslcert=/nowhere/client.crt",
        "sslrootcert=/nowhere/root.crt&sslmode=verify-full",
    ],
)
async def test_a_bad_parameter_of_the_url_is_an_operators_error(
    monkeypatch: pytest.MonkeyPatch, parameter: str
) -> None:
    monkeypatch.setenv("PGPORT", "1")
    error = await failure(f"postgresql://ann:hunter2@127.0.0.1/chat?{parameter}")
    assert "DATABASE_URL" in error.detail
    assert "hunter2" not in error.detail


async def test_a_variable_that_the_url_overrides_is_not_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    monkeypatch.setenv("PGSSLMODE", "foo")
    error = await failure(f"postgresql://ann@127.0.0.1:{port}/chat?sslmode=disable")
    assert "ConnectionRefusedError" in error.detail
    assert "PGSSLMODE" not in error.detail


async def test_a_server_that_does_not_fit_is_an_operators_error(
    monkeypatch: pytest.MonkeyPatch, databases: Databases
) -> None:
    async with databases.fresh(migrated=False) as url:
        assert "DATABASE_URL" in (await failure(f"{url}?options=-c%20no_such_setting%3D1")).detail
        with monkeypatch.context() as patch:
            patch.setenv("PGTARGETSESSIONATTRS", "standby")
            assert "PGTARGETSESSIONATTRS" in (await failure(url)).detail
            with pytest.raises(StoreUnavailableError, match="not available"):
                await status(Secret(url))


async def test_commands_end_without_a_traceback(tmp_path: Path) -> None:
    url = "postgresql://ann@127.0.0.1/chat"
    for arguments in (["doctor"], ["serve"], ["migrate"]):
        for variable, value in (("PGPORT", "abc"), ("PGSSLMODE", "foo")):
            code, output = await command(tmp_path, *arguments, DATABASE_URL=url, **{variable: value})
            assert code == 1, output
            assert variable in output
            assert "Traceback" not in output
