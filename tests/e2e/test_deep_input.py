"""Deep input: every route with a body refuses lists and objects that are nested too deep, in any field."""

import json
from collections.abc import Iterator
from typing import Any

import httpx

from tests.chatkit_client import ChatKitClient
from tests.e2e.test_isolation import filled
from tests.e2e.test_layers_fail import IN_PATH, ROUTES, House
from tests.server import ServerProcess

DEPTHS = (101, 1_000, 100_000)
BODIES = sorted(route for route in ROUTES if route[0] in {"POST", "PUT", "PATCH", "DELETE"})
JSON = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
HOLE = "a hole in the body"


def nested(depth: int) -> Iterator[str]:
    """Return valid and truncated JSON of that depth."""
    yield "[" * depth + "]" * depth
    yield '{"a":' * depth + "1" + "}" * depth
    yield '[{"a":' * (depth // 2 + 1) + "1" + "}]" * (depth // 2 + 1)
    yield "[" * depth
    yield '{"a":' * depth


def holed(value: Any) -> Iterator[Any]:
    """Yield the value once for each of its fields, with that field left open."""
    yield HOLE
    match value:
        case dict():
            yield {**value, "extra": HOLE}
            for key, inner in value.items():
                yield from ({**value, key: spoilt} for spoilt in holed(inner))
        case [*entries]:
            yield [*entries, HOLE]
            for index, inner in enumerate(entries):
                yield from ([*entries[:index], spoilt, *entries[index + 1 :]] for spoilt in holed(inner))


async def test_every_route_with_a_body_refuses_it(server: ServerProcess, client: ChatKitClient) -> None:
    house = House(client, server, {})
    await house.furnish()
    for method, path in BODIES:
        place = path
        for name, id_name in IN_PATH.items():
            place = place.replace(name, id_name)
        for row in ROUTES[method, path]:
            url, asked = filled(place, house.ids), filled({"params": row.get("params", {})}, house.ids)
            headers = JSON | row.get("headers", {})
            for body in deep(filled(row.get("json", {}), house.ids)):
                response = await client.http.request(method, url, content=body, headers=headers, **asked)
                check(response, takes_json="json" in row, at=(method, path, body[:500]))
    assert "request crashed" not in server.log


def deep(value: Any) -> Iterator[str]:
    """Yield the body with each kind of nesting in each of its fields; the deepest kind once."""
    bodies = [json.dumps(spoilt) for spoilt in holed(value)]
    for depth in DEPTHS:
        for text in nested(depth):
            for body in bodies if depth < DEPTHS[-1] else bodies[-1:]:
                yield body.replace(json.dumps(HOLE), text)


def check(response: httpx.Response, *, takes_json: bool, at: object) -> None:
    """Routes without a JSON body ignore it; the others refuse it with a sentence."""
    assert response.status_code < httpx.codes.INTERNAL_SERVER_ERROR, (at, response.text)
    if takes_json:
        assert httpx.codes.is_client_error(response.status_code), (at, response.text)
        problem = response.json()
        assert problem.get("message") or problem["error"]["message"], at
