"""Nested runner: every run that code starts with the Agents SDK's `Runner`, inside a turn and outside."""

import asyncio
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from agents import Agent, RunConfig, RunHooks, RunResult, RunResultStreaming
from agents.run import AgentRunner

from app.adapters.agents_sdk.models.foreign_models import refuse_foreign_model
from app.adapters.agents_sdk.models.run_models import RunModels
from app.adapters.agents_sdk.nested.active_run import ActiveRun, RunScope, ShownRuns, active_run
from app.adapters.agents_sdk.nested.hooks import NestedHooks
from app.adapters.agents_sdk.nested.nesting import inside_shown_run, inside_tool
from app.adapters.agents_sdk.nested.traces import traces
from app.adapters.agents_sdk.run.agent_graph import GraphCopy
from app.adapters.agents_sdk.run.effect_replay import with_replayed_effects
from app.adapters.agents_sdk.tools.failures import tool_error


class NestedRunner(AgentRunner):
    """The SDK's default runner: gives a run the models, the ledger and the limits of the turn that it runs in.

    `outside` returns the server's own active run, for code outside a turn. It raises before the server has models.
    """

    def __init__(self, outside: Callable[[], RunScope]) -> None:
        self._outside = outside

    async def run(self, starting_agent: Agent[Any], input: Any, **kwargs: Any) -> RunResult:
        """Run an agent with models of the catalog. See `Runner.run`."""
        run = self._active()
        if (shown := _shown_runs(run)) is not None:
            return await shown.run(super().run, starting_agent, input, kwargs)
        with inside(inside_tool):
            return await super().run(equipped(starting_agent, run), input, **_options(run, kwargs))

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
        if (shown := _shown_runs(run)) is not None:
            return shown.run_streamed(super().run_streamed, starting_agent, input, kwargs)
        with inside(inside_tool):
            return super().run_streamed(equipped(starting_agent, run), input, **_options(run, kwargs))

    def _active(self) -> RunScope:
        return active_run.get() or self._outside()


@contextmanager
def inside(place: ContextVar[bool]) -> Iterator[None]:
    """In the block code runs in this place."""
    token = place.set(True)
    try:
        yield
    finally:
        place.reset(token)


def _shown_runs(run: RunScope) -> ShownRuns | None:
    """What shows a run that starts here; None inside a tool, outside a turn, and on another loop than the server's."""
    if not isinstance(run, ActiveRun) or inside_tool.get() or inside_shown_run.get():
        return None
    return run.shown_runs if asyncio.get_running_loop() is run.loop else None


def _has_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def equipped(agent: Agent[Any], run: RunScope) -> Agent[Any]:
    """Return the agent; in a retried answer with tools that do not repeat the changes of the first."""
    if not run.done or not isinstance(agent, Agent):
        return agent
    return GraphCopy(lambda _, tools: with_replayed_effects(tools, run.done)).agent(agent)


def _options(run: RunScope, options: Mapping[str, Any]) -> dict[str, Any]:
    return run_options(options, run.max_rounds, run.models, NestedHooks(run, options.get("hooks")))


def run_options(options: Mapping[str, Any], max_rounds: int, models: RunModels, hooks: RunHooks[Any]) -> dict[str, Any]:
    """Return the options that the code gave to a run, with these models, hooks and limit of rounds."""
    wanted = options.get("max_turns", max_rounds)
    return {
        **options,
        "run_config": _configured(options.get("run_config"), models),
        "hooks": hooks,
        "max_turns": max_rounds if wanted is None else min(wanted, max_rounds),
    }


def _configured(config: RunConfig | dict[str, Any] | None, models: RunModels) -> RunConfig | dict[str, Any]:
    """The configuration that the code gave, with models of the catalog, and traced only where a processor hears it."""
    own: dict[str, Any] = {"model_provider": models}
    if not traces.are_heard:
        own["tracing_disabled"] = True
    if config is None or isinstance(config, dict):
        given = config or {}
        refuse_foreign_model("A RunConfig", given.get("model"))
        return {"tool_error_formatter": tool_error, **given, **own}
    refuse_foreign_model("A RunConfig", config.model)
    return dataclasses.replace(config, **{"tool_error_formatter": config.tool_error_formatter or tool_error, **own})
