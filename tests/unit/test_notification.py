"""One waiter, woken by news or by silence."""

import asyncio

import pytest

from app.aio.notification import Notification


async def test_news_that_came_before_it_was_waited_for_is_not_lost_and_counts_once() -> None:
    wake = Notification(0.0)
    wake.notify()
    wake.notify()
    assert [await wake.wait(), await wake.wait()] == [True, False]
    wake.close()


async def test_a_notification_ends_the_wait() -> None:
    wake = Notification(3600.0)
    waiting = asyncio.create_task(wake.wait())
    await asyncio.sleep(0)
    wake.notify()
    assert await waiting
    wake.close()


async def test_every_timeout_fires_also_after_a_notification() -> None:
    wake = Notification(0.001)
    assert not await wake.wait()
    wake.notify()
    assert [await wake.wait(), await wake.wait(), await wake.wait()] == [True, False, False]
    wake.close()


async def test_a_timeout_fires_though_its_timer_was_set_for_an_earlier_wait() -> None:
    wake = Notification(0.02)
    waiting = asyncio.create_task(wake.wait())
    await asyncio.sleep(0.001)
    wake.notify()
    assert await waiting
    assert not await wake.wait()
    wake.close()


async def test_a_cancelled_waiter_can_wait_again() -> None:
    wake = Notification(3600.0)
    waiting = asyncio.create_task(wake.wait())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    wake.notify()
    assert await wake.wait()
    wake.close()
