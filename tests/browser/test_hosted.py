"""OpenAI's front end: a stand-in for their script records the options that it gets."""

import pytest
from playwright.async_api import Page, expect

from tests.server import ServerProcess

pytestmark = pytest.mark.browser

SCRIPT = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js"
STAND_IN = """
customElements.define("openai-chatkit", class extends HTMLElement {
  setOptions({ api }) {
    this.textContent = `${api.url} ${api.domainKey}`;
    api.fetch(api.url, { method: "POST", body: JSON.stringify({ type: "threads.list", params: {} }) })
      .then((response) => response.json())
      .then((page) => (this.title = Array.isArray(page.data) ? "answered" : "refused"));
  }
});
"""


async def test_it_is_pointed_at_this_server(visitor: Page, server: ServerProcess) -> None:
    await visitor.route(SCRIPT, lambda route: route.fulfill(content_type="text/javascript", body=STAND_IN))
    await visitor.goto("/hosted")
    chat = visitor.locator("openai-chatkit")
    await expect(chat).to_have_text(f"{server.url}/chatkit local-dev")
    await expect(chat).to_have_attribute("title", "answered")


async def test_an_unreachable_script_is_explained_with_a_link_to_the_built_in_chat(visitor: Page) -> None:
    await visitor.route(SCRIPT, lambda route: route.abort())
    await visitor.goto("/hosted")
    await expect(visitor.locator("#notice")).to_contain_text("cannot be reached from this browser")
    await visitor.get_by_role("link", name="Built-in chat").click()
    await expect(visitor.get_by_label("Message", exact=True)).to_be_visible()


async def test_the_built_in_page_could_not_load_it_if_it_wanted(page: Page) -> None:
    response = await page.goto("/")
    assert response is not None
    assert response.headers["content-security-policy"].startswith("default-src 'self';")
    assert "openai.com" not in response.headers["content-security-policy"]
