"""What importing and building the LiteLLM provider does to its process: seen from inside of a fresh one."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

from tests.ports import free_port
from tests.server import FROM_HERE

WITHOUT = """
import importlib, json, pkgutil, sys
import app.adapters.providers as providers
from app.adapters.providers.litellm.settings import LitellmSettings
from app.adapters.providers.litellm.plugin import plugin
from app.adapters.providers.registry import discover
from app.environment import Secret

names = [module.name for module in pkgutil.walk_packages(providers.__path__, "app.adapters.providers.")]
for name in names:
    importlib.import_module(name)
found = discover()
settings = LitellmSettings(model="anthropic/claude-sonnet-4-5", api_key=Secret("k"))
missing, wanted = plugin.missing(settings), plugin.detect(settings)
print(json.dumps({
    "modules": names, "failures": dict(found.failures), "plugins": sorted(found.plugins),
    "missing": missing, "wanted": wanted, "imported": "litellm" in sys.modules,
}))
"""

WITH = """
import json, logging, os, sys

reached = []

def watch(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
        reached.append([event, repr(arguments)])

sys.addaudithook(watch)
before = dict(os.environ)

from app.adapters.providers.litellm.settings import LitellmSettings
from app.adapters.providers.litellm.plugin import plugin
from app.environment import Secret

provider = plugin.build(LitellmSettings(model="anthropic/claude-sonnet-4-5", api_key=Secret("k")))
models = [model.name for model in provider.models()]

import litellm

loggers = map(logging.getLogger, ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"))
print(json.dumps({
    "models": models, "base_url": provider.base_url, "reached": reached, "environment": dict(os.environ) == before,
    "callbacks": [litellm.callbacks, litellm.success_callback, litellm.failure_callback],
    "talkative": [logger.name for logger in loggers if logger.isEnabledFor(logging.ERROR)],
}))
"""

# Requests in the form of each kind of vendor, to an address without a listener.
ASKED = """
import asyncio, json, sys

late = set()
from app.patches.lean_imports import lean_imports

with lean_imports():
    from app.adapters.providers.litellm.settings import LitellmSettings
    from app.adapters.providers.litellm.plugin import plugin
    from app.environment import Secret
    from app.ports.model_provider import ModelError

async def ask(model):
    settings = LitellmSettings(model=model, api_key=Secret("k"), base_url="http://127.0.0.1:%d", retries=0)
    provider = plugin.build(settings)
    assert provider.models()
    before = set(sys.modules)
    try:
        await provider.check()
    except ModelError as error:
        return error.kind
    finally:
        late.update(name for name in set(sys.modules) - before if name.startswith(("litellm.", "openai.resources")))
        await provider.aclose()

vendors = ("openrouter/bench", "anthropic/claude", "gemini/gemini-2.5-flash", "azure/mine", "openai/gpt-5-mini")
failures = [asyncio.run(ask(model)) for model in vendors]

import litellm

loaded = "litellm.litellm_core_utils.default_encoding" in sys.modules
tokens = litellm.main.encoding.encode("tokens cost")
print(json.dumps({"failures": failures, "late": sorted(late), "loaded": loaded, "tokens": tokens}))
"""


async def run(script: str, folder: Path) -> Any:
    """What `script` prints as JSON, in a process whose folder has a `.env` file that must not be read."""
    (folder / ".env").write_text("CANARY=sings\nOPENAI_API_KEY=sk-of-another-project\n")
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", FROM_HERE + script, cwd=folder, env={}, stdout=PIPE, stderr=PIPE
    )
    printed, complaints = await child.communicate()
    assert child.returncode == 0, complaints.decode()
    assert complaints == b"", "LiteLLM is quiet"
    return json.loads(printed)


async def test_no_provider_imports_litellm_before_it_is_built(tmp_path: Path) -> None:
    report = await run(WITHOUT, tmp_path)
    assert {"app.adapters.providers.litellm.plugin", "app.adapters.providers.litellm.engine"} <= set(report["modules"])
    assert report["failures"] == {}
    assert {"demo", "gemini", "litellm", "openai"} <= set(report["plugins"])
    assert report["missing"] == ""
    assert report["wanted"]
    assert not report["imported"]


async def test_building_it_reaches_for_no_network_and_leaves_the_process_as_it_was(tmp_path: Path) -> None:
    report = await run(WITH, tmp_path)
    assert report["models"] == ["anthropic/claude-sonnet-4-5"]
    assert report["base_url"] == "https://api.anthropic.com"
    assert report["reached"] == []
    assert report["environment"], "neither the .env file nor what LiteLLM is told at import stays behind"
    assert report["callbacks"] == [[], [], []]
    assert report["talkative"] == []


async def test_a_request_imports_nothing_and_counting_tokens_has_a_tokenizer(tmp_path: Path) -> None:
    report = await run(ASKED % free_port(), tmp_path)
    assert report["failures"] == ["network"] * 5
    assert report["late"] == []
    assert not report["loaded"]
    assert len(report["tokens"]) == 2
