"""The React page of web/example with @openai/chatkit-react and our element, built and driven."""

import mimetypes

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.chat import answered, say
from tests.server import ROOT, ServerProcess

pytestmark = pytest.mark.browser

BUILT = ROOT / "web" / "example" / "dist"


@pytest.fixture
async def example(page: Page, server: ServerProcess) -> Page:
    """The page as its own build, on the server's origin."""
    if not BUILT.is_dir():
        pytest.skip("web/example is not built: make web-check (needs Node 18 or newer)")

    async def file(route: Route) -> None:
        name = route.request.url.removeprefix(f"{server.url}/example/") or "index.html"
        kind = mimetypes.guess_type(name)[0] or "text/plain"
        await route.fulfill(content_type=kind, body=(BUILT / name).read_bytes())

    await page.route("**/example/**", file)
    await page.goto("/example/")
    return page


async def test_the_list_beside_the_chat_follows_the_chat(example: Page) -> None:
    await expect(example.locator("openai-chatkit .root")).to_be_visible()
    await say(example, "Add a task: water the roses, high priority")
    await answered(example)
    await expect(example.get_by_role("region", name="Tasks")).to_contain_text("water the roses")
    await example.reload()
    await expect(example.get_by_role("region", name="Tasks")).to_contain_text("water the roses")


async def test_a_server_that_wants_a_login_is_given_a_token(example: Page) -> None:
    await example.evaluate("sessionStorage.setItem('token', 'secret')")
    async with example.expect_request("**/api/tasks") as sent:
        await example.reload()
    assert (await sent.value).headers["authorization"] == "Bearer secret"
    await example.get_by_role("button", name="Log out").click()
    await expect(example.get_by_role("button", name="Log out")).to_have_count(0)
