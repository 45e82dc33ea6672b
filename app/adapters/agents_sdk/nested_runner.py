"""Nested runner: every run that code starts with the Agents SDK's `Runner`, inside a turn and outside."""

import asyncio
import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from agents import Agent, RunConfig, RunResult, RunResultStreaming
from agents.run import AgentRunner

from app.adapters.agents_sdk.active_run import RunScope, active_run
from app.adapters.agents_sdk.agent_graph import GraphCopy
from app.adapters.agents_sdk.effect_replay import with_replayed_effects
from app.adapters.agents_sdk.foreign_models import refuse_foreign_model
from app.adapters.agents_sdk.nested_hooks import NestedHooks
from app.adapters.agents_sdk.nesting import inside_tool
from app.adapters.agents_sdk.tools.failures import tool_error
from app.adapters.agents_sdk.traces import traces


class NestedRunner(AgentRunner):
    """The SDK's default runner: gives a run the models, the ledger and the limits of the turn that it runs in.

    `outside` returns the server's own active run, for code outside a turn. It raises before the server has models.
    """

    def __init__(self, outside: Callable[[], RunScope]) -> None:
        self._outside = outside

    async def run(self, starting_agent: Agent[Any], input: Any, **kwargs: Any) -> RunResult:
        """Run an agent with models of the catalog. See `Runner.run`."""
        run = self._active()
        with _inside_tool():
            return await super().run(_equipped(starting_agent, run), input, **_options(run, kwargs))

    def run_sync(self, starting_agent: Agent[Any], input: Any, **kwargs: Any) -> RunResult:
        """Run an agent on the server's event loop, and wait for it in this thread. See `Runner.run_sync`."""
        run = self._active()
        if _has_loop():
            return super().run_sync(starting_agent, input, **kwargs)  # Raises what the SDK raises there.
        running = self.run(starting_agent, input, **kwargs)
        result: RunResult = run.wait(asyncio.run_coroutine_threadsafe(running, run.loop))
        return result

    def run_streamed(self, starting_agent: Agent[Any], input: Any, **kwargs: Any) -> RunResultStreaming:
        """Run an agent whose events the caller reads. See `Runner.run_streamed`."""
        run = self._active()
        with _inside_tool():
            return super().run_streamed(_equipped(starting_agent, run), input, **_options(run, kwargs))

    def _active(self) -> RunScope:
        return active_run.get() or self._outside()


@contextmanager
def _inside_tool() -> Iterator[None]:
    token = inside_tool.set(True)
    try:
        yield
    finally:
        inside_tool.reset(token)


def _has_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _equipped(agent: Agent[Any], run: RunScope) -> Agent[Any]:
    """The agent; in a retried answer with tools that do not repeat the changes of the first."""
    if not run.done or not isinstance(agent, Agent):
        return agent
    return GraphCopy(lambda _, tools: with_replayed_effects(tools, run.done)).agent(agent)


def _options(run: RunScope, options: dict[str, Any]) -> dict[str, Any]:
    wanted = options.get("max_turns", run.max_rounds)
    return {
        **options,
        "run_config": _configured(options.get("run_config"), run),
        "hooks": NestedHooks(run, options.get("hooks")),
        "max_turns": run.max_rounds if wanted is None else min(wanted, run.max_rounds),
    }


def _configured(config: RunConfig | dict[str, Any] | None, run: RunScope) -> RunConfig | dict[str, Any]:
    """The configuration that the code gave, with models of the catalog, and traced only where a processor hears it."""
    own: dict[str, Any] = {"model_provider": run.models}
    if not traces.are_heard:
        own["tracing_disabled"] = True
    if config is None or isinstance(config, dict):
        given = config or {}
        refuse_foreign_model("A RunConfig", given.get("model"))
        return {"tool_error_formatter": tool_error, **given, **own}
    refuse_foreign_model("A RunConfig", config.model)
    return dataclasses.replace(config, **{"tool_error_formatter": config.tool_error_formatter or tool_error, **own})
