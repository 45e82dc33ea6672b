"""Our element with what hosted tools find, cite and draw."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.chat import answered, say
from tests.fakes.dialects import SECRET
from tests.fakes.hosted_wire import Hosted
from tests.fakes.upstream import Upstream
from tests.server import running

pytestmark = pytest.mark.browser

WIRE = Hosted()


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream(WIRE.guard) as upstream:
        yield upstream


@pytest.fixture
async def page(browser: Browser, upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Page]:
    environment = {
        "ASSISTANT": "tests.assistants.hosted:assistant",
        "OPENAI_API_KEY": SECRET,
        "OPENAI_API": "responses",
        "OPENAI_BASE_URL": f"{upstream.url}/v1",
        "OPENAI_MODEL": "gpt-4.1",
    }
    async with running(tmp_path_factory.mktemp("hosted"), environment) as server:
        context = await browser.new_context(base_url=server.url)
        page = await context.new_page()
        page.set_default_timeout(20_000)
        await page.goto("/")
        yield page
        await context.close()


async def test_steps_citations_and_images_are_shown_and_again_after_a_reload(page: Page, upstream: Upstream) -> None:
    cited = {
        "type": "url_citation",
        "url": "https://example.com/a",
        "title": "A page",
        "start_index": 0,
        "end_index": 4,
    }
    upstream.script(
        WIRE.used("web_search_call"),
        WIRE.used("image_generation_call"),
        WIRE.cited("Here you are.", cited),
    )
    await say(page, "Search and draw.")
    await answered(page)
    for _ in range(2):
        picture = page.locator(".generated img")
        await expect(picture).to_be_visible()
        await expect(picture).to_have_js_property("naturalWidth", 1)
        await expect(page.locator(".workflow summary")).to_contain_text("Web search: weather in Bonn")
        await expect(page.locator(".assistant_message .sources a")).to_have_attribute("href", "https://example.com/a")
        await expect(page.locator(".assistant_message .sources a")).to_contain_text("A page")
        await page.reload()


async def test_an_image_that_fails_leaves_a_sentence_and_no_frame(page: Page, upstream: Upstream) -> None:
    upstream.script(WIRE.used("image_generation_call", result="?", text="Sorry."))
    await say(page, "Draw.")
    await answered(page)
    await expect(page.get_by_text("The image that was made cannot be shown")).to_be_visible()
    await expect(page.locator(".generated")).to_have_count(0)
