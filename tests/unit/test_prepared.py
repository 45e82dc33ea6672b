"""Statements that are compiled once."""

import threading

import pytest
from sqlalchemy import Dialect, Executable, literal, select
from sqlalchemy.dialects.sqlite.aiosqlite import dialect as aiosqlite

from app.adapters.stores.sql import prepared
from app.adapters.stores.sql.prepared import Prepared, Step
from app.patches.compiled_statements import Compiled


async def test_a_statement_is_compiled_once_and_off_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    compilers: list[int] = []

    def watched(statement: Executable, dialect: Dialect) -> Compiled:
        compilers.append(threading.get_ident())
        return Compiled(statement, dialect)

    monkeypatch.setattr(prepared, "Compiled", watched)
    statement = Prepared(select(literal(1).label("one")))
    steps: list[Step] = [(statement, {}), (statement, {})]
    [(first, _), (again, _)] = await prepared.compiled(steps, aiosqlite())
    assert first is again
    assert [tuple(row) for row in first.rows([(1,)])] == [(1,)]
    assert len(compilers) == 1
    assert threading.get_ident() not in compilers
