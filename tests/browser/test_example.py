"""The React page of web/example, as it is built, in front of the real server."""

import asyncio
import os
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.chat import answered, say
from tests.fakes.login_service import SECRET, secret_token
from tests.ports import free_port
from tests.server import ROOT, START_SECONDS, ServerProcess, running

pytestmark = pytest.mark.browser

EXAMPLE = ROOT / "web" / "example"
VITE = EXAMPLE / "node_modules" / ".bin" / "vite"


@asynccontextmanager
async def served(upstream: str, built: Path = EXAMPLE / "dist") -> AsyncGenerator[str, None]:
    """The address of the page as it is built in a folder, with the server at `upstream` behind it."""
    if not (VITE.exists() and (built / "index.html").is_file()):
        pytest.skip("web/example is not built: make web-example (needs Node 18 or newer)")
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        VITE,
        "preview",
        "--strictPort",
        f"--port={port}",
        f"--outDir={built}",
        cwd=EXAMPLE,
        env={"PATH": os.environ["PATH"], "ANYPORT_URL": upstream},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        await until_it_answers(process, url)
        yield url
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def until_it_answers(process: asyncio.subprocess.Process, url: str) -> None:
    """Return when the page can be had."""
    async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(START_SECONDS):
        while True:
            assert process.returncode is None, "vite preview has ended"
            try:
                (await client.get(url)).raise_for_status()
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return


@asynccontextmanager
async def visit(browser: Browser, url: str) -> AsyncGenerator[Page, None]:
    """New user at `url`, whose browser sends requests to no other server."""
    foreign: list[str] = []
    thrown: list[str] = []
    context = await browser.new_context()
    page = await context.new_page()
    page.set_default_timeout(20_000)
    page.on("request", lambda request: None if request.url.startswith((url, "data:")) else foreign.append(request.url))
    page.on("pageerror", lambda error: thrown.append(str(error)))
    await page.goto(url)
    yield page
    await context.close()
    assert foreign == []
    assert thrown == []


@pytest.fixture
async def example(browser: Browser, server: ServerProcess) -> AsyncIterator[Page]:
    """The page over the server without logins."""
    async with served(server.url) as url, visit(browser, url) as page:
        yield page


def task(page: Page, title: str) -> Locator:
    """A task in the list beside the chat."""
    return page.get_by_role("region", name="Tasks").get_by_role("button", name=title)


async def test_the_list_follows_the_chat_and_the_chat_the_selection(example: Page) -> None:
    await say(example, "Add a task: wax the skis")
    await expect(task(example, "wax the skis")).to_be_visible()
    await answered(example)
    await task(example, "wax the skis").click()
    await expect(task(example, "wax the skis")).to_have_attribute("aria-pressed", "true")
    await say(example, "Which task is selected?")
    await expect(example.locator(".assistant_message").last).to_contain_text("wax the skis")
    await answered(example)

    await example.reload()
    await expect(task(example, "wax the skis")).to_be_visible()
    await expect(example.locator(".user_message")).to_have_text(["Add a task: wax the skis", "Which task is selected?"])
    await say(example, "Which task is selected?")
    await expect(example.locator(".assistant_message").last).to_contain_text("No task is selected")
    await answered(example)


async def test_an_answer_goes_on_after_a_reload(example: Page) -> None:
    await say(example, "count to 400")
    answer = example.locator(".assistant_message .markdown")
    await expect(answer).to_contain_text("20")
    await example.reload()
    await expect(example.get_by_role("button", name="Stop")).to_be_visible()
    await answered(example)
    await expect(answer).to_contain_text("400")


async def test_it_offers_the_servers_prompts_and_models(example: Page) -> None:
    await expect(example.get_by_role("combobox", name="Model").locator("option")).to_have_text(["demo"])
    await example.get_by_role("button", name="Add a task").click()
    await expect(task(example, "try out this chat").first).to_contain_text("high")
    await answered(example)


async def test_a_login_is_asked_for_where_there_is_one(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    environment = {"JWT_SECRET": SECRET, "DATABASE_URL": "memory://"}
    async with (
        running(tmp_path_factory.mktemp("guarded"), environment) as guarded,
        served(guarded.url) as url,
        visit(browser, url) as page,
    ):
        login = page.get_by_label("JSON Web Token")
        await login.fill("mallory")
        await login.press("Enter")
        await expect(page.get_by_role("alert")).to_have_text("The server does not accept this one.")
        ann = secret_token(sub="ann", aud=None, iss=None)
        await login.fill(ann)
        await login.press("Enter")
        await say(page, "Add a task: mend the net")
        await expect(task(page, "mend the net")).to_be_visible()
        await answered(page)
        assert ann not in str(await page.evaluate("[{...sessionStorage}, {...localStorage}, document.cookie]"))
        await page.reload()
        await expect(task(page, "mend the net")).to_be_visible()
        await page.get_by_role("button", name="Log out").click()
        await expect(login).to_be_visible()


OPENAI = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js"
# The page's use of an element in a few lines: it shows events and lists the user's threads.
STAND_IN = """
customElements.define("openai-chatkit", class extends HTMLElement {
  setOptions({ api, startScreen }) {
    this.textContent = `${new URL(api.url).pathname} ${api.domainKey} ${startScreen.prompts.length}`;
    api.fetch(api.url, { method: "POST", body: JSON.stringify({ type: "threads.list", params: {} }) })
      .then((response) => (this.title = response.ok ? "answered" : "refused"));
  }
  tell(name, detail) { this.dispatchEvent(new CustomEvent(`chatkit.${name}`, { detail, bubbles: true })); }
});
"""


@pytest.fixture(scope="module")
async def for_openai(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, built with the one setting that chooses OpenAI's script."""
    if not VITE.exists():
        pytest.skip("web/example is not installed: make web-example (needs Node 18 or newer)")
    folder = tmp_path_factory.mktemp("example")
    process = await asyncio.create_subprocess_exec(
        VITE,
        "build",
        "--logLevel=error",
        f"--outDir={folder}",
        cwd=EXAMPLE,
        env={"PATH": os.environ["PATH"], "VITE_CHATKIT_SCRIPT": "openai"},
    )
    assert await process.wait() == 0
    return folder


async def test_one_setting_chooses_openais_element(browser: Browser, server: ServerProcess, for_openai: Path) -> None:
    async with served(server.url, for_openai) as url:
        page = await (await browser.new_context()).new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.route(OPENAI, lambda route: route.fulfill(content_type="text/javascript", body=STAND_IN))
        await page.goto(url)
        chat = page.locator("openai-chatkit")
        await expect(chat).to_have_text(re.compile(r"^/chatkit local-dev [1-9]"))
        await expect(chat).to_have_attribute("title", "answered")
        await page.request.post(f"{server.url}/api/tasks", data={"title": "oil the hinge"})
        await chat.evaluate("chat => chat.tell('effect', { name: 'tasks.changed', data: {} })")
        await expect(task(page, "oil the hinge")).to_be_visible()
        await page.context.close()
        assert OPENAI in asked
        assert f"{url}/chatkit.js" not in asked


async def test_ours_is_chosen_otherwise(example: Page) -> None:
    await expect(example.locator("openai-chatkit .root")).to_be_visible()
    assert await example.locator(f"script[src='{OPENAI}']").count() == 0
    await expect(example.locator("script[src='/chatkit.js']")).to_have_count(1)
