"""An assistant whose module listens to its own traces, and also asks for those of OpenAI."""

import os
from pathlib import Path
from typing import Any

from agents import Agent, Runner, add_trace_processor, flush_traces, function_tool, handoff
from agents.tracing import Span, Trace, TracingProcessor
from agents.tracing.processors import default_processor

from app.adapters.agents_sdk.assistant import Assistant


class Diary(TracingProcessor):
    """Writes a line for each trace and span into the file that `DIARY` names."""

    def _write(self, *words: str | None) -> None:
        if path := os.environ.get("DIARY"):
            with Path(path).open("a") as file:
                file.write(" ".join(map(str, words)) + "\n")

    def on_trace_start(self, trace: Trace) -> None:
        exported: dict[str, Any] = trace.export() or {}
        self._write("trace", exported.get("workflow_name"), exported.get("group_id"), trace.trace_id)

    def on_trace_end(self, trace: Trace) -> None:
        self._write("end", trace.name)

    def on_span_start(self, span: Span[Any]) -> None:
        """Write at the end."""

    def on_span_end(self, span: Span[Any]) -> None:
        data = span.span_data
        self._write("span", data.type, getattr(data, "name", None), span.trace_id)

    def shutdown(self) -> None:
        """Close nothing."""

    def force_flush(self) -> None:
        """Write at once."""


add_trace_processor(Diary())
add_trace_processor(default_processor())

helper = Agent[Any](name="Helper", instructions="You help.")
deputy = Agent[Any](name="Deputy", instructions="You stand in.")


@function_tool
async def inquire() -> str:
    """Run an agent, and send the traces so far."""
    answer = str((await Runner.run(helper, "hello")).final_output)
    flush_traces()
    return answer


lead = Assistant(
    agent=Agent[Any](
        name="Lead",
        instructions="You lead.",
        tools=[inquire, helper.as_tool("help", "Help.")],
        handoffs=[handoff(deputy)],
    )
)
