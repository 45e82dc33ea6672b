"""Command line: its output on providers and on a whole configuration."""

import asyncio
import os
import sys
from importlib.metadata import version
from pathlib import Path

from tests.fakes.dialects import SECRET
from tests.fakes.gemini_wire import GeminiChat
from tests.fakes.upstream import Upstream
from tests.server import ROOT

DIALECT = GeminiChat()


async def command(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """Exit code and output of `python -m app …` with nothing else in its environment."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app", *arguments),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LLM_RETRIES": "0", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


def line_of(output: str, name: str) -> str:
    [line] = [line for line in output.splitlines() if line.strip("* ").startswith(name)]
    return line


async def test_the_version_is_printed(tmp_path: Path) -> None:
    assert await command(tmp_path, "--version") == (0, f"anyport {version('anyport')}\n")


async def test_providers_are_listed_with_what_is_missing_and_what_answers(tmp_path: Path) -> None:
    async with Upstream(DIALECT.guard) as upstream:
        upstream.script(DIALECT.text("ok"))
        gemini = {"GEMINI_API_KEY": SECRET, "GEMINI_BASE_URL": f"{upstream.url}/v1beta/openai/"}
        code, output = await command(tmp_path, "providers", **gemini)
        assert len(upstream.requests) == 1, "one small real request, to the one that is configured"
    assert code == 0
    assert line_of(output, "gemini").startswith("* "), "the chosen one is marked"
    assert "reachable, model gemini-2.5-flash" in line_of(output, "gemini")
    assert "OPENAI_API_KEY" in line_of(output, "openai")
    assert "LITELLM_MODEL" in line_of(output, "litellm")
    assert "reachable" in line_of(output, "demo")
    assert SECRET not in output


async def test_the_doctor_finds_a_healthy_configuration_healthy(tmp_path: Path) -> None:
    async with Upstream(DIALECT.guard) as upstream:
        upstream.script(DIALECT.text("ok"))
        gemini = {"GEMINI_API_KEY": SECRET, "GEMINI_BASE_URL": f"{upstream.url}/v1beta/openai/"}
        code, output = await command(tmp_path, "doctor", **gemini)
    assert code == 0, output
    states = {line.split()[0] for line in output.splitlines() if line.startswith(("ok ", "FAILED", "untried"))}
    assert states == {"ok", "untried"}, output


async def test_the_doctor_says_what_to_change(tmp_path: Path) -> None:
    async with Upstream() as upstream:
        upstream.script(DIALECT.refused_key())
        gemini = {"GEMINI_API_KEY": SECRET, "GEMINI_BASE_URL": f"{upstream.url}/v1beta/openai/"}
        code, output = await command(tmp_path, "doctor", **gemini)
    assert code == 1
    assert "FAILED  provider gemini" in output
    assert "GEMINI_API_KEY" in output
    assert SECRET not in output

    code, output = await command(tmp_path, "doctor", DATABASE_URL="postgresql://nobody:canary@127.0.0.1:9/nothing")
    assert code == 1
    assert "FAILED  database" in output
    assert "DATABASE_URL" in output
    assert "ok      provider demo" in output, "one thing that fails does not hide the others"
    assert "canary" not in output

    code, output = await command(tmp_path, "doctor", LLM_PROVIDER="openai", PORT="x")
    assert code == 2
    assert "OPENAI_API_KEY" in output
    assert "PORT" in output


async def test_a_name_that_is_one_letter_off_is_said_wherever_settings_are_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("JWT_SECERT=canary\nNO_SETTING=canary\nTOKEN_OF_TOOL=t\nDATABASE_URL=memory://\n")
    tools = '{"tool": {"url": "http://127.0.0.1:9/mcp", "headers": {"x": "${TOKEN_OF_TOOL}"}}}'
    for arguments in (["doctor"], ["providers"]):
        _, output = await command(tmp_path, *arguments, GEMINI_API_KEYY="canary", MCP_SERVERS=tools)
        assert "GEMINI_API_KEYY is not a setting. Did you mean GEMINI_API_KEY?" in output, output
        assert "JWT_SECERT in .env is not a setting. Did you mean JWT_SECRET?" in output
        assert "NO_SETTING in .env is not a setting." in output
        assert "TOKEN_OF_TOOL" not in output
        assert "canary" not in output
    code, output = await command(tmp_path, "serve", HOST="0.0.0.0", JWT_SECRETT="canary")  # noqa: S104
    assert code == 2
    assert "JWT_SECRETT is not a setting. Did you mean JWT_SECRET?" in output
    assert "HOST: " in output
    assert "canary" not in output
