"""What holds on this server and on the quick start's, as `python -m app conformance` finds it; writes the page."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from app.entrypoints.cli.conformance.outcome import Outcome
from tests.fakes.login_service import SECRET, secret_token
from tests.fakes.upstream import Upstream, json_reply
from tests.ports import free_port
from tests.quickstart.model import QuickModel
from tests.server import ROOT, ServerProcess, running

PAGE = ROOT / "docs" / "conformance.md"
MARK = "<!-- Below: written by `python -m tests.quickstart.columns`. -->"
OURS = {"DATABASE_URL": "memory://", "DEMO_DELAY_MS": "2", "LLM_PROVIDER": "demo"}

_outcomes = msgspec.json.Decoder(list[Outcome])


async def conformance(folder: Path, url: str, *options: str) -> tuple[int, list[Outcome]]:
    """The command's exit code and what it found."""
    command = [sys.executable, "-m", "app", "conformance", "--json", url, *options]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await process.communicate()
    assert output, errors.decode()
    return process.returncode or 0, _outcomes.decode(output)


async def ours(folder: Path) -> tuple[int, list[Outcome]]:
    """Run the kit on this server, for two users, with the demo provider and a fake transcription service."""
    async with Upstream() as ear:
        ear.always(json_reply(200, {"text": "Hello."}))
        heard = {"TRANSCRIPTION_MODEL": "whisper-1", "TRANSCRIPTION_BASE_URL": f"{ear.url}/v1"}
        async with running(folder, OURS | heard | {"JWT_SECRET": SECRET}) as server:
            ann, bob = (secret_token(sub=name, iss=None, aud=None) for name in ("ann", "bob"))
            return await conformance(folder, server.url, "--token", ann, "--other-token", bob)


async def quickstarts(folder: Path) -> tuple[int, list[Outcome]]:
    """On the quick start's."""
    async with quickstart(folder) as url:
        return await conformance(folder, url)


@asynccontextmanager
async def quickstart(folder: Path) -> AsyncGenerator[str, None]:
    """The quick start's server as a process, and its model; its address."""
    async with Upstream() as model:
        model.always(QuickModel())
        port = free_port()
        server = ServerProcess(
            folder,
            {"OPENAI_API_KEY": "sk-none", "OPENAI_BASE_URL": f"{model.url}/v1", "OPENAI_AGENTS_DISABLE_TRACING": "1"},
            port=port,
            command=("uvicorn", "tests.quickstart.server:app", "--port", str(port), "--log-level", "error"),
        )
        try:
            yield (await server.start()).url
        finally:
            await server.stop()


def table(ours: Sequence[Outcome], quickstarts: Sequence[Outcome]) -> str:
    """Both columns, and beneath them why something does not hold."""
    rows = ["| | Anyport | Quick start |", "|---|---|---|"]
    notes: list[str] = []
    for left, right in zip(ours, quickstarts, strict=True):
        cells = " | ".join(_cell(outcome, notes) for outcome in (left, right))
        rows.append(f"| {left.check} | {cells} |")
    return "\n".join([*rows, "", *(f"{number}. {note}" for number, note in enumerate(notes, start=1))])


def _cell(outcome: Outcome, notes: list[str]) -> str:
    if not outcome.detail:
        return outcome.result
    if outcome.detail not in notes:
        notes.append(outcome.detail)
    return f"{outcome.result} ({notes.index(outcome.detail) + 1})"


async def write() -> None:
    """Write the table into the page, beneath the mark."""
    with tempfile.TemporaryDirectory() as folder:
        (_, left), (_, right) = await ours(Path(folder)), await quickstarts(Path(folder))
    head, _, _ = PAGE.read_text().partition(MARK)
    PAGE.write_text(f"{head}{MARK}\n\n{table(left, right)}\n")


if __name__ == "__main__":
    asyncio.run(write())
