"""The clicks that the task widgets send, and what is shown after each."""

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
"""Rows of a list that are drawn again; earlier versions drew that many."""


class Click(msgspec.Struct, frozen=True, kw_only=True):
    """A click; `back` is the list that a card was opened from."""

    back: TaskListView | None = msgspec.field(name="list", default=None)


class ShowList(Click, frozen=True, kw_only=True):
    """Show a list, in the place of whatever is there."""


class OnTask(Click, frozen=True, kw_only=True):
    """A click that is about one task."""

    id: str


class Complete(OnTask, frozen=True, kw_only=True):
    """Mark as done; it says what is wanted, so that a double click wants the same twice."""


class Reopen(OnTask, frozen=True, kw_only=True):
    """Mark as to be done again."""


class Open(OnTask, frozen=True, kw_only=True):
    """Show the card."""


class Edit(OnTask, frozen=True, kw_only=True):
    """Show the form."""


class Save(OnTask, frozen=True, kw_only=True):
    """Store what stands in the form, over the version that it was drawn from."""

    version: int
    title: str
    description: str = ""
    priority: Priority
    due: str | None = None


class AskDelete(OnTask, frozen=True, kw_only=True):
    """Ask before the task is deleted."""


class Delete(OnTask, frozen=True, kw_only=True):
    """Remove for good."""


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
    """What stands where the click was; `notice` tells what could not be seen in it. No widget leaves things alone."""

    widget: WidgetRoot | None = None
    copy_text: str | None = None
    notice: str | None = None


def read_click(kind: str, payload: Any) -> Click:
    """The click that an action is. Raises `InvalidInputError`; fields of a form around a button do no harm."""
    if kind not in CLICKS:
        raise InvalidInputError(_("This server knows no such action. It knows: {list}.", list=", ".join(CLICKS)))
    try:
        click = msgspec.convert({} if payload is None else payload, CLICKS[kind])
    except msgspec.ValidationError:
        raise InvalidInputError(_("The payload of {action} is not what it needs.", action=kind)) from None
    if isinstance(click, Save):
        read_day(click.due)
    return click


def read_day(moment: str | None) -> dt.date | None:
    """The day that a date picker means, whether it sends a day, the moment it was given, or midnight where the user is.

    Midnight in Berlin is 23:00 of the day before in UTC; the day that holds most of the next 24 hours is meant.
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
    """Carries clicks out for one user; whoever hands in `tasks` is told what was changed."""

    def __init__(self, tasks: TaskService, user_id: str, sender: WidgetItem | None) -> None:
        self._tasks = tasks
        self._user_id = user_id
        self._sender = sender.widget if sender else None

    async def carry_out(self, click: Click) -> ClickResult:
        """Do it, and say what is shown now. A task that is gone is no error: what showed it was old."""
        try:
            return await self._carry_out(click)
        except NotFoundError:
            gone = _("This task is not there any more.")
            return await self._gone(click, closing=gone, notice=gone)

    async def _carry_out(self, click: Click) -> ClickResult:
        match click:
            case Complete(id=task_id):
                return await self._redrawn(click, await self._tasks.change(self._user_id, task_id, COMPLETED))
            case Reopen(id=task_id):
                return await self._redrawn(click, await self._tasks.change(self._user_id, task_id, REOPENED))
            case Open(id=task_id):
                return self._card(click, await self._tasks.get(self._user_id, task_id))
            case Edit(id=task_id):
                task = await self._tasks.get(self._user_id, task_id)
                return ClickResult(task_form(task, click.back), task_card_text(task))
            case Save():
                return await self._saved(click)
            case AskDelete(id=task_id):
                task = await self._tasks.get(self._user_id, task_id)
                return ClickResult(deletion_card(task, click.back), task_card_text(task))
            case Delete(id=task_id):
                task = await self._tasks.remove(self._user_id, task_id)
                return await self._gone(click, closing=_("{task} is deleted.", task=named(task)))
        return await self._list(click.back or TaskListView())

    async def _saved(self, click: Save) -> ClickResult:
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

    async def _redrawn(self, click: Click, task: Task) -> ClickResult:
        """The widget as it was, with the task as it is now; without a widget there is nothing to draw."""
        if self._sender is None:
            return ClickResult()
        if self._sender.type == "ListView":
            return await self._same_rows(self._sender, click.back or TaskListView())
        return self._card(click, task)

    async def _same_rows(self, widget: WidgetRoot, view: TaskListView) -> ClickResult:
        """The same tasks: one that was just completed stays in a list of open ones, so that a slip can be mended."""
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

    async def _gone(self, click: Click, *, closing: str, notice: str | None = None) -> ClickResult:
        """A card is closed with `closing`; a list says no more than `notice`, for the row is seen to be gone."""
        if self._sender is None:
            return ClickResult(notice=notice)
        if self._sender.type == "ListView":
            shown = await self._same_rows(self._sender, click.back or TaskListView())
            return msgspec.structs.replace(shown, notice=notice)
        return ClickResult(closing_card(closing, click.back), closing)
