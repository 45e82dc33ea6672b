"""Server under test, as a process."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import httpx

from app.environment import variables
from app.patches.switch import VARIABLE
from tests.forked import ForkedProcess, fork
from tests.ports import free_port
from tests.watched_server import HELD

ROOT = Path(__file__).parent.parent
FROM_HERE = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
"""Start of a script for an isolated interpreter: the installed package may be another checkout."""

START_SECONDS = 60
STOP_SECONDS = 30


WATCHED = ("tests.watched_server", "serve")
READ_AT_IMPORT = frozenset({"LD_PRELOAD", "LOG_LEVEL", VARIABLE})
"""Variables that libraries or the loader read before the first line of a server runs."""

LONG_ENOUGH = 16
CANARY = "cAnArY-7f3d"


def canaries() -> dict[str, str]:
    """Return a secret for each secret setting without other effects: no server of a test may print one."""
    names = ("SESSION_SECRET", "FILE_LINKS_SECRET")
    return {name: f"{CANARY}-{name}-0123456789abcdefghijklmnopqrstuvwxyz" for name in names}


@cache
def secret_names() -> frozenset[str]:
    """Return the variables whose whole value is secret, by the types of the settings."""
    from app.bootstrap import setting_sections

    found = {
        name for section in setting_sections().values() for v in variables(section) if v.secret for name in v.names
    }
    return frozenset(found - {"DATABASE_URL", "MCP_SERVERS"})


def _switch() -> dict[str, str]:
    """Return the switch of the patches, if it is set for the tests: `APP_PATCHES=off make test`."""
    return {VARIABLE: os.environ[VARIABLE]} if VARIABLE in os.environ else {}


class ServerProcess:
    """`python -m app serve` on a watched event loop, or another `command`, in `folder`, with `environment`.

    The server is forked from a process that has imported all modules, unless it is `fresh`, or its environment changes
    the imports.
    """

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        *,
        port: int | None = None,
        python: str | Path = sys.executable,
        command: Sequence[str] = WATCHED,
        fresh: bool = False,
    ) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self._python = python
        self._command = command
        self._log = folder / f"server-{self.port}.log"
        self._held = folder / f"server-{self.port}.held"
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "PORT": str(self.port),
            HELD: str(self._held),
            # A title is one more request to the model, at a time that no script of a fake upstream can know.
            "TITLES": "off",
            **_switch(),
            **canaries(),
            **(environment or {}),
        }
        unusual = READ_AT_IMPORT & (environment or {}).keys() or self._environment["PYTHONPATH"] != str(ROOT)
        self._fresh = bool(fresh or unusual or python != sys.executable or command is not WATCHED)
        self._process: asyncio.subprocess.Process | ForkedProcess | None = None

    @property
    def log(self) -> str:
        """Output of the server so far."""
        return self._log.read_text() if self._log.exists() else ""

    @property
    def held(self) -> str:
        """Callbacks that held the event loop, with their time; empty without any."""
        return self._held.read_text() if self._held.exists() else ""

    @property
    def secrets_told(self) -> list[str]:
        """Secret variables whose values the server printed; short values are ordinary words, and are ignored."""
        log = self.log
        secrets = {name: value for name, value in self._environment.items() if name in secret_names()}
        return [name for name, value in secrets.items() if len(value) >= LONG_ENOUGH and value in log]

    @property
    def pid(self) -> int:
        """Process id."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> "ServerProcess":
        """Start the server, and wait until it is healthy."""
        await self.spawn()
        return await self.healthy()

    async def healthy(self) -> "ServerProcess":
        """Wait until the spawned server is healthy."""
        async with httpx.AsyncClient() as client, asyncio.timeout(START_SECONDS):
            while True:
                assert self._process is not None
                if self._process.returncode is not None:
                    raise AssertionError(f"the server exited with {self._process.returncode}:\n{self.log}")
                try:
                    if (await client.get(f"{self.url}/health")).status_code == httpx.codes.OK:
                        return self
                except httpx.TransportError:
                    await asyncio.sleep(0.05)

    async def spawn(self) -> None:
        """Start the server without waiting."""
        if not self._fresh:
            folder, log = str(self._folder.absolute()), str(self._log.absolute())
            arguments = list(self._command[1:])
            self._process = await fork(
                {"folder": folder, "environment": self._environment, "arguments": arguments, "log": log}
            )
            return
        with self._log.open("ab") as log_file:
            self._process = await asyncio.create_subprocess_exec(
                *(self._python, "-m", *self._command),
                cwd=self._folder,
                env=self._environment,
                stdout=log_file,
                stderr=log_file,
            )

    async def wait(self) -> int:
        """Wait for the end of the server; return its exit code."""
        assert self._process is not None
        async with asyncio.timeout(START_SECONDS):
            return await self._process.wait()

    async def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """Stop the server; return its exit code. Kills a server that does not stop, and fails."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(with_signal)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                code = await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
            raise AssertionError(f"the server did not stop:\n{self.log}") from None
        assert "HELD" not in self.held, f"the event loop was held\n{self.held}"
        assert not self.secrets_told, "the server printed these secrets"
        return code


@asynccontextmanager
async def running(
    folder: Path, environment: Mapping[str, str] | None = None, *, fresh: bool = False
) -> AsyncGenerator[ServerProcess, None]:
    """Run a server for the length of the block."""
    server = ServerProcess(folder, environment, fresh=fresh)
    try:
        yield await server.start()
    finally:
        await server.stop()
