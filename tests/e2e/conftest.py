"""One server process for all tests that do not need their own."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.chatkit_client import ChatKitClient
from tests.server import ServerProcess, running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this folder as end-to-end tests."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[ServerProcess, None]:
    """A server with an empty environment: the demo provider and a SQLite file."""
    async with running(tmp_path_factory.mktemp("server"), {"DEMO_DELAY_MS": "1"}) as process:
        yield process


@pytest.fixture
async def client(server: ServerProcess) -> AsyncGenerator[ChatKitClient, None]:
    """Client of that server."""
    async with ChatKitClient(server.url) as chatkit:
        yield chatkit
