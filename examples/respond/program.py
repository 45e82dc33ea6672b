"""A chat with another program: each message goes to its input, and its output is the answer, line by line.

ASSISTANT=examples/respond/program.py:respond PROGRAM="fold -s -w 24" anyport serve
"""

import asyncio
import os
import shlex
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
)

from app.adapters.brought.scoped_store import store


async def respond(
    thread: ThreadMetadata, item: UserMessageItem | None, context: Any
) -> AsyncIterator[ThreadStreamEvent]:
    """Stream what the program writes; a stopped answer ends the program."""
    if item is None:
        return
    answer = AssistantMessageItem(
        id=store.generate_item_id("message", thread, context),
        thread_id=thread.id,
        created_at=datetime.now(UTC),
        content=[],
    )
    yield ThreadItemAddedEvent(item=answer)
    text = ""
    async for line in lines_of("".join(part.text for part in item.content)):
        text += line
        update = AssistantMessageContentPartTextDelta(content_index=0, delta=line)
        yield ThreadItemUpdatedEvent(item_id=answer.id, update=update)
    done = answer.model_copy(update={"content": [AssistantMessageContent(text=text)]})
    yield ThreadItemDoneEvent(item=done)


async def lines_of(question: str) -> AsyncIterator[str]:
    """Run the program with the question as its input."""
    words = shlex.split(os.environ.get("PROGRAM", "fold -s -w 24"))
    program = await asyncio.create_subprocess_exec(*words, stdin=PIPE, stdout=PIPE)
    try:
        if program.stdin and program.stdout:  # Both are pipes.
            program.stdin.write(question.encode())
            program.stdin.close()
            async for line in program.stdout:
                yield line.decode(errors="replace")
    finally:
        if program.returncode is None:
            program.kill()
        await program.wait()
