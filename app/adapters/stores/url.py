"""Parser of `DATABASE_URL`: memory, a SQLite file, or a PostgreSQL server as a provider's console shows it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

import msgspec

from app.environment import Secret, checks

EXPECTED = "DATABASE_URL: expected memory://, sqlite:///path or postgresql://user:password@host/name"

_ENCODE = (
    "DATABASE_URL: percent-encode special characters in the user and password, "
    "such as @ as %40, # as %23 and a space as %20"
)

SSL_MODES = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})

# asyncpg reads these from a DSN itself: https://magicstack.github.io/asyncpg/current/api/index.html#connection
_ASYNCPG_READS = frozenset(
    {"application_name", "database", "dbname", "host", "options", "passfile", "password", "port", "service", "user"}
    | {"sslcert", "sslcrl", "sslkey", "sslmode", "sslnegotiation", "sslpassword", "sslrootcert"}
    | {"ssl_max_protocol_version", "ssl_min_protocol_version", "target_session_attrs", "gsslib", "krbsrvname"}
)

# Consoles of providers add these parameters. asyncpg would send them as settings, and the server would refuse them.
# asyncpg has no channel binding, and none of the others changes the result of a statement.
_LEFT_OUT = frozenset(
    {"channel_binding", "client_encoding", "connect_timeout", "gssencmode", "ssl", "supa", "uselibpqcompat"}
    | {"keepalives", "keepalives_count", "keepalives_idle", "keepalives_interval", "tcp_user_timeout"}
    | {"pgbouncer", "prepared_statement_cache_size", "statement_cache_size"}
)


class MemoryTarget(msgspec.Struct, frozen=True):
    """Memory of this process; the data ends with the process."""


class SqliteTarget(msgspec.Struct, frozen=True):
    """A SQLite file; a relative path starts at the working directory."""

    path: str

    def __str__(self) -> str:
        return f"sqlite:///{self.path}"


class PostgresTarget(msgspec.Struct, frozen=True, kw_only=True):
    """A PostgreSQL server, with its address in asyncpg's format; `connect_timeout` is in seconds.

    `pooled` is true behind a pooler that may run each transaction on another server connection: prepared statements and
    session state end with the transaction there. `system_roots` verifies the server's certificate and name with the
    certificate authorities of this machine.
    """

    dsn: Secret
    address: str
    pooled: bool = False
    system_roots: bool = False
    connect_timeout: float = 10.0

    def __str__(self) -> str:
        return f"postgresql://{self.address}"


Target = MemoryTarget | SqliteTarget | PostgresTarget


def parse_database_url(url: Secret) -> Target:
    """Parse `url`. Raises `ValueError` with the change to make; the message never contains the password."""
    try:
        parts = urlsplit(url.reveal().strip())
        port = parts.port
    except ValueError:
        # urlsplit quotes the part it reads as the port: with a "/" in a password, that part is the password.
        raise ValueError(_ENCODE) from None
    match parts.scheme.lower():
        case "memory" if not any(parts[1:]):
            return MemoryTarget()
        case "sqlite" | "sqlite+aiosqlite":
            return _sqlite(parts)
        case "postgresql" | "postgres" | "postgresql+asyncpg":
            return _postgres(parts, port)
    raise ValueError(EXPECTED)


def check_database_url(url: str) -> str:
    """The problem of `url`, without its password; an empty string for a usable one."""
    try:
        target = parse_database_url(Secret(url))
    except ValueError as error:
        return str(error)
    if isinstance(target, SqliteTarget):
        path = Path(target.path)
        if path.is_dir():
            return f"DATABASE_URL: {path} is a folder: name a file in it"
        if not checks.folder(path.parent):
            return f"DATABASE_URL: {path} cannot be created, because a part of its path is not a folder"
    return ""


def _sqlite(parts: SplitResult) -> SqliteTarget:
    if parts.netloc:
        raise ValueError("DATABASE_URL: sqlite: needs three slashes before a relative path, four before an absolute")
    path = unquote(parts.path.removeprefix("/"))
    if path in {"", ":memory:"}:
        raise ValueError("DATABASE_URL: sqlite:/// needs the path of a file; to keep nothing, use memory://")
    if parts.query:
        raise ValueError("DATABASE_URL: sqlite:///path takes no parameters")
    return SqliteTarget(path)


def _postgres(parts: SplitResult, port: int | None) -> PostgresTarget:
    if parts.fragment or parts.netloc.count("@") > 1 or "@" in parts.path + parts.query or " " in parts.netloc:
        raise ValueError(_ENCODE)
    given = dict(parse_qsl(parts.query))
    _check_parameters(given)
    passed = {name: value for name, value in given.items() if name in _ASYNCPG_READS}
    if given.get("ssl", "").lower() in {"true", "1", "require"}:
        passed.setdefault("sslmode", "require")
    passed.setdefault("application_name", "anyport")
    # "system" is libpq's name for the certificate authorities of the machine; asyncpg would open a file of that name.
    system_roots = passed.get("sslrootcert") == "system"
    if system_roots:
        passed = {name: value for name, value in passed.items() if name not in {"sslmode", "sslrootcert"}}
    query = urlencode(passed, quote_via=quote)
    host = parts.netloc.rpartition("@")[2] or given.get("host", "")
    return PostgresTarget(
        dsn=Secret(parts._replace(scheme="postgresql", query=query).geturl()),
        address=host + parts.path,
        pooled=_is_pooled(host, port, given),
        system_roots=system_roots,
        connect_timeout=float(given.get("connect_timeout") or 0) or 10.0,
    )


def _check_parameters(given: Mapping[str, str]) -> None:
    unknown = sorted(given.keys() - _ASYNCPG_READS - _LEFT_OUT)
    if unknown:
        raise ValueError(f"DATABASE_URL: unknown parameter {unknown[0]!r}")
    mode: Any = given.get("sslmode", "prefer")
    if mode not in SSL_MODES:
        raise ValueError(f"DATABASE_URL: sslmode is one of {', '.join(sorted(SSL_MODES))}")
    if not (given.get("connect_timeout") or "0").isdigit():
        raise ValueError("DATABASE_URL: connect_timeout is a whole number of seconds")


def _is_pooled(host: str, port: int | None, given: Mapping[str, str]) -> bool:
    # The flags of Prisma and SQLAlchemy; Neon's pooled hosts contain "-pooler.", Supabase's pooler listens on 6543.
    asked = given.get("pgbouncer", "").lower() in {"true", "1"}
    uncached = "0" in {given.get("statement_cache_size"), given.get("prepared_statement_cache_size")}
    return asked or uncached or "-pooler." in host or port == 6543
