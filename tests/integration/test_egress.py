"""Egress: a turn connects to the chosen provider's address alone, whichever keys are set."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.dialects import SECRET, Dialect
from tests.fakes.gemini_wire import GeminiChat
from tests.fakes.litellm_upstreams import AnthropicMessages, GeminiNative
from tests.fakes.responses_wire import Responses
from tests.fakes.upstream import Upstream
from tests.server import ROOT

KEYS = {"OPENAI_API_KEY": SECRET, "GEMINI_API_KEY": SECRET, "ANTHROPIC_API_KEY": SECRET, "OPENROUTER_API_KEY": SECRET}

CASES: dict[str, tuple[Dialect, dict[str, str]]] = {
    "gemini": (GeminiChat(), {"LLM_PROVIDER": "gemini", "GEMINI_BASE_URL": "{url}/v1beta/openai/"}),
    "openai": (Responses(), {"LLM_PROVIDER": "openai", "OPENAI_BASE_URL": "{url}/v1", "OPENAI_API": "responses"}),
    "openai-compatible": (OpenAIChat(), {"LLM_PROVIDER": "openai", "OPENAI_BASE_URL": "{url}/v1"}),
    "litellm-gemini": (
        GeminiNative(),
        {"LLM_PROVIDER": "litellm", "LITELLM_MODEL": "gemini/gemini-2.5-flash", "LITELLM_BASE_URL": "{url}"},
    ),
    "litellm-anthropic": (
        AnthropicMessages(),
        {"LLM_PROVIDER": "litellm", "LITELLM_MODEL": "anthropic/claude-sonnet-4-5", "LITELLM_BASE_URL": "{url}"},
    ),
}


async def one_turn(environment: dict[str, str]) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        Path(__file__).with_name("one_turn.py"),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATABASE_URL": "memory://", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    told: dict[str, Any] = json.loads(output.splitlines()[-1])
    return told


@pytest.mark.parametrize("case", CASES)
async def test_a_turn_connects_to_its_provider_alone(case: str) -> None:
    dialect, environment = CASES[case]
    async with Upstream(dialect.guard) as upstream:
        upstream.script(dialect.text("Hel", "lo!"))
        filled = {name: value.format(url=upstream.url) for name, value in environment.items()}
        told = await one_turn({**KEYS, **filled})
        address = upstream.url.removeprefix("http://")
    assert told == {"answer": "Hello!", "contacted": [address], "refused": []}


async def test_the_demo_opens_no_connection() -> None:
    told = await one_turn({**KEYS, "LLM_PROVIDER": "demo", "DEMO_DELAY_MS": "0"})
    assert (told["contacted"], told["refused"]) == ([], [])


async def test_the_watch_would_see_a_leak() -> None:
    """The check itself: a provider that is sent elsewhere is refused, and that is seen."""
    elsewhere = {"LLM_PROVIDER": "gemini", "GEMINI_API_KEY": SECRET, "GEMINI_BASE_URL": "http://192.0.2.1/"}
    told = await one_turn(elsewhere)
    assert told == {"answer": "", "contacted": [], "refused": ["192.0.2.1:80"]}
