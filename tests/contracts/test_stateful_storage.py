"""Storages against a model: whatever is done in whatever order by whomever, both give the same answers."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Literal

import msgspec
import pytest
from chatkit.store import NotFoundError
from chatkit.types import ThreadItem
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from app.adapters.stores import open_storage
from app.domain import errors
from app.domain.identity import RequestContext
from app.domain.ids import new_id
from app.domain.task import COMPLETED, Status, Task
from app.environment import Secret
from app.ports.storage import Storage
from tests.contracts.storage_model import TasksModel, ThreadsModel
from tests.factories import NOON, answer, file, hidden, later, message, sdk_hidden, summary, thread, turn

Run = Callable[[Awaitable[Any]], Any]

KINDS: list[Callable[..., ThreadItem]] = [message, hidden, answer, sdk_hidden]
ITEMS = [f"msg_{number}" for number in range(6)]
FILES = ["atc_a", "atc_b"]
TITLES = ["Oat milk", "Milk", "milk", "100% oats", "Straße", "STRASSE"]
TASKS = [f"task_{number}" for number in range(len(TITLES))]

# Few of each, so that they meet; most is asked by the user who has most.
users = st.sampled_from(["ann"] * 4 + ["bob"])
threads = st.sampled_from(["thr_a"] * 3 + ["thr_b", "thr_c"])
items = st.sampled_from(ITEMS)
files = st.sampled_from(FILES)
tasks = st.sampled_from(TASKS)
moments = st.integers(0, 2).map(later)
words = st.sampled_from(TITLES)
kinds = st.sampled_from(KINDS)
counts = st.none() | st.integers(1, 6)
orders = st.sampled_from(["asc", "desc"])
limits = st.sampled_from([-1, 0, 1, 2, 3, 1000])
judgements: st.SearchStrategy[Literal["positive", "negative"]] = st.sampled_from(["positive", "negative"])


class Comparison(RuleBasedStateMachine):
    """Does the same to a storage and to its model; each run has ids and users that no other run has."""

    def __init__(self, storage: Storage, run: Run) -> None:
        super().__init__()
        self.storage = storage
        self.run = run
        self.mark = new_id("")

    def own(self, name: str) -> str:
        """The id or user that this run calls `name`."""
        return name + self.mark

    def caller(self, name: str, *, sees_hidden: bool = True) -> RequestContext:
        """The user whom this run calls `name`."""
        return RequestContext(user_id=self.own(name), sees_hidden=sees_hidden)

    def agree(self, real: Callable[..., Awaitable[Any]], modelled: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """Call both, and see that they return or raise the same."""
        try:
            expected: Any = modelled(*args, **named)
        except (KeyError, errors.ConflictError) as error:
            missing = NotFoundError, errors.NotFoundError
            with pytest.raises(missing if isinstance(error, KeyError) else errors.ConflictError):
                self.run(real(*args, **named))
            return None
        assert self.run(real(*args, **named)) == expected
        return expected


class ThreadsComparison(Comparison):
    """Threads, items, attachments, feedback and turns."""

    def __init__(self, storage: Storage, run: Run) -> None:
        super().__init__(storage, run)
        self.model = ThreadsModel()

    def both(self, name: str, *args: Any) -> None:
        """Call the method `name`."""
        real = self.storage.turn_log if name in {"save", "load"} else self.storage.threads
        self.agree(getattr(real, name), getattr(self.model, name), *args)

    @initialize()
    def begin(self) -> None:
        """Two users, one of whom has something of everything."""
        ann, own_id = self.caller("ann"), self.own("thr_a")
        self.both("save_thread", thread(self.own("thr_c")), self.caller("bob"))
        self.both("save_thread", thread(own_id), ann)
        for number, kind in enumerate([*KINDS, message]):
            self.both("add_thread_item", own_id, kind(own_id, ITEMS[number], at=later(number % 2)), ann)
        self.both("save_attachment", file(self.own("atc_a"), thread_id=own_id), ann)
        self.both("save_feedback", own_id, ITEMS[:3], "positive", ann)
        for item_id in ITEMS[:2]:
            self.both("save", turn(own_id, item_id), ann)

    @rule(user=users, thread_id=threads, at=moments, title=st.none() | words)
    def save_thread(self, user: str, thread_id: str, at: dt.datetime, title: str | None) -> None:
        """Begin or change a thread."""
        self.both("save_thread", thread(self.own(thread_id), at=at, title=title), self.caller(user))

    @rule(user=users, thread_id=threads, at=moments, title=words)
    def update_thread(self, user: str, thread_id: str, at: dt.datetime, title: str) -> None:
        """Change a thread, if there is one."""
        own_id = self.own(thread_id)
        self.both("update_thread", own_id, lambda _: thread(own_id, at=at, title=title), self.caller(user))

    @rule(user=users, thread_id=threads, at=moments, item_id=items, item_at=moments, kind=kinds)
    def create_thread(
        self,
        user: str,
        thread_id: str,
        at: dt.datetime,
        item_id: str,
        item_at: dt.datetime,
        kind: Callable[..., ThreadItem],
    ) -> None:
        """Begin a thread with an item, or change one and put an item into it."""
        own_id = self.own(thread_id)
        self.both("create_thread", thread(own_id, at=at), kind(own_id, item_id, at=item_at), self.caller(user))

    @rule(user=users, limit=limits, after=st.none() | threads, order=orders)
    def load_threads(self, user: str, limit: int, after: str | None, order: str) -> None:
        """Read a page of threads."""
        self.both("load_threads", limit, after and self.own(after), order, self.caller(user))

    @rule(user=users, thread_id=st.sampled_from(["thr_a", "thr_b", "thr_c"]))
    def delete_thread(self, user: str, thread_id: str) -> None:
        """Delete a thread."""
        self.both("delete_thread", self.own(thread_id), self.caller(user))

    @rule(user=users, thread_id=threads, item_id=items, at=moments, kind=kinds, way=st.sampled_from(["add", "save"]))
    def save_item(
        self, user: str, thread_id: str, item_id: str, at: dt.datetime, kind: Callable[..., ThreadItem], way: str
    ) -> None:
        """Add or change an item."""
        item = kind(self.own(thread_id), item_id, at=at)
        name = "add_thread_item" if way == "add" else "save_item"
        self.both(name, self.own(thread_id), item, self.caller(user))

    @rule(
        user=users,
        thread_id=threads,
        after=st.none() | items,
        limit=limits,
        order=orders,
        sees_hidden=st.booleans(),
    )
    def load_thread_items(
        self, user: str, thread_id: str, after: str | None, limit: int, order: str, sees_hidden: bool
    ) -> None:
        """Read a page of items."""
        caller = self.caller(user, sees_hidden=sees_hidden)
        self.both("load_thread_items", self.own(thread_id), after, limit, order, caller)

    @rule(
        user=users,
        thread_id=threads,
        newest=st.integers(1, 7),
        sees_hidden=st.booleans(),
        with_summary=st.booleans(),
        adding=st.none() | st.tuples(items, moments, kinds),
    )
    def recollect(
        self,
        user: str,
        thread_id: str,
        newest: int,
        sees_hidden: bool,
        with_summary: bool,
        adding: tuple[str, dt.datetime, Callable[..., ThreadItem]] | None,
    ) -> None:
        """Read the newest items and their turns; maybe add one, or change one, in the same breath."""
        own_id, caller = self.own(thread_id), self.caller(user, sees_hidden=sees_hidden)
        item = adding and adding[2](own_id, adding[0], at=adding[1])
        how = {"adding": item, "with_summary": with_summary}
        self.agree(self.storage.threads.load_context, self.model.load_context, own_id, newest, caller, **how)

    @rule(user=users, thread_id=threads, until=items, replaces=st.sampled_from([True, True, False]), count=counts)
    def summarise(self, user: str, thread_id: str, until: str, replaces: bool, count: int | None) -> None:
        """Save a summary, of the items that are there or of another number, in place of the present one or of none."""
        own_id, caller = self.own(thread_id), self.caller(user)
        present = self.agree(self.storage.summaries.load, self.model.load_summary, own_id, caller)
        replacing = present.id if present and replaces else None
        offered = summary(own_id, until)
        counts = range(len(ITEMS) + 1) if count is None else [count]
        for items in counts:
            how = {"replacing": replacing, "items": items}
            if self.agree(self.storage.summaries.save, self.model.save_summary, offered, caller, **how):
                break

    @rule(user=users, thread_id=threads, item_id=items)
    def delete_item(self, user: str, thread_id: str, item_id: str) -> None:
        """Delete an item."""
        self.both("delete_thread_item", self.own(thread_id), item_id, self.caller(user))

    @rule(user=users, attachment_id=files, thread_id=st.none() | threads)
    def save_attachment(self, user: str, attachment_id: str, thread_id: str | None) -> None:
        """Add an attachment, or move it."""
        attachment = file(self.own(attachment_id), thread_id=thread_id and self.own(thread_id))
        self.both("save_attachment", attachment, self.caller(user))

    @rule(user=users, attachment_id=files)
    def delete_attachment(self, user: str, attachment_id: str) -> None:
        """Delete an attachment."""
        self.both("delete_attachment", self.own(attachment_id), self.caller(user))

    @rule(user=users, thread_id=threads, item_ids=st.lists(items, max_size=3), kind=judgements)
    def save_feedback(
        self, user: str, thread_id: str, item_ids: list[str], kind: Literal["positive", "negative"]
    ) -> None:
        """Judge some items."""
        self.both("save_feedback", self.own(thread_id), item_ids, kind, self.caller(user))

    @rule(user=users, thread_id=threads, item_id=items)
    def finish_turn(self, user: str, thread_id: str, item_id: str) -> None:
        """Keep a turn."""
        self.both("save", turn(self.own(thread_id), item_id), self.caller(user))

    def teardown(self) -> None:
        """Read everything in every way there is."""
        for user, thread_id in (("ann", "thr_a"), ("ann", "thr_b"), ("bob", "thr_c")):
            caller, own_id = self.caller(user), self.own(thread_id)
            self.both("load_threads", 100, None, "desc", caller)
            self.both("load_thread", own_id, caller)
            self.both("load_feedback", own_id, caller)
            self.agree(self.storage.summaries.load, self.model.load_summary, own_id, caller)
            self.both("load", own_id, ITEMS, caller)
            for item_id in ITEMS:
                self.both("load_item", own_id, item_id, caller)
                self.both("load_thread_items", own_id, item_id, 100, "desc", caller)
        for attachment_id in FILES:
            self.both("load_attachment", self.own(attachment_id), self.caller("ann"))


class TasksComparison(Comparison):
    """Tasks."""

    def __init__(self, storage: Storage, run: Run) -> None:
        super().__init__(storage, run)
        self.model = TasksModel()

    def both(self, name: str, *args: Any, **named: Any) -> Any:
        """Call the method `name`."""
        return self.agree(getattr(self.storage.tasks, name), getattr(self.model, name), *args, **named)

    @initialize()
    def begin(self) -> None:
        """A task of every title."""
        for task_id, title in zip(TASKS, TITLES, strict=True):
            self.add("ann", task_id, title, NOON)

    @rule(user=users, task_id=tasks, title=words, at=moments)
    def add(self, user: str, task_id: str, title: str, at: dt.datetime) -> None:
        """Add a task."""
        self.both("add", Task(id=task_id, user_id=self.own(user), title=title, created_at=at, updated_at=at))

    @rule(user=users, task_id=tasks, title=words, at=moments, rise=st.sampled_from([1, 1, 1, 0, 2]))
    def update(self, user: str, task_id: str, title: str, at: dt.datetime, rise: int) -> None:
        """Change a task, from the version that is stored or from another."""
        task = self.both("get", self.own(user), task_id)
        if task is not None:
            changed = msgspec.structs.replace(task, title=title, updated_at=at, version=task.version + rise)
            self.both("update", changed)

    @rule(user=users, task_id=tasks, at=moments)
    def complete(self, user: str, task_id: str, at: dt.datetime) -> None:
        """Complete a task; one that is completed already has no new version."""
        task = self.both("get", self.own(user), task_id)
        if task is not None:
            self.both("update", task.changed(COMPLETED, now=at))

    @rule(user=users, status=st.none() | st.sampled_from(Status), after=st.none() | tasks, limit=limits)
    def list_tasks(self, user: str, status: Status | None, after: str | None, limit: int) -> None:
        """Read a page of tasks."""
        self.both("list", self.own(user), status=status, after=after, limit=limit)

    @rule(user=users, title=words | st.sampled_from(["", "MILK", "s", "%", "_"]), limit=limits)
    def find(self, user: str, title: str, limit: int) -> None:
        """Look for a title."""
        self.both("find_by_title", self.own(user), title, limit=limit)

    @rule(user=users, task_id=tasks)
    def delete(self, user: str, task_id: str) -> None:
        """Delete a task."""
        self.both("delete", self.own(user), task_id)

    def teardown(self) -> None:
        """Read everything in every way there is."""
        for task_id in TASKS:
            self.both("get", self.own("ann"), task_id)
            self.both("list", self.own("ann"), after=task_id)
        for title in TITLES:
            self.both("find_by_title", self.own("ann"), title)


@pytest.fixture
def running(storage_url: Secret) -> Iterator[tuple[Storage, Run]]:
    """A storage in a loop of its own: a state machine is not a coroutine."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        run = runner.get_loop().run_until_complete
        storage = open_storage(storage_url)
        run(storage.start())
        yield storage, run
        run(storage.aclose())


@pytest.mark.parametrize("comparison", [ThreadsComparison, TasksComparison])
def test_a_storage_does_what_its_model_does(
    running: tuple[Storage, Run], comparison: Callable[[Storage, Run], Comparison]
) -> None:
    run_state_machine_as_test(
        lambda: comparison(*running),  # type: ignore[arg-type]  # Hypothesis takes a factory, and names it so.
        settings=settings(max_examples=40, stateful_step_count=25, deadline=None),
    )
