"""What the composer offers beyond a field to type in: commands, mentions with previews, dictation."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.chat import answered, say
from tests.browser.scripted import asked, item, options, said, show
from tests.fakes.upstream import Upstream, json_reply
from tests.server import running

pytestmark = pytest.mark.browser

ENTITY = {"id": "e1", "title": "Ann Lee", "interactive": True, "data": {"team": "blue"}}
MENTION = {"type": "input_tag", "id": "e1", "text": "Ann Lee", "data": {"team": "blue"}, "interactive": True}


@pytest.fixture
async def opened(page: Page) -> Page:
    """The page with a new thread."""
    await page.goto("/")
    await expect(page.locator(".root")).to_be_visible()
    return page


async def test_a_slash_offers_what_the_composer_can_do_itself(opened: Page) -> None:
    await options(
        opened,
        """commands: {enabled: true}, composer: {
            attachments: {enabled: true}, dictation: {enabled: true},
            tools: [{id: 'search', label: 'Search', icon: 'search', placeholderOverride: 'Find'}],
        }, entities: {onTagSearch: async () => [{id: 'e1', title: 'Ann'}]}""",
    )
    message = opened.get_by_label("Message", exact=True)
    offered = opened.locator("#suggestions li")
    await message.press_sequentially("/")
    await expect(offered).to_have_text(["Attach files", "Mention", "Dictate", "Search"])
    await message.press_sequentially("sea")
    await expect(offered).to_have_text(["Search"])
    await message.press("Enter")
    await expect(message).to_have_attribute("placeholder", "Find")
    await expect(message).to_have_value("")
    await message.press_sequentially("Ask /ment")
    await message.press("Tab")
    await expect(offered).to_have_text("Ann")
    await message.press("Escape")
    await expect(message).to_have_value("Ask @")
    await message.fill("")
    await message.press_sequentially("/att")
    async with opened.expect_file_chooser():
        await message.press("Enter")


async def test_a_slash_offers_the_pages_commands_and_their_menus(opened: Page) -> None:
    await options(
        opened,
        """commands: {
            enabled: true,
            onSearch: async (query) => [{id: 'file', label: `File ${query}`, description: 'Something to file'}],
            onSelect: async ({id}) => {
                document.title = `${document.title} ${id}`;
                const commands = [{id: 'red', label: 'Red'}, {id: 'blue', label: 'Blue'}];
                if (id === 'file') return {type: 'menu', commands};
                if (id === 'blue') return {type: 'entity', entity: {id: 'b', title: 'Blue one'}};
            },
        }""",
    )
    message = opened.get_by_label("Message", exact=True)
    await message.press_sequentially("Take /fi")
    await opened.get_by_role("option", name="File fi Something to file").click()
    await expect(message).to_have_value("Take ")
    await opened.get_by_role("option", name="Blue").click()
    await expect(message).to_have_value("Take @Blue one ")
    assert (await opened.title()).endswith("file blue")


async def test_without_commands_a_slash_is_a_slash(opened: Page) -> None:
    await options(opened, "composer: {attachments: {enabled: true}}")
    message = opened.get_by_label("Message", exact=True)
    await message.press_sequentially("/")
    await expect(message).to_have_value("/")
    await expect(opened.locator("#suggestions")).to_have_count(0)


async def test_what_is_mentioned_shows_a_preview_and_takes_a_click(page: Page) -> None:
    source = {"type": "entity", "id": "e2", "title": "The plan", "interactive": True, "data": {"page": "3"}}
    annotation = {"type": "annotation", "source": source, "index": 0}
    answer = said("Here")
    answer["content"][0]["annotations"] = [annotation]
    question = asked("") | {"content": [{"type": "input_text", "text": "Ask "}, MENTION]}
    await show(page, [question, answer])
    await options(
        page,
        """entities: {
            onClick: ({id, title}) => { document.title = `clicked ${id} ${title}`; },
            onRequestPreview: async ({title, data}) => ({preview: {type: 'Basic', children: [
                {type: 'Title', value: `About ${title}`}, {type: 'Text', value: JSON.stringify(data)}]}}),
        }""",
    )
    preview = page.get_by_role("tooltip")
    mention = page.get_by_role("button", name="@Ann Lee")
    await mention.hover()
    await expect(preview).to_contain_text("About Ann Lee")
    await expect(preview).to_contain_text('{"team":"blue"}')
    await expect(preview).to_be_in_viewport(ratio=1)
    await page.mouse.move(0, 0)
    await expect(preview).to_have_count(0)
    await page.get_by_role("button", name="The plan").focus()
    await expect(preview).to_contain_text("About The plan")
    await page.keyboard.press("Escape")
    await expect(preview).to_have_count(0)
    await mention.click()
    assert await page.title() == "clicked e1 Ann Lee"


@pytest.mark.parametrize("given", ["{}", "{onRequestPreview: async () => ({preview: null})}"])
async def test_where_there_is_no_preview_none_is_shown(page: Page, given: str) -> None:
    question = asked("") | {"content": [MENTION]}
    await show(page, [question, item("task", task={"type": "custom", "title": "Alone"})])
    await options(page, f"entities: {given}")
    await page.locator(".tag").hover()
    await expect(page.get_by_role("tooltip")).to_have_count(0)


async def test_what_is_said_is_written_down(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> None:
    async with Upstream() as upstream:
        upstream.always(json_reply(200, {"text": "buy milk"}))
        environment = {"TRANSCRIPTION_MODEL": "whisper-1", "TRANSCRIPTION_BASE_URL": f"{upstream.url}/v1"}
        async with running(tmp_path_factory.mktemp("dictation"), environment) as server:
            page = await browser.new_page(base_url=server.url)
            await page.goto("/")
            message = page.get_by_label("Message", exact=True)
            await message.fill("Add a task:")
            await page.get_by_role("button", name="Dictate", exact=True).click()
            await page.get_by_role("button", name="Stop dictating").click()
            await expect(message).to_have_value("Add a task: buy milk")
            await message.press("Enter")
            await answered(page)
            await expect(page.locator(".assistant_message").last).to_contain_text("buy milk")
            await page.context.close()
        [request] = upstream.requests
        assert b"audio/webm" in request.body
        assert b"\x1a\x45\xdf\xa3" in request.body, "a WebM file begins so"


async def test_without_a_microphone_it_says_so(opened: Page) -> None:
    await options(opened, "composer: {dictation: {enabled: true}}")
    await opened.evaluate("() => { navigator.mediaDevices.getUserMedia = async () => { throw new Error('none'); }; }")
    await opened.get_by_role("button", name="Dictate", exact=True).click()
    await expect(opened.get_by_role("status").filter(has_text="microphone")).to_have_text(
        "The microphone cannot be used."
    )


async def test_a_server_without_dictation_offers_none(opened: Page) -> None:
    await expect(opened.get_by_role("button", name="Dictate", exact=True)).to_have_count(0)


async def test_a_task_is_mentioned_in_the_built_in_page(opened: Page) -> None:
    await opened.request.post("/api/tasks", data={"title": "feed the owl"})
    message = opened.get_by_label("Message", exact=True)
    await message.press_sequentially("Complete @owl")
    await expect(opened.get_by_role("option", name="feed the owl")).to_be_visible()
    await message.press("Enter")
    await expect(message).to_have_value("Complete @feed the owl ")
    await say(opened, "Show me my tasks")
    await answered(opened)


@pytest.mark.parametrize(
    ("tag", "direction", "words"),
    [
        ("de-DE", "ltr", ("Nachricht", "Senden", "Verlauf")),
        ("ja", "ltr", ("メッセージ", "送信", "履歴")),
        ("ar", "rtl", ("رسالة", "إرسال", "السجل")),
        ("xx", "ltr", ("Message", "Send", "History")),
    ],
)
async def test_it_speaks_the_pages_language(opened: Page, tag: str, direction: str, words: tuple[str, ...]) -> None:
    await options(opened, f"locale: '{tag}'")
    message, send, history = words
    await expect(opened.locator(".root")).to_have_attribute("dir", direction)
    await expect(opened.get_by_label(message, exact=True)).to_be_visible()
    await expect(opened.get_by_role("button", name=send)).to_be_visible()
    await expect(opened.get_by_role("button", name=history)).to_be_visible()


async def test_something_is_mentioned(page: Page) -> None:
    await page.goto("/")
    await expect(page.locator(".root")).to_be_visible()
    await options(
        page, "entities: {onTagSearch: async (query) => [{id: 'e1', title: `Ann ${query}`, group: 'People'}]}"
    )
    message = page.get_by_label("Message", exact=True)
    await message.press_sequentially("Ask @Le")
    await expect(page.get_by_role("option", name="Ann Le People")).to_be_visible()
    await message.press("Enter")
    await expect(message).to_have_value("Ask @Ann Le ")
    async with page.expect_request("**/chatkit") as sent:
        await message.press("Enter")
    body = (await sent.value).post_data_json
    assert body is not None
    assert body["params"]["input"]["content"] == [
        {"type": "input_text", "text": "Ask "},
        {"type": "input_tag", "id": "e1", "text": "Ann Le", "data": {}, "group": "People", "interactive": False},
    ]
    await answered(page)
    await expect(page.locator(".user_message .tag")).to_have_text("@Ann Le")


@pytest.mark.parametrize("strategy", ["{type: 'two_phase'}", "{type: 'direct', uploadUrl: '/api/attachments'}"])
async def test_a_file_is_sent_along(page: Page, strategy: str) -> None:
    await page.goto("/")
    await expect(page.locator(".root")).to_be_visible()
    await page.evaluate(
        f"""document.querySelector('openai-chatkit').setOptions({{
            api: {{url: '/chatkit', domainKey: '', uploadStrategy: {strategy}}},
            composer: {{attachments: {{enabled: true, maxSize: 100}}}},
        }})"""
    )
    files = page.get_by_label("Attach files")
    await files.set_input_files({"name": "long.txt", "mimeType": "text/plain", "buffer": b"x" * 101})
    await expect(page.locator(".composer .file")).to_contain_text("too large")
    await page.get_by_role("button", name="Remove: long.txt").click()
    await files.set_input_files({"name": "note.txt", "mimeType": "text/plain", "buffer": b"Hello, file"})
    await say(page, "What is in it?")
    await answered(page)
    await expect(page.locator(".user_message .file")).to_have_text("note.txt")


CONFIRMS = """(field) => {
    field.focus();
    field.dispatchEvent(new CompositionEvent('compositionstart', {bubbles: true, composed: true}));
    field.dispatchEvent(new CompositionEvent('compositionend', {bubbles: true, composed: true, data: 'field'}));
    for (const key of ['Enter', 'Escape', 'ArrowDown', 'Tab']) {
        const keys = {key, keyCode: 229, isComposing: false, bubbles: true, composed: true, cancelable: true};
        field.dispatchEvent(new KeyboardEvent('keydown', keys));
    }
}"""
"""What Safari sends for the Enter that confirms a composed word: the composition has ended by then."""


async def test_keys_that_compose_a_word_are_no_commands(page: Page) -> None:
    sent = await show(page, [asked("Hello"), said("Hi")])
    await options(page, "entities: {onTagSearch: async () => [{id: 'e1', title: 'Ann'}, {id: 'e2', title: 'Bob'}]}")
    message = page.get_by_label("Message", exact=True)
    await message.fill("今日は")
    await message.evaluate(CONFIRMS)
    await message.press_sequentially(" @")
    await expect(page.locator("#suggestions li")).to_have_count(2)
    await message.evaluate(CONFIRMS)
    await expect(page.locator("#suggestions li").first).to_have_attribute("aria-selected", "true")
    await expect(message).to_have_value("今日は @")
    await page.get_by_role("button", name="History").click()
    await page.get_by_role("button", name="Rename: Scripted").click()
    title = page.get_by_label("Rename", exact=True)
    await title.evaluate(CONFIRMS)
    await expect(title).to_be_visible()
    assert {request["type"] for request in sent} <= {"threads.get_by_id", "items.list", "threads.list"}
    await title.press("Enter")
    await expect(title).to_have_count(0)
    await page.get_by_role("button", name="Back").click()
    await message.press("Escape")
    await message.press("Enter")
    await expect(message).to_have_value("")
