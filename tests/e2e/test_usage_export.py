"""What a turn took is recorded with it, and can be read back."""

import asyncio
import json
import os
import sys
from pathlib import Path

from tests.chatkit_client import ChatKitClient
from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.dialects import SECRET
from tests.fakes.upstream import Upstream
from tests.server import ROOT, running


async def test_the_tokens_of_a_turn_are_exported(tmp_path: Path) -> None:
    dialect = OpenAIChat()
    async with Upstream(dialect.guard) as upstream:
        upstream.always(dialect.text("Hello."))
        environment = {"OPENAI_API_KEY": SECRET, "OPENAI_BASE_URL": f"{upstream.url}/v1", "TITLES": "off"}
        async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
            await client.say("Hello!")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app", "export", "local"),
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
            stdout=asyncio.subprocess.PIPE,
        )
        exported, _ = await process.communicate()
    records = [json.loads(line) for line in exported.splitlines()]
    [turn] = [record["data"] for record in records if record["kind"] == "turn"]
    assert turn["usage"] == {
        "requests": 1,
        "input_tokens": 11,
        "output_tokens": 5,
        "cached_tokens": 3,
        "reasoning_tokens": 2,
    }
