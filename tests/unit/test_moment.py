"""Something that happens once."""

import asyncio

from app.application.moment import Moment


async def test_all_who_wait_go_on_and_whoever_comes_later_does_not_wait() -> None:
    moment = Moment()
    waiting = [asyncio.create_task(moment.wait()) for _ in range(2)]
    await asyncio.sleep(0)
    assert not moment.is_set()
    moment.set()
    assert await asyncio.gather(*waiting) == [True, True]
    assert moment.is_set()
    moment.set()
    assert await moment.wait()


async def test_one_who_gives_up_takes_nothing_from_the_others() -> None:
    moment = Moment()
    leaving, staying = (asyncio.create_task(moment.wait()) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.wait([leaving])
    moment.set()
    assert await staying
