"""Which connection makes room for which."""

from hypothesis import given
from hypothesis import strategies as st

from app.patches.bounded_connections.connection_limit import IDLE_SECONDS, ConnectionLimit


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Client:
    """Connection that notes its closing."""

    def __init__(self) -> None:
        self.is_gone = False

    def hang_up(self) -> None:
        self.is_gone = True


def test_the_longest_idle_makes_room_and_never_one_that_is_answered() -> None:
    clock = Clock()
    limit = ConnectionLimit(3, clock=clock)
    busy, first, second, third, fourth = (Client() for _ in range(5))
    assert all(limit.admit(client) for client in (busy, first, second))
    limit.request_started(busy)
    assert not limit.admit(third), "the heads of their requests are on their way"
    clock.now += IDLE_SECONDS
    limit.request_started(first)
    limit.request_finished(first)
    assert limit.admit(third)
    assert second.is_gone
    clock.now += IDLE_SECONDS
    assert limit.admit(fourth)
    assert first.is_gone
    assert not busy.is_gone
    limit.forget(busy)
    assert limit.admit(Client())


@given(
    st.lists(
        st.tuples(st.sampled_from(["admit", "request_started", "request_finished", "forget"]), st.integers(0, 9)),
        max_size=60,
    )
)
def test_there_are_never_more_than_the_limit(steps: list[tuple[str, int]]) -> None:
    clock = Clock()
    limit = ConnectionLimit(3, clock=clock)
    clients = [Client() for _ in range(10)]
    held: set[Client] = set()
    for step, number in steps:
        clock.now += IDLE_SECONDS / 2
        client = clients[number]
        if step == "admit" and client not in held and limit.admit(client):
            client.is_gone = False
            held.add(client)
        elif step == "forget":
            limit.forget(client)
            held.discard(client)
        elif step != "admit" and client in held:
            getattr(limit, step)(client)
        held = {client for client in held if not client.is_gone}
        assert len(held) <= 3
