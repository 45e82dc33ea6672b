"""Default runner: `Runner.run` and its siblings, called anywhere in the process, go through a runner of this server.

The Agents SDK calls its `set_default_agent_runner`, and the class that is subclassed, experimental.
"""

import inspect

from agents import run
from agents.run import AgentRunner

METHODS = ("run", "run_sync", "run_streamed")


def fits() -> bool:
    """True when the SDK's `Runner` looks for its default at each call, and passes it what is overridden."""
    signatures = [list(inspect.signature(getattr(AgentRunner, name)).parameters) for name in METHODS]
    calls = [inspect.getsource(getattr(run.Runner, name)) for name in METHODS]
    return all(names == ["self", "starting_agent", "input", "kwargs"] for names in signatures) and all(
        "runner = DEFAULT_AGENT_RUNNER" in source for source in calls
    )


def install(runner: AgentRunner) -> None:
    """Make `runner` the default of this process."""
    run.set_default_agent_runner(runner)


def restore() -> None:
    """Give the SDK its own default back."""
    run.set_default_agent_runner(None)
