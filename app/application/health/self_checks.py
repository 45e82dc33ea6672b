"""What `doctor` tries: each check makes one small real request to a part of the configuration."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

import msgspec

from app.domain.errors import Actor, AnyportError
from app.domain.redaction import mask_userinfo

_WHO: dict[Actor, str] = {
    "operator": "operator",
    "user": "operator",
    "model": "operator",
    "upstream": "operator of that service, or ours",
}


class SelfCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A part that can be tried by itself. `variables` are those to look at when it fails.

    `attempt` returns a remark, or nothing, and raises `AnyportError`; None stands for what cannot be tried from here,
    and then `remark` says why.
    """

    name: str
    variables: str
    attempt: Callable[[], Awaitable[str | None]] | None
    remark: str = ""


class SelfChecks(msgspec.Struct, frozen=True):
    """All of them but those of models, which need an assistant."""

    checks: Sequence[SelfCheck]


class ModelChecks(msgspec.Struct, frozen=True):
    """One for each model that may answer."""

    checks: Sequence[SelfCheck]


class SelfCheckError(AnyportError):
    """Something does not work that the operator has set, or has to set."""

    code = "self_check"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a check; `text` names who must act, and on which variable, where it failed."""

    state: Literal["ok", "FAILED", "untried"]
    name: str
    text: str = ""

    def __str__(self) -> str:
        return mask_userinfo(f"{self.state:<7} {self.name}" + (f": {self.text}" if self.text else ""))


async def outcomes_of(checks: Sequence[SelfCheck], seconds: float) -> Sequence[Outcome]:
    """Try all of them side by side, none for longer than `seconds`; in their order."""
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
    except Exception as error:  # a library may fail in any way, and the others are to be heard of too
        return _failed(check, f"it failed in a way that nobody foresaw: {type(error).__name__}", "operator")


def failed(check: SelfCheck, error: AnyportError) -> Outcome:
    """That of a check that raised `error`."""
    # A service may say why in several lines.
    text = " ".join((error.message + (f" ({error.detail})" if error.detail else "")).split())
    return _failed(check, text, error.actor)


def _failed(check: SelfCheck, text: str, actor: Actor) -> Outcome:
    return Outcome(state="FAILED", name=check.name, text=f"{text} [the {_WHO[actor]} must act: {check.variables}]")
