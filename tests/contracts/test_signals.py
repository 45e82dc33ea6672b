"""What every `Signals` promises."""

import asyncio

from app.domain.ids import new_id
from app.ports.signals import SIGNAL_LIMIT
from app.ports.storage import Storage


async def test_each_subscriber_gets_each_signal_in_order_until_it_unsubscribes(storage: Storage) -> None:
    topic = new_id("topic")
    wanted = [f"{topic} {number} 'é👩‍👩‍👧\\" for number in range(5)] + [topic + "x" * (SIGNAL_LIMIT - len(topic))]
    heard: list[list[str]] = [[], []]
    done = asyncio.Event()

    def hear(signal: str) -> None:
        if signal.startswith(topic):
            heard[0].append(signal)
            if len(heard[0]) == len(wanted):
                done.set()

    async with asyncio.timeout(20):
        # Until then a signal of this process may arrive twice.
        while not storage.signals.connected:  # noqa: ASYNC110  # it is no event
            await asyncio.sleep(0.01)
    leaves = [storage.signals.subscribe(hear), storage.signals.subscribe(lambda signal: heard[1].append(signal))]
    leaves[1]()
    await storage.signals.publish([])
    await storage.signals.publish(wanted)
    async with asyncio.timeout(20):
        await done.wait()
    leaves[0]()
    assert heard == [wanted, []]
