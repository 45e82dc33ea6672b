"""A real browser in front of the real server."""

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.server import ROOT, ServerProcess, running

CHROMIUM = shutil.which("chromium")
SCRIPT = ROOT / "app" / "_web" / "chatkit.js"
# Nothing but the page is to be loaded: no updates, no account, no look-ups of its maker's addresses.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A microphone that beeps, and a reader who lets the page listen.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium; its tests are skipped where it is not installed."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium on PATH: apt-get install chromium")
    if not SCRIPT.is_file():
        pytest.skip("the front end is not built: make web (needs Node 18 or newer)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServerProcess]:
    """A server whose demo speaks slowly enough to be seen speaking."""
    async with running(tmp_path_factory.mktemp("browser"), {"DEMO_DELAY_MS": "10"}) as server:
        yield server


@pytest.fixture
async def visitor(browser: Browser, server: ServerProcess) -> AsyncIterator[Page]:
    """Page of a new user."""
    context = await browser.new_context(base_url=server.url)
    page = await context.new_page()
    page.set_default_timeout(20_000)
    yield page
    await context.close()


@pytest.fixture
async def page(visitor: Page, server: ServerProcess) -> AsyncIterator[Page]:
    """A visitor for whom nothing goes wrong: no word on the console, no request to another address."""
    complaints: list[str] = []
    foreign: list[str] = []
    visitor.on("console", lambda line: complaints.append(line.text) if line.type in {"error", "warning"} else None)
    visitor.on("pageerror", lambda error: complaints.append(str(error)))
    visitor.on("request", lambda request: None if request.url.startswith(server.url) else foreign.append(request.url))
    yield visitor
    assert complaints == []
    assert foreign == []
