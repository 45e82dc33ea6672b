"""The runner: all checks, one after the other."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import httpx2

from app.entrypoints.cli.conformance import extras, messages, questions, refusals, threads
from app.entrypoints.cli.conformance.outcome import Check, NotOfferedError, Outcome, WrongError
from app.entrypoints.cli.conformance.subject import Subject
from app.entrypoints.cli.conformance.wire import BadAnswerError

CHECKS: Sequence[Check] = (
    *messages.CHECKS,
    *threads.CHECKS,
    *questions.CHECKS,
    *extras.CHECKS,
    *refusals.CHECKS,
)


async def examine(server: Subject, checks: Sequence[Check], seconds: float) -> AsyncGenerator[Outcome, None]:
    """Yield the outcome of each check in order; a check that takes longer than `seconds` is wrong."""
    for check in checks:
        yield await _outcome(check, server, seconds)


async def _outcome(check: Check, server: Subject, seconds: float) -> Outcome:
    try:
        async with asyncio.timeout(seconds):
            await check.examine(server)
    except NotOfferedError as reason:
        return Outcome(check=check.sentence, result="not offered", detail=str(reason))
    except (WrongError, BadAnswerError) as reason:
        return Outcome(check=check.sentence, result="wrong", detail=str(reason))
    except TimeoutError:
        return Outcome(check=check.sentence, result="wrong", detail=f"no end after {seconds:g} seconds")
    except httpx2.HTTPError as error:
        return Outcome(check=check.sentence, result="wrong", detail=f"the connection broke: {type(error).__name__}")
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        # The response is far from the protocol: a field is missing or has another type.
        return Outcome(check=check.sentence, result="wrong", detail=f"not as the protocol says: {error!r}")
    return Outcome(check=check.sentence, result="holds")
