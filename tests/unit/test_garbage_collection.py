"""Garbage collection in quiet moments."""

import asyncio
import gc
import sys
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import ModuleType

import pytest

from app.patches.garbage_collection import A_LIBRARY, MUCH, SOME, collect_in_quiet

pytestmark = pytest.mark.usefixtures("patches_on")


class Knot:
    """Object in a cycle, which reference counting does not free."""

    def __init__(self) -> None:
        self.itself = self


@asynccontextmanager
async def collecting(busy: Callable[[], bool]) -> AsyncIterator[None]:
    """Restore Python's own thresholds after the test."""
    before = gc.get_threshold()
    task = asyncio.create_task(collect_in_quiet(busy, every=0.001))
    await asyncio.sleep(0)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        gc.unfreeze()
    assert gc.get_threshold() == before


def old(looks: int) -> weakref.ref[Knot]:
    """Garbage that has survived `looks` collections of the middle generation."""
    gc.collect()
    knot = Knot()
    gc.collect(0)
    gc.collect(1)
    found = weakref.ref(knot)
    del knot
    for _ in range(looks):
        gc.collect(1)
    return found


async def gone(garbage: weakref.ref[Knot]) -> None:
    """Wait until the garbage is collected."""
    async with asyncio.timeout(10):
        while garbage() is not None:  # noqa: ASYNC110  # nothing notifies of it
            await asyncio.sleep(0.001)


async def test_a_quiet_moment_is_used_for_a_full_collection() -> None:
    async with collecting(lambda: False):
        await gone(old(SOME))


async def test_answers_are_not_held_up() -> None:
    asked: list[None] = []

    def answering() -> bool:
        asked.append(None)
        return True

    async with collecting(answering):
        garbage = old(SOME)
        async with asyncio.timeout(10):
            while len(asked) < 3:  # noqa: ASYNC110  # nothing notifies of it
                await asyncio.sleep(0.001)
        assert garbage() is not None
        for _ in range(MUCH):
            gc.collect(1)
        await gone(garbage)


def bring(monkeypatch: pytest.MonkeyPatch, modules: int) -> None:
    """Import `modules` further modules."""
    for number in range(modules):
        monkeypatch.setitem(sys.modules, f"library.part_{number}", ModuleType("part"))


async def test_a_library_that_is_imported_later_is_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    async with collecting(lambda: True):
        brought = [Knot() for _ in range(1_000)]
        before = gc.get_freeze_count()
        bring(monkeypatch, A_LIBRARY)
        async with asyncio.timeout(10):
            while gc.get_freeze_count() < before + len(brought):  # noqa: ASYNC110  # nothing notifies of it
                await asyncio.sleep(0.001)


async def test_a_library_is_frozen_before_the_first_quiet_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    async with collecting(lambda: False):
        garbage = old(SOME)
        bring(monkeypatch, A_LIBRARY)
        before = gc.get_freeze_count()
        async with asyncio.timeout(10):
            while gc.get_freeze_count() <= before:  # noqa: ASYNC110  # nothing notifies of it
                await asyncio.sleep(0.001)
        assert garbage() is not None, "everything was looked at, the library as well"


async def test_a_single_module_freezes_no_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    async with collecting(lambda: False):
        garbage = old(SOME)
        bring(monkeypatch, A_LIBRARY - 1)
        await gone(garbage)
