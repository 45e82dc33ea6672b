"""No text without a bound: every string of every request's type is refused when it is too long."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import httpx

from tests.chatkit_client import ChatKitClient, user_input

LONG = "x" * 250_000
"""Longer than any text may be, and less than a body may have bytes."""
LEVELS = 12


class Schemas(NamedTuple):
    """The schemas of a document, by name."""

    named: Mapping[str, Any]

    def resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema that a reference means."""
        while "$ref" in schema:
            schema = self.named[schema["$ref"].rpartition("/")[2]]
        return schema

    def least(self, schema: Mapping[str, Any]) -> Any:
        """The smallest value that fits."""
        schema = self.resolved(schema)
        if "const" in schema or "enum" in schema:
            return schema.get("const", (schema.get("enum") or [None])[0])
        if choices := schema.get("anyOf") or schema.get("oneOf"):
            return self.least(choices[0])
        match schema.get("type"):
            case "object":
                return {name: self.least(schema["properties"][name]) for name in schema.get("required", ())}
            case "array":
                return []
            case "string":
                return "x"
            case "integer" | "number":
                return 1
            case "boolean":
                return False
        return None

    def lengthened(self, schema: Mapping[str, Any], levels: int = LEVELS) -> Iterator[Any]:
        """The smallest values, each with a long text in another place."""
        schema = self.resolved(schema)
        if not levels or "const" in schema or "enum" in schema:
            return
        if choices := schema.get("anyOf") or schema.get("oneOf"):
            for choice in choices:
                yield from self.lengthened(choice, levels - 1)
            return
        match schema.get("type"):
            case "object":
                least = self.least(schema)
                for name, inner in schema.get("properties", {}).items():
                    yield from ({**least, name: value} for value in self.lengthened(inner, levels - 1))
                if (others := schema.get("additionalProperties")) not in (None, False):
                    inner = others if isinstance(others, dict) else {}
                    yield {**least, LONG: self.least(inner)}
                    yield from ({**least, "key": value} for value in self.lengthened(inner, levels - 1))
            case "array":
                yield from ([value] for value in self.lengthened(schema.get("items", {}), levels - 1))
            case "string":
                yield LONG
            case None if "$ref" not in schema:
                yield from (LONG, [LONG], {"key": LONG}, {LONG: 1})


async def test_every_text_of_every_request_has_a_bound(client: ChatKitClient) -> None:
    document = (await client.http.get("/docs/openapi.json")).json()
    schemas = Schemas(document["components"]["schemas"])
    sent = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            for value in schemas.lengthened(body["schema"]) if body and path != "/api/chatkit" else ():
                sent += 1
                response = await client.http.request(method, re.sub(r"\{\w+\}", "x", path), json=value)
                at = (method, path, str(value).replace(LONG, "LONG"), response.text[:300])
                assert response.status_code == httpx.codes.BAD_REQUEST, at
                assert response.json()["message"], at
    assert sent > 50


async def test_a_title_that_is_too_long_is_not_stored(client: ChatKitClient) -> None:
    thread = (await client.say("Hello!")).thread_id
    before = await client.call("threads.get_by_id", thread_id=thread)
    problem = await client.refused("threads.update", thread_id=thread, title="x" * 1_900_000)
    assert "200" in problem["message"]
    assert (await client.call("threads.get_by_id", thread_id=thread))["title"] == before["title"]
    await client.call("threads.update", thread_id=thread, title="x" * 200)


async def test_many_texts_are_bounded_together(client: ChatKitClient) -> None:
    tag = {"type": "input_tag", "id": "t", "text": "tag", "data": {"note": "x" * 9_000}}
    await client.refused("threads.create", input=user_input("", content=[tag] * 100))
