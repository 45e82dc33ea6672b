"""What `DATABASE_URL` may be, and what is said of what it may not."""

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.stores import open_storage
from app.adapters.stores.url import (
    MemoryTarget,
    PostgresTarget,
    SqliteTarget,
    check_database_url,
    parse_database_url,
)
from app.environment import Secret
from tests.postgres import Databases


def postgres(url: str) -> PostgresTarget:
    target = parse_database_url(Secret(url))
    assert isinstance(target, PostgresTarget)
    return target


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("memory://", MemoryTarget()),
        ("sqlite:///data/anyport.db", SqliteTarget("data/anyport.db")),
        ("sqlite:////var/lib/anyport.db", SqliteTarget("/var/lib/anyport.db")),
        ("sqlite+aiosqlite:///with%20space.db", SqliteTarget("with space.db")),
    ],
)
def test_memory_and_files(url: str, target: MemoryTarget | SqliteTarget) -> None:
    assert parse_database_url(Secret(url)) == target


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg", "POSTGRES"])
def test_every_name_of_postgresql(scheme: str) -> None:
    target = postgres(f"{scheme}://ann:secret@db.example:5433/chat")
    assert target.dsn.reveal() == "postgresql://ann:secret@db.example:5433/chat?application_name=anyport"
    assert str(target) == "postgresql://db.example:5433/chat"


def test_what_consoles_add_is_translated_or_left_out() -> None:
    target = postgres(
        "postgres://u:p@h/d?sslmode=require&channel_binding=require&options=endpoint%3Dep-1&connect_timeout=7"
        "&application_name=mine&pgbouncer=true&statement_cache_size=0&supa=base-pooler.x"
    )
    assert target.dsn.reveal() == "postgresql://u:p@h/d?sslmode=require&options=endpoint%3Dep-1&application_name=mine"
    assert target.connect_timeout == 7
    assert target.pooled


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p@h/d?pgbouncer=true",
        "postgresql://u:p@h/d?statement_cache_size=0",
        "postgresql://u:p@h/d?prepared_statement_cache_size=0",
        "postgresql://u:p@ep-cool-1-pooler.eu.aws.neon.tech/d",
        "postgresql://u:p@aws-0.pooler.supabase.com:6543/d",
    ],
)
def test_poolers_are_recognised(url: str) -> None:
    assert postgres(url).pooled


@pytest.mark.parametrize("url", ["postgresql://u:p@h/d", "postgresql://u:-pooler.@h/d", "postgresql://u:p@h:5432/d"])
def test_a_server_is_not_taken_for_a_pooler(url: str) -> None:
    assert not postgres(url).pooled


def test_the_machines_own_certificate_authorities() -> None:
    target = postgres("postgresql://u:p@h/d?sslmode=verify-full&sslrootcert=system")
    assert target.system_roots
    assert "ssl" not in target.dsn.reveal()


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "expected memory://"),
        ("mysql://u:hunter2@h/d", "expected memory://"),
        ("sqlite://", "path of a file"),
        ("sqlite:///:memory:", "memory://"),
        ("sqlite://data.db", "three slashes"),
        ("sqlite:///a.db?mode=ro", "no parameters"),
        ("postgresql://u:hunter2#x@h/d", "percent-encode"),
        ("postgresql://u:hunter2/x@h/d", "percent-encode"),
        ("postgresql://u:hunter2@x@h/d", "percent-encode"),
        ("postgresql://u:1/hunter2@h/d", "percent-encode"),
        ("postgresql://u:1?hunter2=@h/d", "percent-encode"),
        ("postgresql://u:hunter2@h/d?sslmode=yes", "sslmode is one of"),
        ("postgresql://u:hunter2@h/d?connect_timeout=soon", "whole number"),
        ("postgresql://u:hunter2@h/d?schema=public", "unknown parameter 'schema'"),
    ],
)
def test_what_cannot_be_used_is_said(url: str, problem: str) -> None:
    said = check_database_url(url)
    assert said.startswith("DATABASE_URL: ")
    assert problem in said
    assert "hunter2" not in said


URLS = st.one_of(
    st.text(),
    st.builds(
        "{}://{}:{}@{}{}?{}".format,
        st.sampled_from(["postgresql", "postgres", "sqlite", "mysql", "memory"]),
        st.text(max_size=5),
        st.just("hunter2") | st.text(max_size=3).map("hunter2{}".format),
        st.text(max_size=8),
        st.text(max_size=8).map("/{}".format),
        st.text(max_size=20) | st.sampled_from(["sslmode=require", "ssl=true", "connect_timeout=", "options="]),
    ),
)


@given(URLS)
def test_any_text_is_used_or_refused_without_showing_the_password(url: str) -> None:
    said = check_database_url(url)
    assert "hunter2" not in said
    if not said:
        assert "hunter2" not in str(parse_database_url(Secret(url))) or "hunter2" in url.rpartition("@")[2]


def test_the_password_is_not_shown() -> None:
    url = Secret("postgresql://ann:hunter2@127.0.0.1:1/chat")
    target = parse_database_url(url)
    shown = f"{target!r} {target} {open_storage(url)!r} {vars(open_storage(url))!r}"
    assert "hunter2" not in shown


async def test_parameters_reach_the_server(databases: Databases) -> None:
    async with databases.fresh(migrated=False) as url:
        target = postgres(
            f"{url}?sslmode=prefer&channel_binding=prefer&options=-c%20work_mem%3D7MB&application_name=x y"
        )
        connection = await asyncpg.connect(target.dsn.reveal())
        try:
            assert await connection.fetchval("SHOW work_mem") == "7MB"
            assert await connection.fetchval("SHOW application_name") == "x y"
        finally:
            await connection.close()
