"""ChatKit's own server and ours answer every request alike, but for what is on a list."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
import pytest
from chatkit.types import ChatKitReq, NonStreamingReq, StreamingReq
from dishka import AsyncContainer

from app.bootstrap import make_container, read_settings
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.dispatcher import ChatKitDispatcher
from app.ports.thread_store import ThreadStore
from tests.protocol import kinds, members
from tests.server import ROOT
from tests.stock.cases import CASES, DIFFERENCES, Case
from tests.stock.sides import Ours, Outcome, ScriptedWiring, Stock, normalised
from tests.stock.world import World, seeded

ENVIRONMENT = {"LLM_PROVIDER": "demo", "DATABASE_URL": "memory://", "TITLES": "off"}


@pytest.fixture(scope="module")
async def container() -> AsyncIterator[AsyncContainer]:
    """The application without HTTP, with a scripted assistant."""
    container = make_container(read_settings(ENVIRONMENT), ScriptedWiring())
    try:
        yield container
    finally:
        await container.close()


def body_of(case: Case, world: World) -> bytes:
    """The request, with the ids of this world in it."""

    def filled(value: Any) -> Any:
        match value:
            case str() if value.startswith("@"):
                return world.id(value[1:])
            case dict():
                return {key: filled(part) for key, part in value.items()}
            case list():
                return [filled(part) for part in value]
        return value

    return json.dumps({"type": case.kind, "params": filled(case.params)}).encode()


async def outcomes(container: AsyncContainer, case: Case) -> tuple[Outcome, Outcome]:
    """ChatKit's, and ours."""
    store, found = await container.get(ThreadStore), []
    for side in (Stock(container, store), Ours(container, store)):
        caller = RequestContext(user_id=f"{type(side).__name__}: {case.name}", base_url="http://chat.example")
        body = body_of(case, await seeded(container, caller))
        found.append(await side.ask(body, caller, case.script))
    return found[0], found[1]


def without(value: Any, ignored: frozenset[str]) -> Any:
    """A JSON value without these fields, and without events of these types."""
    match value:
        case Mapping():
            return {key: without(part, ignored) for key, part in value.items() if key not in ignored}
        case list():
            kept = [part for part in value if not (isinstance(part, dict) and part.get("type") in ignored)]
            return [without(part, ignored) for part in kept]
    return value


def plain(outcome: Outcome, ignored: frozenset[str] = frozenset()) -> Any:
    """What is compared."""
    return normalised(without(msgspec.to_builtins(outcome), ignored | {"zoneless"}))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_both_servers_answer_alike(container: AsyncContainer, case: Case) -> None:
    stock, ours = await outcomes(container, case)
    assert not ours.zoneless
    if not case.differs:
        assert plain(ours) == plain(stock)
        return
    assert plain(ours) != plain(stock), "this is no difference any more: take it off the list"
    if case.ours:
        assert ours.gist == case.ours
    else:
        assert plain(ours, case.ignoring) == plain(stock, case.ignoring)


async def test_chatkit_stamps_times_without_a_zone(container: AsyncContainer) -> None:
    [case] = [case for case in CASES if case.name == "a further message, and the assistant works"]
    stock, ours = await outcomes(container, case)
    assert (stock.zoneless, ours.zoneless) == (True, False)


def test_every_request_is_there() -> None:
    assert kinds(ChatKitReq) <= {case.kind for case in CASES}


def test_every_difference_is_tested_and_documented() -> None:
    assert {case.differs for case in CASES} | {"zone"} == {"", *DIFFERENCES}
    told = (ROOT / "docs" / "protocol.md").read_text()
    assert [sentence for sentence in DIFFERENCES.values() if sentence not in " ".join(told.split())] == []


async def test_every_request_has_one_handler(container: AsyncContainer) -> None:
    server = await container.get(ChatKitDispatcher)
    assert server.streaming.keys() == set(members(StreamingReq))
    assert server.single.keys() == set(members(NonStreamingReq))
