"""The rules of a task, and who asks."""

import datetime as dt

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.domain.errors import InvalidInputError
from app.domain.identity import RequestContext
from app.domain.task import (
    COMPLETED,
    DESCRIPTION_LIMIT,
    REOPENED,
    TITLE_LIMIT,
    Priority,
    Status,
    Task,
    TaskChange,
    clean_description,
    clean_title,
    new_task,
)

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
LATER = NOON + dt.timedelta(hours=1)

words = st.text().filter(lambda text: text.split() != [])
short = words.filter(lambda text: len(" ".join(text.split())) <= TITLE_LIMIT)
unset = st.just(msgspec.UNSET)
changes = st.builds(
    TaskChange,
    title=unset | short,
    description=unset | st.text(max_size=50),
    priority=unset | st.sampled_from(Priority),
    due=unset | st.none() | st.dates(),
    status=unset | st.sampled_from(Status),
)


def task() -> Task:
    """A pending task of noon."""
    return new_task("ann", "Buy milk", now=NOON)


def test_a_new_task_is_pending_and_of_its_user() -> None:
    made = task()
    assert (made.user_id, made.title, made.status, made.version) == ("ann", "Buy milk", Status.PENDING, 1)
    assert made.created_at == made.updated_at == NOON
    assert made.completed_at is made.due is None
    assert made.id != task().id


def test_a_new_task_takes_details_along() -> None:
    details = TaskChange(title=" Buy  oats ", description=" 2 kg\n", priority=Priority.HIGH, due=dt.date(2026, 12, 1))
    made = new_task("ann", "Buy milk", now=NOON, details=details)
    assert (made.title, made.description, made.priority, made.due) == ("Buy oats", "2 kg", "high", dt.date(2026, 12, 1))
    assert made.version == 1


def test_a_new_task_may_be_done_already() -> None:
    made = new_task("ann", "Buy milk", now=NOON, details=COMPLETED)
    assert (made.status, made.completed_at, made.version) == (Status.COMPLETED, NOON, 1)


@given(words)
def test_a_title_is_one_line_without_space_around_it(text: str) -> None:
    assume(len(" ".join(text.split())) <= TITLE_LIMIT)
    title = clean_title(text)
    assert title == title.strip()
    assert title.splitlines() == [title]
    assert title.split() == text.split()
    assert clean_title(title) == title


@pytest.mark.parametrize("title", ["", " ", "\n\t\u2003"])
def test_a_title_has_a_word(title: str) -> None:
    with pytest.raises(InvalidInputError, match="needs a title"):
        clean_title(title)


def test_texts_are_as_long_as_their_limits_and_no_longer() -> None:
    assert clean_title(f" {'x' * TITLE_LIMIT} ") == "x" * TITLE_LIMIT
    assert clean_description("x" * DESCRIPTION_LIMIT + "\n") == "x" * DESCRIPTION_LIMIT
    with pytest.raises(InvalidInputError, match="at most 200 characters; this one has 201"):
        clean_title("x" * (TITLE_LIMIT + 1))
    with pytest.raises(InvalidInputError, match="at most 4000 characters; this one has 4001"):
        clean_description("x" * (DESCRIPTION_LIMIT + 1))


@pytest.mark.parametrize("change", [TaskChange(title=" "), TaskChange(description="x" * 4001)])
def test_an_unusable_change_is_refused(change: TaskChange) -> None:
    with pytest.raises(InvalidInputError) as refused:
        task().changed(change, now=LATER)
    assert (refused.value.actor, refused.value.retry) == ("user", False)


def test_a_change_that_changes_nothing_gives_the_same_task() -> None:
    made = task()
    assert made.changed(TaskChange(), now=LATER) is made
    assert made.changed(TaskChange(title=" Buy \n milk", due=None), now=LATER) is made


@given(changes)
def test_a_change_touches_what_it_names_and_nothing_else(change: TaskChange) -> None:
    before = msgspec.structs.replace(task(), due=dt.date(2026, 12, 24), description="old")
    after = before.changed(change, now=LATER)
    wanted = change.values()
    for field in Task.__struct_fields__:
        if field in wanted:
            assert getattr(after, field) == wanted[field]
        elif field not in {"updated_at", "completed_at", "version"}:
            assert getattr(after, field) == getattr(before, field)
    assert (after.completed_at is not None) == (after.status is Status.COMPLETED)
    assert (after.version, after.updated_at) == ((1, NOON) if after is before else (2, LATER))
    assert after.changed(change, now=LATER) is after


def test_a_due_date_can_be_cleared() -> None:
    dated = task().changed(TaskChange(due=dt.date(2026, 12, 24)), now=LATER)
    assert dated.changed(TaskChange(due=None), now=LATER).due is None


def test_a_task_is_completed_once_and_can_be_reopened() -> None:
    made = task()
    done = made.changed(COMPLETED, now=LATER)
    assert (done.status, done.completed_at, done.updated_at, done.version) == (Status.COMPLETED, LATER, LATER, 2)
    assert done.changed(COMPLETED, now=LATER + dt.timedelta(days=1)) is done
    again = done.changed(REOPENED, now=LATER)
    assert (again.status, again.completed_at, again.version) == (Status.PENDING, None, 3)
    assert again.changed(REOPENED, now=LATER) is again
    assert made.status is Status.PENDING, "what was read before does not change"


def test_a_client_is_the_same_caller_who_sees_less() -> None:
    caller = RequestContext(user_id="ann", request_id="r1", locale="de")
    assert caller.sees_hidden
    assert caller.as_client() == RequestContext(user_id="ann", request_id="r1", locale="de", sees_hidden=False)
    assert caller.sees_hidden
