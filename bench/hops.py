"""`python -m bench.hops`: how many files and functions of `app` a request passes, counted in a live server.

Starts `python -m app serve` under a profile function, on the Gemini provider, a fake upstream and a SQLite file. Each
request is sent `ROUNDS` times to a server that has answered it before; the functions that every round calls count, so
that heartbeats and other background work do not. `--list` prints the files with their functions, in the order of their
first call. docs/a-message.md explains the hops and holds the figures.
"""

import asyncio
import json
import os
import runpy
import sys
import tempfile
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

import click
import httpx

from bench.servers import upstream
from tests.chatkit_client import ChatKitClient, user_input
from tests.ports import free_port
from tests.server import ROOT

ROUNDS: Final = 3
START_SECONDS: Final = 30.0
_TRACED: Final = "traced"
_PARTS: Final = frozenset({"<module>", "<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})
_LONG: Final = "tokens=20 pace=5"
_PAUSED: Final = "tokens=2 pace=1000"

Function = tuple[str, str]
"""A file of the project, and the qualified name of a function in it."""


class TracedServer:
    """A server whose process reports the functions of `app` that were called since the last report."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.url = url
        self._process = process

    async def report(self) -> list[Function]:
        """The functions called since the last report, in the order of their first call."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"\n")
        return [(file, name) for file, name in json.loads(await self._process.stdout.readline())]

    async def healthy(self) -> None:
        """Wait until it answers. Raises `TimeoutError` after `START_SECONDS`."""
        async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(START_SECONDS):
            while True:
                try:
                    if (await client.get(f"{self.url}/health")).status_code == httpx.codes.OK:
                        return
                except httpx.TransportError:
                    await asyncio.sleep(0.05)


@asynccontextmanager
async def traced(folder: Path, upstream_url: str) -> AsyncGenerator[TracedServer, None]:
    """A traced server for the length of the block; its log is `server.log` in `folder`."""
    port = free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PORT": str(port),
        "TITLES": "off",
        "DATABASE_URL": f"sqlite:///{folder}/hops.db",
        "LLM_PROVIDER": "gemini",
        "GEMINI_API_KEY": "none",
        "GEMINI_BASE_URL": upstream_url,
    }
    pipe = asyncio.subprocess.PIPE
    with (folder / "server.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.hops", _TRACED),
            cwd=folder,
            env=environment,
            stdin=pipe,
            stdout=pipe,
            stderr=log,
            limit=2**24,
        )
    try:
        server = TracedServer(process, f"http://127.0.0.1:{port}")
        await server.healthy()
        yield server
    finally:
        process.terminate()
        await process.wait()


def serve_traced() -> None:
    """Be the traced server: a line on stdin is answered by a report on stdout."""
    own, called = str(ROOT / "app") + os.sep, dict[CodeType, None]()
    reports = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def profile(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(own):
            called[frame.f_code] = None

    def report() -> None:
        for _ in sys.stdin:
            codes = list(called)
            called.clear()
            found = [(os.path.relpath(code.co_filename, ROOT), code.co_qualname) for code in codes]
            json.dump([entry for entry in found if entry[1].rpartition(".")[2] not in _PARTS], reports)
            print(file=reports, flush=True)

    threading.Thread(target=report, daemon=True).start()
    threading.setprofile(profile)
    sys.setprofile(profile)
    sys.argv = ["app", "serve"]
    runpy.run_module("app", run_name="__main__")


async def counted(folder: Path) -> dict[str, list[Function]]:
    """The functions of each kind of request, by its name."""
    async with upstream() as url, traced(folder, url) as server, ChatKitClient(server.url) as client:
        thread_id = (await client.say(_LONG)).thread_id
        kinds: Mapping[str, Callable[[], Awaitable[list[Function]]]] = {
            "a message": lambda: _message(server, client, thread_id),
            "a task over HTTP": lambda: _task(server, client),
            "a click in a widget": lambda: _click(server, client, thread_id),
            "a resumed stream": lambda: _resumed(server, client, thread_id),
        }
        return {name: await _in_every_round(request) for name, request in kinds.items()}


async def _in_every_round(request: Callable[[], Awaitable[list[Function]]]) -> list[Function]:
    await request()  # What only a first request does, such as imports, is left out.
    first, *others = [await request() for _ in range(ROUNDS)]
    return [function for function in first if all(function in other for other in others)]


async def _message(server: TracedServer, client: ChatKitClient, thread_id: str) -> list[Function]:
    """A message in a thread that exists, with its whole answer."""
    await server.report()
    await client.say(_LONG, thread_id)
    return await server.report()


async def _task(server: TracedServer, client: ChatKitClient) -> list[Function]:
    """A task that is added."""
    await server.report()
    await _new_task(client)
    return await server.report()


async def _click(server: TracedServer, client: ChatKitClient, thread_id: str) -> list[Function]:
    """The button of a task's card that completes the task."""
    payload = {"id": await _new_task(client)}
    shown = await client.events("threads.custom_action", thread_id=thread_id, action=_action("tasks.open", payload))
    [card] = [event.item for event in shown if event.type == "thread.item.done"]
    await server.report()
    await client.events(
        "threads.custom_action", thread_id=thread_id, item_id=card.id, action=_action("tasks.complete", payload)
    )
    return await server.report()


async def _resumed(server: TracedServer, client: ChatKitClient, thread_id: str) -> list[Function]:
    """A second reader of a running answer, until it has the events so far; no text arrives in that time."""
    async with asyncio.timeout(START_SECONDS):
        running = client.stream("threads.add_user_message", input=user_input(_PAUSED), thread_id=thread_id)
        async for event in running:
            if event.type == "thread.item.updated" and event.update.type.endswith("text_delta"):
                break
        await server.report()
        async with client.http.stream("GET", f"/api/threads/{thread_id}/stream") as response:
            await anext(response.aiter_bytes())
            found = await server.report()
        async for _ in running:
            pass
    return found


async def _new_task(client: ChatKitClient) -> str:
    response = await client.http.post("/api/tasks", json={"title": "Buy milk"})
    return str(response.raise_for_status().json()["id"])


def _action(kind: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": kind, "payload": payload}


def shown(found: Mapping[str, Sequence[Function]], *, every: bool = False) -> str:
    """A line for each kind of request; with `every`, its files and their functions below it."""
    lines: list[str] = []
    for name, functions in found.items():
        by_file: dict[str, list[str]] = {}
        for file, function in functions:
            by_file.setdefault(file, []).append(function)
        lines.append(f"{name}: {len(by_file)} files, {len(functions)} functions")
        if every:
            lines += [f"  {file}: {', '.join(names)}" for file, names in by_file.items()]
    return "\n".join(lines)


@click.command()
@click.option("--list", "every", is_flag=True, help="Print the files and their functions as well.")
def main(every: bool) -> None:
    """Count the files and functions of `app` that a request passes."""
    with tempfile.TemporaryDirectory() as folder:
        print(shown(asyncio.run(counted(Path(folder))), every=every))


if __name__ == "__main__":
    if _TRACED in sys.argv:
        serve_traced()
    else:
        main()
