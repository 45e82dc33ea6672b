"""Thousands of requests made from our own OpenAPI document, half of them wrong on purpose: no 5xx, no hang."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.core.result import Ok

from tests.server import ServerProcess, running

CASES = int(os.environ.get("FUZZ_CASES", "2400"))
"""The bodies of ChatKit's own requests get thousands more, in `test_bad_requests.py`."""
SHARES = 4
SECONDS = 20
"""An answer that begins later is a hang."""

Operation = APIOperation[Any, Any, Any, Any]


@pytest.fixture(scope="module")
async def target(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServerProcess]:
    """Server without rate limits."""
    folder = tmp_path_factory.mktemp("fuzzed")
    async with running(folder, {"DEMO_DELAY_MS": "0", "RATE_LIMIT_PER_MINUTE": "0"}) as server:
        yield server


@pytest.mark.timeout(600)
@pytest.mark.parametrize("share", range(SHARES))
async def test_no_request_brings_the_server_down(
    share: int, target: ServerProcess, record_property: Callable[[str, object], None]
) -> None:
    sent = await asyncio.to_thread(fuzz, target.url, share)
    assert "request crashed" not in target.log
    assert sent >= CASES / SHARES / 2
    record_property("table", f"{sent} requests made from the OpenAPI document")


def fuzz(url: str, share: int) -> int:
    """Every operation gets the same number of cases; those that take no input get only one. How many were sent."""
    # The other address of the same handler would take a third of the time.
    schema = schemathesis.openapi.from_url(f"{url}/docs/openapi.json").exclude(path="/api/chatkit")
    operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    assert len(operations) == sum(1 for _ in schema.get_all_operations())
    takers = sum(1 for operation in operations if takes_input(operation))
    each = CASES // takers // len(GenerationMode)
    with requests.Session() as session:
        session.trust_env = False
        sent = 0
        for operation in operations[share::SHARES]:
            spoilt = attack(operation, GenerationMode.NEGATIVE, 1, session, url)
            if spoilt:
                spoilt += attack(operation, GenerationMode.NEGATIVE, each - 1, session, url)
            sent += spoilt + attack(operation, GenerationMode.POSITIVE, 2 * each - spoilt, session, url)
    return sent


def takes_input(operation: Operation) -> bool:
    """Whether there is anything to get wrong."""
    return bool(len(operation.body) or any(True for _ in operation.iter_parameters()))


def attack(operation: Operation, mode: GenerationMode, cases: int, session: requests.Session, url: str) -> int:
    """Send a number of cases of one kind, and count the responses by status."""
    sent = 0

    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Case[Any]) -> None:
        nonlocal sent
        sent += 1
        request = case.as_transport_kwargs(base_url=url)
        # A stream of events has no end; that it begins is enough.
        with session.request(**request, stream=True, timeout=SECONDS) as response:
            status, kind = response.status_code, response.headers.get("content-type", "")
            assert status < httpx.codes.INTERNAL_SERVER_ERROR, (case.as_curl_command(), response.text)
            if status >= httpx.codes.BAD_REQUEST:
                assert kind.startswith("application/problem+json"), (case.as_curl_command(), kind)
                assert response.json()["message"], case.as_curl_command()
            elif not kind.startswith("text/event-stream"):
                assert response.content is not None

    try:
        send()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, operation.label
    return sent
