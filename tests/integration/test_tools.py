"""The task tools, called by a scripted model through the real loop, over a real repository."""

import datetime as dt
import json
from typing import Any

import pytest
from agents import Agent, FunctionTool, RunConfig, Runner
from agents.testing import ScriptedModel, assistant_message, function_call
from chatkit.types import ThreadMetadata
from chatkit.widgets import WidgetRoot
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from app.adapters.agents_sdk.tool_context import TurnContext
from app.adapters.agents_sdk.tools.tasks import MAX_LISTED, describe, task_tools
from app.adapters.providers.shared.chat_completions import simplify_schema
from app.adapters.stores.memory import MemoryStorage
from app.adapters.stores.memory.tasks import MemoryTaskRepository
from app.application.tasks.service import TaskService
from app.domain.errors import StoreUnavailableError
from app.domain.identity import RequestContext
from app.domain.task import Priority, Status, Task, TaskChange
from app.ports.task_repository import TaskRepository
from tests.fakes.stage import AskingStage

ADA, BOB = "ada", "bob"


class Stage(AskingStage):
    """A stage that records its calls."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[tuple[WidgetRoot, str | None]] = []

    def show_widget(self, widget: WidgetRoot, copy_text: str | None = None) -> None:
        self.shown.append((widget, copy_text))

    def progress(self, text: str) -> None:
        """Not looked at."""


class Bench:
    """The tools with everything they work on."""

    def __init__(self, repository: TaskRepository | None = None) -> None:
        self.tasks = TaskService(repository or MemoryStorage().tasks)
        self.stage = Stage()

    async def call(self, tool: str, arguments: dict[str, Any] | str, user: str = ADA) -> str:
        """The call's output for the model."""
        model = ScriptedModel([[function_call(tool, arguments, call_id="call_1")], [assistant_message("Done.")]])
        agent = Agent[TurnContext](name="Test", tools=list(task_tools(self.tasks)))
        context = TurnContext(
            request=RequestContext(user_id=user),
            thread=ThreadMetadata(id="thr_1", created_at=dt.datetime.now(dt.UTC)),
            stage=self.stage,
        )
        config = RunConfig(model=model, tracing_disabled=True)
        result = Runner.run_streamed(agent, "go", context=context, run_config=config)
        async for _ in result.stream_events():
            pass
        [output] = [item for item in result.to_input_list() if item.get("type") == "function_call_output"]
        return str(output["output"])  # type: ignore[typeddict-item]  # the kind was asked for above

    async def facts(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The event and the task in the call's output."""
        [[event, facts]] = json.loads(await self.call(tool, arguments)).items()
        return {"event": event, **facts}

    async def only(self) -> Task:
        [task] = await self.tasks.list(ADA)
        return task


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_a_task_is_created_with_all_its_fields(bench: Bench) -> None:
    given = {"title": "buy milk", "description": "2 l", "priority": "high", "due": "2026-12-01"}
    output = await bench.facts("create_task", **given)
    task = await bench.only()
    assert (task.title, task.description, task.priority, task.due) == (
        "buy milk",
        "2 l",
        Priority.HIGH,
        dt.date(2026, 12, 1),
    )
    assert output == {"event": "created", "id": task.id, "status": "pending", **given}


async def test_what_a_model_leaves_out_has_its_default(bench: Bench) -> None:
    await bench.call("create_task", {"title": "sleep", "description": None, "priority": None, "due": None})
    task = await bench.only()
    assert (task.description, task.priority, task.due) == ("", Priority.MEDIUM, None)


async def test_a_task_lives_from_its_creation_to_its_deletion(bench: Bench) -> None:
    task = await bench.tasks.create(ADA, "sleep")
    assert (await bench.facts("complete_task", task="sleep"))["status"] == "completed"
    assert (await bench.only()).status is Status.COMPLETED
    assert (await bench.facts("reopen_task", task=task.id))["status"] == "pending"
    assert (await bench.only()).status is Status.PENDING
    assert (await bench.facts("get_task", task="sleep"))["id"] == task.id
    assert (await bench.facts("delete_task", task="sleep"))["event"] == "deleted"
    assert [name for name, _ in bench.stage.effects] == ["tasks.changed"] * 3
    assert [data["event"] for _, data in bench.stage.effects] == ["completed", "reopened", "deleted"]
    assert await bench.tasks.list(ADA) == []


async def test_an_update_changes_what_was_given_and_nothing_else(bench: Bench) -> None:
    details = TaskChange(description="2 l", due=dt.date(2026, 12, 1), priority=Priority.HIGH)
    before = await bench.tasks.create(ADA, "buy milk", details)
    empty = {"description": "", "priority": None, "due": " "}  # Some models write this for what they leave out.
    await bench.call("update_task", {"task": "buy milk", "title": "buy oat milk", **empty})
    after = await bench.only()
    assert after.title == "buy oat milk"
    assert (after.description, after.due, after.priority) == (before.description, before.due, before.priority)
    await bench.call("update_task", {"task": "buy oat milk", "priority": "low", "due": "2027-01-01"})
    assert (await bench.facts("update_task", task="buy oat milk", title=""))["title"] == "buy oat milk"
    after = await bench.only()
    assert (after.priority, after.due) == (Priority.LOW, dt.date(2027, 1, 1))


async def test_a_description_and_a_due_date_can_be_cleared(bench: Bench) -> None:
    await bench.tasks.create(ADA, "buy milk", TaskChange(description="2 l", due=dt.date(2026, 12, 1)))
    await bench.call("update_task", {"task": "buy milk", "description": "none", "due": "None"})
    task = await bench.only()
    assert (task.description, task.due) == ("", None)


@pytest.mark.parametrize(("status", "titles"), [(None, ["a", "b"]), ("pending", ["a"]), ("completed", ["b"])])
async def test_the_list_is_shown_to_the_user_and_returned_to_the_model(
    bench: Bench, status: str | None, titles: list[str]
) -> None:
    await bench.tasks.create(ADA, "a")
    await bench.tasks.create(ADA, "b", TaskChange(description="long"))
    await bench.tasks.complete(ADA, "b")
    output = json.loads(await bench.call("list_tasks", {"status": status}))
    assert [task["title"] for task in output["tasks"]] == titles
    assert "Do not repeat it" in output["note"]
    assert not any("description" in task for task in output["tasks"])
    [[widget, copied]] = bench.stage.shown
    assert widget.type == "ListView"
    assert copied is not None
    assert len(copied.splitlines()) == len(titles)


@pytest.mark.parametrize("beyond", [0, 1])
async def test_a_list_says_when_it_is_not_the_whole(bench: Bench, beyond: int) -> None:
    for number in range(MAX_LISTED + beyond):
        await bench.tasks.create(ADA, f"task {number}")
    output = json.loads(await bench.call("list_tasks", {"status": None}))
    assert output["shown"] == len(output["tasks"]) == MAX_LISTED
    assert ("there are more" in output["note"]) == bool(beyond)


@pytest.mark.parametrize("tool", ["get_task", "update_task", "complete_task", "reopen_task", "delete_task"])
async def test_a_task_of_another_user_is_found_neither_by_title_nor_by_id(bench: Bench, tool: str) -> None:
    task = await bench.tasks.create(ADA, "secret plan")
    for reference in (task.id, "secret plan"):
        output = await bench.call(
            tool, {"task": reference, "title": "mine"} if tool == "update_task" else {"task": reference}, BOB
        )
        assert "no task" in output
        assert "secret plan" not in output.replace(f"“{reference}”", "")
    assert await bench.only() == task


async def test_no_argument_chooses_the_user() -> None:
    for tool in task_tools(Bench().tasks):
        assert isinstance(tool, FunctionTool)
        assert not [name for name in tool.params_json_schema["properties"] if "user" in name]


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("create_task", {"title": " "}, "needs a title"),
        ("create_task", {"title": "x" * 201}, "at most 200 characters"),
        ("create_task", {"title": "x", "due": "tomorrow"}, "YYYY-MM-DD"),
        ("create_task", {"title": "x", "priority": "urgent"}, "read it again"),
        ("create_task", {}, "read it again"),
        ("create_task", '{"title": "x', "read it again"),
        ("complete_task", {"task": "moon"}, "no task “moon”"),
        ("complete_task", {"task": ""}, "Say which task"),
    ],
)
async def test_the_model_is_given_the_remedy_for_a_mistake(
    bench: Bench, tool: str, arguments: dict[str, Any] | str, sentence: str
) -> None:
    await bench.tasks.create(ADA, "call Ann")
    await bench.tasks.create(ADA, "call Ben")
    before = await bench.tasks.list(ADA)
    output = await bench.call(tool, arguments)
    assert output.startswith("This was not done.")
    assert sentence in output
    assert "Traceback" not in output
    assert await bench.tasks.list(ADA) == before


class Broken(MemoryTaskRepository):
    """A repository whose database is in trouble."""

    def __init__(self, failure: Exception) -> None:
        super().__init__()
        self._failure = failure

    async def add(self, task: Task) -> None:
        raise self._failure


async def test_a_crash_is_logged_and_its_text_is_not_passed_to_the_model() -> None:
    with capture_logs() as logs:
        output = await Bench(Broken(RuntimeError("password=hunter2"))).call("create_task", {"title": "x"})
    assert "Tell the user that it did not work" in output
    assert "hunter2" not in output
    [entry] = [entry for entry in logs if entry["event"] == "tool crashed"]
    assert str(entry["exc_info"]) == "password=hunter2"


async def test_what_the_operator_must_mend_is_logged() -> None:
    failure = StoreUnavailableError("The database cannot be reached.", detail="connection refused")
    with capture_logs() as logs:
        output = await Bench(Broken(failure)).call("create_task", {"title": "x"})
    assert "cannot be reached" in output
    assert "connection refused" not in output
    [entry] = [entry for entry in logs if entry["event"] == "tool failed"]
    assert (entry["code"], entry["detail"]) == ("store_unavailable", "connection refused")


@settings(max_examples=50, deadline=None)
@given(st.text(min_size=1, max_size=200).filter(str.strip))
async def test_any_title_stays_what_it_is(title: str) -> None:
    bench = Bench()
    output = await bench.facts("create_task", title=title)
    assert output["title"] == (await bench.only()).title == " ".join(title.split())


def test_schemas_are_plain_described_and_fit_for_gemini() -> None:
    for tool in task_tools(Bench().tasks):
        assert isinstance(tool, FunctionTool)
        assert tool.description
        assert tool.strict_json_schema
        assert "$ref" not in json.dumps(tool.params_json_schema)
        for name, schema in simplify_schema(tool.params_json_schema)["properties"].items():
            assert schema["type"] == "string", name
            assert schema["description"], name
            assert schema.keys() <= {"type", "description", "enum", "nullable"}, name


@pytest.mark.parametrize(
    ("tool", "arguments", "line"),
    [
        ("create_task", {"title": "buy\nmilk"}, "Adding a task: buy milk"),
        ("create_task", {"title": "x" * 90}, f"Adding a task: {'x' * 80}…"),
        ("complete_task", {"task": "milk"}, "Completing a task: milk"),
        ("complete_task", {"task": f"task_{'0' * 32}"}, "Completing a task"),
        ("update_task", {"task": "milk", "title": "oat milk"}, "Changing a task: milk"),
        ("list_tasks", {"status": "pending"}, "Looking at your tasks"),
        ("get_task", {}, "Looking up a task"),
        ("delete_task", {"task": 1}, "Deleting a task"),
        ("some_other_tool", {"title": "x"}, "Some other tool"),
    ],
)
def test_a_running_tool_is_described_in_words(tool: str, arguments: dict[str, Any], line: str) -> None:
    assert describe(tool, arguments) == line


def test_every_tool_has_words_of_its_own() -> None:
    names = [tool.name for tool in task_tools(Bench().tasks)]
    assert len(names) == len({describe(name, {}) for name in names}) == 7
    assert not [name for name in names if describe(name, {}) == name.replace("_", " ").capitalize()]
