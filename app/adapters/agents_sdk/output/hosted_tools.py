"""Hosted tools: the calls that the model's own service makes, as steps of the workflow."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from chatkit.types import CustomTask, FileSource, FileTask, SearchTask, Task
from pydantic import BaseModel

from app.adapters.agents_sdk.output.outlet import Outlet
from app.adapters.agents_sdk.output.sources import MOST_SOURCES, site_of, url_source
from app.adapters.agents_sdk.output.workflow import WorkflowInProgress
from app.domain.hosted_items import IMAGE, is_hosted, list_in, mapping_in
from app.domain.language import _

Fields = Mapping[str, Any]

_ELSEWHERE: Final = frozenset(
    {"custom_tool_call", "computer_call", "local_shell_call", "shell_call", "apply_patch_call", IMAGE}
)
"""Calls that the Agents SDK runs in this process, and images, which are items of their own."""

_TEXT_CHARACTERS: Final = 10_000
_TITLE_CHARACTERS: Final = 120
_MOST_QUERIES: Final = 10


def is_step(kind: str) -> bool:
    """True for an item that is shown as a step of the workflow: a hosted call of a known or an unknown type."""
    shown = kind.endswith("_call") or kind == "mcp_list_tools"
    return shown and is_hosted({"type": kind}) and kind not in _ELSEWHERE


def fields_of(item: Any) -> Fields:
    """The fields that the service sent for an item; an item of an unknown type is no valid model of its class."""
    return item.model_dump(mode="json", exclude_unset=True, warnings=False) if isinstance(item, BaseModel) else item


class HostedSteps:
    """The steps of the hosted calls in one response; a step is shown where its call began."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._workflows: dict[int, WorkflowInProgress] = {}
        self._code: dict[int, _GrowingCode] = {}
        self.handlers: Mapping[str, Callable[[Any], None]] = {
            "response.code_interpreter_call_code.delta": self._code_delta,
            **{
                f"response.{kind}.in_progress": self._beginner(kind)
                for kind in ("web_search_call", "file_search_call", "code_interpreter_call", "mcp_call")
            },
        }

    def start(self, output_index: int, kind: str, item: Fields) -> None:
        """Show a call that began. Idempotent."""
        if output_index not in self._workflows:
            task = _begun(kind, item)
            self._outlet.progress(f"{task.title}…")
            self._workflows[output_index] = self._outlet.workflow()
            self._workflows[output_index].show(self._key(output_index), task)

    def finish(self, output_index: int, item: Fields) -> None:
        """Show the result of a call, in a workflow that is still open."""
        if output_index not in self._workflows:
            self._workflows[output_index] = self._outlet.workflow()
        self._workflows[output_index].show(self._key(output_index), _ended(item))

    def _key(self, output_index: int) -> str:
        return f"hosted.{output_index}.{id(self)}"

    def _beginner(self, kind: str) -> Callable[[Any], None]:
        return lambda event: self.start(event.output_index, kind, {})

    def _code_delta(self, event: Any) -> None:
        self.start(event.output_index, "code_interpreter_call", {})
        code = self._code.setdefault(event.output_index, _GrowingCode())
        if code.add(event.delta or ""):
            task = _task(_("Running code"), content=_fenced(code.text, "python"), is_running=True)
            self._workflows[event.output_index].show(self._key(event.output_index), task)


class _GrowingCode:
    """Code while the model writes it: shown again when it grew by a quarter, because each update holds all of it."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._shown = 0

    def add(self, delta: str) -> bool:
        """Append code; True when the code is to be shown again."""
        if self._length > _TEXT_CHARACTERS:
            return False
        self._pieces.append(delta)
        self._length += len(delta)
        if self._length < self._shown * 1.25 + 40:
            return False
        self._shown = self._length
        return True

    @property
    def text(self) -> str:
        """The code so far."""
        return "".join(self._pieces)


def _begun(kind: str, item: Fields) -> Task:
    match kind:
        case "web_search_call":
            return SearchTask(title=_("Searching the web"), status_indicator="loading")
        case "file_search_call":
            return FileTask(title=_("Searching files"), status_indicator="loading")
        case "code_interpreter_call":
            return _task(_("Running code"), is_running=True)
        case "mcp_list_tools":
            return _task(_("Reading the tools of {server}", server=_server(item)), is_running=True)
        case "mcp_call":
            return _task(_called(item), is_running=True)
    return _task(_readable(kind), is_running=True)


def _ended(item: Fields) -> Task:
    match item.get("type"):
        case "web_search_call":
            task: Task = _search(item)
        case "file_search_call":
            task = _files(item)
        case "code_interpreter_call":
            task = _task(_("Running code"), content=_code(item))
        case "mcp_list_tools":
            task = _task(_("Reading the tools of {server}", server=_server(item)))
        case "mcp_call":
            task = _task(_called(item))
        case kind:
            task = _task(_readable(str(kind)))
    if item.get("error") or item.get("status") in {"failed", "incomplete"}:
        return task.model_copy(update={"title": _("{step}: this failed", step=task.title or "")})
    return task


def _search(item: Fields) -> SearchTask:
    action = mapping_in(item.get("action"))
    queries = [_short(query) for query in list_in(action.get("queries")) or [action.get("query")] if query][
        :_MOST_QUERIES
    ]
    found = [mapping_in(source).get("url") for source in list_in(action.get("sources"))]
    sources = [source for url in [*found, action.get("url")] if (source := url_source(url)) is not None]
    title = _("Searching the web")
    if action.get("type") in {"open_page", "find_in_page"} and sources:
        title = _("Reading {site}", site=site_of(sources[-1].url))
    elif queries:
        title = _("Web search: {query}", query=queries[0])
    return SearchTask(
        title=title,
        title_query=queries[0] if queries else None,
        queries=queries,
        sources=list({source.url: source for source in sources}.values())[:MOST_SOURCES],
        status_indicator="complete",
    )


def _files(item: Fields) -> FileTask:
    queries = [_short(query) for query in list_in(item.get("queries")) if query]
    results = [mapping_in(result) for result in list_in(item.get("results"))]
    names = dict.fromkeys(_short(result.get("filename") or result.get("file_id") or "") for result in results)
    return FileTask(
        title=_("File search: {query}", query=queries[0]) if queries else _("Searching files"),
        sources=[FileSource(title=name, filename=name) for name in names if name][:MOST_SOURCES],
        status_indicator="complete",
    )


def _code(item: Fields) -> str | None:
    outputs = [mapping_in(output) for output in list_in(item.get("outputs"))]
    logs = "\n".join(str(output["logs"]) for output in outputs if output.get("logs"))
    blocks = [_fenced(str(item["code"]), "python")] if item.get("code") else []
    return "\n\n".join([*blocks, *([_fenced(logs)] if logs else [])]) or None


def _called(item: Fields) -> str:
    tool, server = _readable(str(item.get("name") or "")), _server(item)
    return f"{tool} · {server}" if tool and server else tool or server or _("Using a tool")


def _server(item: Fields) -> str:
    return _short(item.get("server_label") or "")


def _readable(name: str) -> str:
    return _short(name.removesuffix("_call").replace("_", " ")).capitalize()


def _short(text: object) -> str:
    whole = " ".join(str(text).split())
    return whole if len(whole) <= _TITLE_CHARACTERS else f"{whole[: _TITLE_CHARACTERS - 1]}…"


def _fenced(text: str, language: str = "") -> str:
    """A Markdown block; its fence is longer than any run of backticks in the text."""
    shown = text if len(text) <= _TEXT_CHARACTERS else f"{text[:_TEXT_CHARACTERS]}…"
    fence = "```"
    while fence in shown:
        fence += "`"
    return f"{fence}{language}\n{shown}\n{fence}"


def _task(title: str, *, content: str | None = None, is_running: bool = False) -> CustomTask:
    return CustomTask(title=title, content=content, status_indicator="loading" if is_running else "complete")
