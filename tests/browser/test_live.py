"""Our element with what this server offers beyond ChatKit's protocol: to rejoin an answer, and to stop it."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.chat import answered, say

pytestmark = pytest.mark.browser


@pytest.fixture
async def live(visitor: Page) -> Page:
    """A page that knows where the server's routes for running turns are, before it opens its thread."""
    await visitor.add_init_script(
        """customElements.whenDefined("openai-chatkit").then((element) => {
            const { setOptions } = element.prototype;
            element.prototype.setOptions = function (options) {
                setOptions.call(this, { ...options, api: { ...options.api, liveUrl: "/" } });
            };
        });"""
    )
    await visitor.goto("/")
    await expect(visitor.get_by_label("Message", exact=True)).to_be_visible()
    return visitor


async def test_an_answer_goes_on_after_a_reload(live: Page) -> None:
    await say(live, "count to 400")
    answer = live.locator(".assistant_message .markdown")
    await expect(answer).to_contain_text("20")
    await live.reload()
    await expect(live.get_by_role("button", name="Stop")).to_be_visible()
    await answered(live)
    words = (await answer.inner_text()).split()
    assert words[:3] == ["1", "2", "3"]
    assert words[-1] == "400"


async def test_stop_ends_the_turn_on_the_server(live: Page) -> None:
    await say(live, "count to 1000")
    answer = live.locator(".assistant_message .markdown")
    await expect(answer).to_contain_text("20")
    async with live.expect_response("**/stop") as stopped:
        await live.get_by_role("button", name="Stop").click()
    assert (await stopped.value).status == 204
    await answered(live)
    shown = await answer.inner_text()
    await live.reload()
    await expect(answer).to_have_text(shown)
    assert "1000" not in shown
