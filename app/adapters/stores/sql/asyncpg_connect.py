"""Connections to PostgreSQL: every failure to connect becomes an operator's error."""

import configparser
import os
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from app.adapters.stores.sql.failures import reason_of
from app.adapters.stores.url import SSL_MODES
from app.domain.errors import StoreUnavailableError
from app.domain.language import _


def _is_file(value: str) -> bool:
    path = Path(value)
    return path.is_file() and os.access(path, os.R_OK)


def _is_certificate(value: str) -> bool:
    return _is_file(value) and "-----BEGIN " in Path(value).read_text(errors="replace")


_TLS: Final = frozenset({"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"})
_SESSIONS: Final = frozenset({"any", "primary", "standby", "read-write", "read-only", "prefer-standby"})

# asyncpg reads these variables unless DATABASE_URL has a parameter of that name:
# https://magicstack.github.io/asyncpg/current/api/index.html#connection
_VARIABLES: Final[Mapping[str, Callable[[str], bool]]] = {
    "PGHOST": bool,
    "PGPORT": lambda value: value.isdecimal() and 0 < int(value) < 65536,
    "PGUSER": bool,
    "PGDATABASE": bool,
    "PGSSLMODE": SSL_MODES.__contains__,
    "PGSSLNEGOTIATION": frozenset({"postgres", "direct"}).__contains__,
    "PGTARGETSESSIONATTRS": _SESSIONS.__contains__,
    "PGGSSLIB": frozenset({"gssapi", "sspi"}).__contains__,
    "PGSSLMINPROTOCOLVERSION": _TLS.__contains__,
    "PGSSLMAXPROTOCOLVERSION": _TLS.__contains__,
    "PGSSLROOTCERT": _is_certificate,
    "PGSSLCRL": _is_certificate,
    "PGSSLCERT": _is_certificate,
    "PGSSLKEY": _is_certificate,
    "PGPASSFILE": _is_file,
    "PGSERVICEFILE": _is_file,
}


async def connect(*, dsn: str, **options: Any) -> Any:
    """Open a connection with asyncpg.

    Raises `StoreUnavailableError` whose detail names the variables to change, without a password; a network's
    `OSError` passes unchanged.
    """
    import asyncpg

    # asyncpg checks few of the values it reads: a bad port fails in int(), an empty host in an index, a bad SSL mode in
    # a comparison.
    misread = (ValueError, TypeError, LookupError, ArithmeticError, configparser.Error)
    files = (ssl.SSLError, FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)
    try:
        return await asyncpg.connect(dsn=dsn, **options)
    except (*misread, *files, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        message = _("The database is not available. Please try again.")
        detail = f"{reason_of(error)}; check {_to_check(dsn, os.environ)}"
        raise StoreUnavailableError(message, detail=detail) from error


def _to_check(dsn: str, environ: Mapping[str, str]) -> str:
    """The variables with a value that is not allowed; without such a variable, all that asyncpg reads."""
    parts = urlsplit(dsn)
    given = {f"PG{name.replace('_', '').upper()}" for name, _ in parse_qsl(parts.query)}
    given |= {"PGHOST"} if parts.netloc.rpartition("@")[2] else set()
    read = {name: environ[name] for name in _VARIABLES if environ.get(name) and name not in given}
    wrong = [name for name, value in read.items() if not _VARIABLES[name](value)]
    return ", ".join(wrong or ["DATABASE_URL", *read])
