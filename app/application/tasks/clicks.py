"""Clicks in the task widgets: their payloads, and the widget after each."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from chatkit.types import WidgetItem
from chatkit.widgets import WidgetRoot

from app.application.tasks.service import TaskService
from app.application.tasks.widgets.components import TaskListView, named
from app.application.tasks.widgets.task_card import closing_card, deletion_card, task_card, task_card_text
from app.application.tasks.widgets.task_form import Draft, task_form
from app.application.tasks.widgets.task_list import COUNTED, FETCHED, listed_ids, page_of, task_list, task_list_text
from app.domain.errors import InvalidInputError, NotFoundError, StaleVersionError
from app.domain.language import _
from app.domain.task import COMPLETED, REOPENED, Priority, Task, TaskChange

_AT_ONCE: Final = 100
"""Rows of a list that are redrawn at most; earlier versions had lists of that length."""


class Click(msgspec.Struct, frozen=True, kw_only=True):
    """A click; `back` is the list from which a card was opened."""

    back: TaskListView | None = msgspec.field(name="list", default=None)


class ShowList(Click, frozen=True, kw_only=True):
    """Replace the widget by a list."""


class OnTask(Click, frozen=True, kw_only=True):
    """A click on one task."""

    id: str


class Complete(OnTask, frozen=True, kw_only=True):
    """Mark as done; idempotent, so that a double click has no second effect."""


class Reopen(OnTask, frozen=True, kw_only=True):
    """Mark as pending again."""


class Open(OnTask, frozen=True, kw_only=True):
    """Show the card."""


class Edit(OnTask, frozen=True, kw_only=True):
    """Show the form."""


class Save(OnTask, frozen=True, kw_only=True):
    """Store the fields of the form, if the task still has the form's version."""

    version: int
    title: str
    description: str = ""
    priority: Priority
    due: str | None = None


class AskDelete(OnTask, frozen=True, kw_only=True):
    """Show the question before a deletion."""


class Delete(OnTask, frozen=True, kw_only=True):
    """Delete the task."""


CLICKS: Final[Mapping[str, type[Click]]] = {
    "tasks.list": ShowList,
    "tasks.open": Open,
    "tasks.complete": Complete,
    "tasks.reopen": Reopen,
    "tasks.edit": Edit,
    "tasks.save": Save,
    "tasks.ask_delete": AskDelete,
    "tasks.delete": Delete,
}


class ClickResult(msgspec.Struct, frozen=True):
    """The widget after a click, None for no change, and a notice for the user beside the widget."""

    widget: WidgetRoot | None = None
    copy_text: str | None = None
    notice: str | None = None


def read_click(kind: str, payload: Any) -> Click:
    """Parse an action of a type in `CLICKS`; unknown fields are ignored. Raises `InvalidInputError`."""
    try:
        click = msgspec.convert({} if payload is None else payload, CLICKS[kind])
    except msgspec.ValidationError:
        raise InvalidInputError(_("The payload of {action} is not what it needs.", action=kind)) from None
    if isinstance(click, Save):
        read_day(click.due)
    return click


def read_day(moment: str | None) -> dt.date | None:
    """The day of a date picker, which sends a date, a time in UTC, or the user's midnight in UTC.

    Midnight in Berlin is 23:00 UTC of the day before: the result is the day with most of the next 24 hours. Raises
    `InvalidInputError`.
    """
    if not moment:
        return None
    try:
        read = dt.datetime.fromisoformat(moment)
        if read.utcoffset() != dt.timedelta(0):
            return read.date()
        return (read + dt.timedelta(hours=11, minutes=59)).date()
    except (ValueError, OverflowError):
        raise InvalidInputError(_("This is no date.")) from None


class TaskClicks:
    """Runs the clicks of one user on `tasks`; `sender` is the widget of the click."""

    def __init__(self, tasks: TaskService, user_id: str, sender: WidgetItem | None) -> None:
        self._tasks = tasks
        self._user_id = user_id
        self._sender = sender.widget if sender else None

    async def run(self, click: Click) -> ClickResult:
        """Run the click and return the new widget. A deleted task is no error, because the widget may be old."""
        try:
            return await self._run(click)
        except NotFoundError:
            text = _("This task is not there any more.")
            return await self._without_task(click, closing=text, notice=text)

    async def _run(self, click: Click) -> ClickResult:
        match click:
            case Complete(id=task_id):
                return await self._redraw(click, await self._tasks.change(self._user_id, task_id, COMPLETED))
            case Reopen(id=task_id):
                return await self._redraw(click, await self._tasks.change(self._user_id, task_id, REOPENED))
            case Open(id=task_id):
                return self._card(click, await self._tasks.get(self._user_id, task_id))
            case Edit(id=task_id):
                task = await self._tasks.get(self._user_id, task_id)
                return ClickResult(task_form(task, click.back), task_card_text(task))
            case Save():
                return await self._save(click)
            case AskDelete(id=task_id):
                task = await self._tasks.get(self._user_id, task_id)
                return ClickResult(deletion_card(task, click.back), task_card_text(task))
            case Delete(id=task_id):
                task = await self._tasks.remove(self._user_id, task_id)
                return await self._without_task(click, closing=_("{task} is deleted.", task=named(task)))
        return await self._list(click.back or TaskListView())

    async def _save(self, click: Save) -> ClickResult:
        draft = Draft(
            title=click.title, description=click.description, priority=click.priority, due=read_day(click.due)
        )
        change = TaskChange(**msgspec.structs.asdict(draft))
        try:
            task = await self._tasks.change(self._user_id, click.id, change, version=click.version)
        except StaleVersionError:
            remark = _("This task was changed meanwhile. This is how it is now; what you typed was not saved.")
            return await self._form(click, remark)
        except InvalidInputError as error:
            return await self._form(click, error.message, draft)
        return self._card(click, task)

    async def _form(self, click: Save, remark: str, draft: Draft | None = None) -> ClickResult:
        task = await self._tasks.get(self._user_id, click.id)
        return ClickResult(task_form(task, click.back, draft=draft, remark=remark), task_card_text(task))

    async def _redraw(self, click: Click, task: Task) -> ClickResult:
        """The same widget with the changed task; no widget for a click without a sender."""
        if self._sender is None:
            return ClickResult()
        if self._sender.type == "ListView":
            return await self._same_rows(self._sender, click.back or TaskListView())
        return self._card(click, task)

    async def _same_rows(self, widget: WidgetRoot, view: TaskListView) -> ClickResult:
        """The same rows: a task completed just now stays in a list of open tasks, so that a click can be undone."""
        listed = await self._tasks.get_several(self._user_id, listed_ids(widget)[:_AT_ONCE])
        if not listed:
            return await self._list(view)
        behind = await self._tasks.list(self._user_id, status=view.status, after=listed[-1].id, limit=COUNTED + 1)
        page = page_of([*listed, *behind], view, length=len(listed))
        return ClickResult(task_list(page, self._tasks.today), task_list_text(page))

    async def _list(self, view: TaskListView) -> ClickResult:
        try:
            found = await self._tasks.list(self._user_id, status=view.status, after=view.after, limit=FETCHED)
        except NotFoundError:
            return await self._list(TaskListView(view.status))
        page = page_of(found, view)
        return ClickResult(task_list(page, self._tasks.today), task_list_text(page))

    def _card(self, click: Click, task: Task) -> ClickResult:
        return ClickResult(task_card(task, self._tasks.today, click.back), task_card_text(task))

    async def _without_task(self, click: Click, *, closing: str, notice: str | None = None) -> ClickResult:
        """The widget after a deletion: a card becomes the text `closing`, a list loses the row and gets `notice`."""
        if self._sender is None:
            return ClickResult(notice=notice)
        if self._sender.type == "ListView":
            shown = await self._same_rows(self._sender, click.back or TaskListView())
            return msgspec.structs.replace(shown, notice=notice)
        return ClickResult(closing_card(closing, click.back), closing)
