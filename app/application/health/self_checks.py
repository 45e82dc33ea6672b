"""Self-checks of `doctor`: each sends one small real request to a part of the configuration."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

import msgspec

from app.domain.errors import Actor, AnyportError, AssistantError
from app.domain.redaction import mask_userinfo

_WHO: dict[Actor, str] = {
    "operator": "operator",
    "user": "operator",
    "model": "operator",
    "upstream": "operator of that service, or ours",
}


class SelfCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Self-check of one part; `variables` are the settings to review when it fails.

    `attempt` returns a remark or None, and raises `AnyportError`. Without `attempt` the part cannot be checked from
    here, and `remark` has the reason.
    """

    name: str
    variables: str
    attempt: Callable[[], Awaitable[str | None]] | None
    remark: str = ""


class SelfChecks(msgspec.Struct, frozen=True):
    """All self-checks except those of models, which need an assistant."""

    checks: Sequence[SelfCheck]


class ModelChecks(msgspec.Struct, frozen=True):
    """Self-checks of the configured models, one each."""

    checks: Sequence[SelfCheck]


class SelfCheckError(AnyportError):
    """A setting that the operator made, or has to make, does not work."""

    code = "self_check"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """Outcome of a self-check; for a failure `text` names who must act, and on which variable."""

    state: Literal["ok", "FAILED", "untried"]
    name: str
    text: str = ""

    def __str__(self) -> str:
        return mask_userinfo(f"{self.state:<7} {self.name}" + (f": {self.text}" if self.text else ""))


async def outcomes_of(checks: Sequence[SelfCheck], seconds: float) -> Sequence[Outcome]:
    """Run all checks concurrently, each for at most `seconds`; return the outcomes in the order of the checks."""
    return await asyncio.gather(*(_outcome(check, seconds) for check in checks))


async def _outcome(check: SelfCheck, seconds: float) -> Outcome:
    if check.attempt is None:
        return Outcome(state="untried", name=check.name, text=f"{check.remark} [{check.variables}]")
    try:
        async with asyncio.timeout(seconds):
            return Outcome(state="ok", name=check.name, text=await check.attempt() or "")
    except AnyportError as error:
        return failed(check, error)
    except TimeoutError:
        return _failed(check, f"no answer within {seconds:g} seconds", "operator")
    except Exception as error:  # a library may raise anything, and the other checks still report
        return _failed(check, f"it failed with an unexpected error: {type(error).__name__}", "operator")


def failed(check: SelfCheck, error: AnyportError) -> Outcome:
    """Return the outcome of a check that raised `error`."""
    # A service's reason may have several lines.
    text = " ".join((error.message + (f" ({error.detail})" if error.detail else "")).split())
    if isinstance(error, AssistantError):
        text = error.message  # a line for each mistake
    return _failed(check, text, error.actor)


def _failed(check: SelfCheck, text: str, actor: Actor) -> Outcome:
    return Outcome(state="FAILED", name=check.name, text=f"{text} [the {_WHO[actor]} must act: {check.variables}]")
