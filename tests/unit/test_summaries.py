"""Summaries of long threads, written in the background."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Sequence

import msgspec
import pytest
from chatkit.types import AssistantMessageItem, HiddenContextItem, UserMessageItem

from app.adapters.stores.memory import MemoryStorage
from app.application.conversation.history import History, history_of
from app.application.conversation.passages import passages_of, size_of, text_of
from app.application.conversation.summaries import Summaries
from app.application.limits.counters import WriteBehindCounters
from app.application.limits.rules import Limits, Rules
from app.domain.conversation import HistoryWindow, within_bytes
from app.domain.errors import AnyportError
from app.domain.identity import RequestContext
from app.domain.model_ref import ModelRef
from app.ports.history_summarizer import HistorySummarizer, Passage, WrittenSummary
from app.ports.model_provider import ModelError
from app.ports.thread_summaries import ThreadSummary
from app.ports.turn_log import TokenUsage, TurnRecord
from tests.factories import answer, hidden, items_of_every_type, later, message, thread, turn

ADA = RequestContext(user_id="ada")
BEGUN = thread("thr_1", title="A long talk")
FOUR = HistoryWindow(items=4, tokens=100_000, summarised=True)
TOKENS = HistoryWindow(items=900, tokens=600, summarised=True)
AUTHOR = ModelRef("gemini", "gemini-2.5-flash-lite")
USED = TokenUsage(requests=1, input_tokens=90, output_tokens=10)


class Author(HistorySummarizer):
    """Writes what it was asked to summarise, as `count: texts`, once it may."""

    def __init__(self, write: Callable[[str, Sequence[Passage]], str] | None = None) -> None:
        self.asked: list[tuple[str, Sequence[Passage]]] = []
        self.limits: list[int] = []
        self.failure: AnyportError | None = None
        self.begun = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.cancelled = False
        self._write = write or (lambda before, passages: f"{before}|{','.join(passage.text for passage in passages)}")

    async def extend(self, summary: str, passages: Sequence[Passage], *, limit: int) -> WrittenSummary:
        self.asked.append((summary, passages))
        self.limits.append(limit)
        self.begun.set()
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if self.failure is not None:
            raise self.failure
        return WrittenSummary(text=self._write(summary, passages), author=AUTHOR, usage=USED)


class Talk:
    """A thread of turns, and what writes its summary."""

    def __init__(self, window: HistoryWindow, author: Author, *, per_day: int = 0) -> None:
        self.storage = MemoryStorage()
        self.window = window
        self.limits = Limits(WriteBehindCounters(self.storage.counters), Rules(tokens_per_day=per_day))
        self.summaries = Summaries(
            self.storage.threads, self.storage.turn_log, self.storage.summaries, self.limits, author, window
        )
        self.turns = 0

    async def begin(self) -> "Talk":
        await self.storage.threads.save_thread(BEGUN, ADA)
        return self

    async def say(self, turns: int = 1) -> None:
        """Add turns of a message and an answer: q1, a1, q2, a2 and so on."""
        for _ in range(turns):
            self.turns += 1
            asked, said = f"q{self.turns}", f"a{self.turns}"
            at = later(self.turns)
            await self.storage.threads.add_thread_item(BEGUN.id, message(BEGUN.id, asked, text=asked, at=at), ADA)
            await self.storage.threads.add_thread_item(BEGUN.id, answer(BEGUN.id, said, text=said, at=at), ADA)
            spoken = [{"role": "assistant", "content": said}]
            await self.storage.turn_log.save(turn(BEGUN.id, asked, item_ids=[said], model_items=spoken), ADA)

    async def summarised(self) -> ThreadSummary | None:
        """The summary after the scheduled steps."""
        self.summaries.schedule(BEGUN.id, ADA)
        await self.summaries.wait_idle()
        return await self.storage.summaries.load(BEGUN.id, ADA)

    async def history(self) -> History:
        """What the next message would be answered with."""
        said = message(BEGUN.id, "next", text="next", at=later(10**6))
        items = self.window.items + 1
        loaded = await self.storage.threads.load_context(BEGUN.id, items, ADA, adding=said, with_summary=True)
        await self.storage.threads.delete_thread_item(BEGUN.id, "next", ADA)
        return history_of(loaded, self.window)


def words(first: int, last: int) -> list[str]:
    """What was said in these turns."""
    return [f"{word}{number}" for number in range(first, last + 1) for word in "qa"]


def told_in(history: History) -> set[str]:
    """What was said in the entries of a history, after the summary."""
    found = set()
    for entry in history.entries:
        match entry:
            case TurnRecord():
                found |= {item["content"] for item in entry.model_items}
            case UserMessageItem() | AssistantMessageItem():
                found |= {part.text for part in entry.content}
    return found


@pytest.fixture
async def author() -> Author:
    return Author()


@pytest.fixture
async def talk(author: Author) -> AsyncGenerator[Talk, None]:
    talk = await Talk(FOUR, author).begin()
    yield talk
    await talk.summaries.aclose()


async def test_nothing_is_written_while_everything_is_told(talk: Talk, author: Author) -> None:
    await talk.say(2)
    assert await talk.summarised() is None
    assert author.asked == []


@pytest.mark.parametrize("window", [FOUR, TOKENS], ids=["items", "tokens"])
async def test_what_is_left_out_is_summarised_and_told_before_the_rest(window: HistoryWindow, author: Author) -> None:
    talk = await Talk(window, author).begin()
    await talk.say(12)
    before = await talk.history()
    assert before.summary_due
    assert "q1" not in told_in(before)
    written = await talk.summarised()
    assert written is not None
    assert (written.provider, written.model) == (AUTHOR.provider, AUTHOR.model)
    assert written.text.startswith("|q1,a1,q2,a2")
    history = await talk.history()
    assert not history.summary_due
    context = history.entries[0]
    assert isinstance(context, HiddenContextItem)
    assert written.text in context.content
    assert {*words(1, 12)} <= {*re.findall(r"\w+", written.text)} | told_in(history)
    assert history.newest == "next"
    assert "a12" not in written.text, "the newest turn is told itself"


async def test_a_summary_grows_by_what_was_said_since_and_not_at_every_turn(talk: Talk, author: Author) -> None:
    for _ in range(20):
        await talk.say()
        if (await talk.history()).summary_due:
            await talk.summarised()
    texts = [[passage.text for passage in passages] for _, passages in author.asked]
    assert [text for piece in texts for text in piece] == words(1, sum(map(len, texts)) // 2)
    assert all(before for before, _ in author.asked[1:]), "each step continues the one before"
    assert len(author.asked) < 20


async def test_ten_thousand_items_are_summarised_in_bounded_steps() -> None:
    window, author = HistoryWindow(items=50, tokens=2_000, summarised=True), Author(lambda *_: "A long talk.")
    talk = await Talk(window, author).begin()
    await talk.say(5_000)
    written = await talk.summarised()
    assert written is not None
    sizes = [size_of(passages) for _, passages in author.asked]
    assert max(sizes) <= window.piece_bytes
    texts = [passage.text for _, passages in author.asked for passage in passages]
    assert texts == words(1, len(texts) // 2)
    assert len(texts) > 9_900
    assert len(author.asked) <= 2 * sum(sizes) / window.piece_bytes, "no needless request"
    assert (await talk.limits.tokens(ADA.user_id)).used == 100 * len(author.asked)


async def test_a_failure_leaves_what_is_there_and_the_next_turn_tries_again(talk: Talk, author: Author) -> None:
    await talk.say(4)
    first = await talk.summarised()
    await talk.say(4)
    author.failure = ModelError("No.", kind="overloaded")
    assert await talk.summarised() == first
    author.failure = None
    second = await talk.summarised()
    assert second is not None
    assert first is not None
    assert second.text.startswith(first.text)


@pytest.mark.parametrize("deleted", ["q1", "a2", "the thread"])
async def test_what_is_deleted_while_the_model_writes_is_in_no_summary(
    talk: Talk, author: Author, deleted: str
) -> None:
    await talk.say(5)
    author.may_answer.clear()
    talk.summaries.schedule(BEGUN.id, ADA)
    await author.begun.wait()
    if deleted == "the thread":
        await talk.storage.threads.delete_thread(BEGUN.id, ADA)
    else:
        await talk.storage.threads.delete_thread_item(BEGUN.id, deleted, ADA)
    author.may_answer.set()
    await talk.summaries.wait_idle()
    used = (await talk.limits.tokens(ADA.user_id)).used
    if deleted == "the thread":
        assert used == 0, "a counter could be the only trace of an erased user"
        return
    assert used == 100
    assert await talk.storage.summaries.load(BEGUN.id, ADA) is None
    written = await talk.summarised()
    assert written is not None
    assert deleted not in written.text


async def test_an_older_answer_that_is_asked_for_again_is_in_no_summary(talk: Talk) -> None:
    await talk.say(6)
    await talk.summarised()
    for item_id in ("a2", "q3", "a3", "q4", "a4", "q5", "a5", "q6", "a6"):  # As a retry of q2 deletes them.
        await talk.storage.threads.delete_thread_item(BEGUN.id, item_id, ADA)
    await talk.storage.turn_log.delete(BEGUN.id, "q2", ADA)
    assert await talk.storage.summaries.load(BEGUN.id, ADA) is None
    assert told_in(await talk.history()) == {"q1", "a1", "q2", "next"}


async def test_an_answer_tried_again_in_sight_costs_no_summary(talk: Talk) -> None:
    await talk.say(6)
    written = await talk.summarised()
    await talk.storage.threads.delete_thread_item(BEGUN.id, "a6", ADA)
    assert await talk.storage.summaries.load(BEGUN.id, ADA) == written


async def test_what_the_model_alone_was_told_is_summarised_too(talk: Talk, author: Author) -> None:
    await talk.storage.threads.add_thread_item(BEGUN.id, hidden(BEGUN.id, "hidden_1"), ADA)
    await talk.say(5)
    assert await talk.summarised() is not None
    assert author.asked[0][1][0].by == "context"


async def test_one_at_a_time_for_each_thread(talk: Talk, author: Author) -> None:
    await talk.say(5)
    author.may_answer.clear()
    for _ in range(3):
        talk.summaries.schedule(BEGUN.id, ADA)
    await author.begun.wait()
    author.may_answer.set()
    await talk.summaries.wait_idle()
    assert len(author.asked) == 1


async def test_a_user_without_tokens_gets_none(author: Author) -> None:
    talk = await Talk(FOUR, author, per_day=5).begin()
    await talk.say(5)
    talk.limits.spend(ADA.user_id, TokenUsage(requests=1, input_tokens=5, output_tokens=0))
    assert await talk.summarised() is None
    assert author.asked == []


async def test_closing_stops_what_is_being_written(talk: Talk, author: Author) -> None:
    await talk.say(5)
    author.may_answer.clear()
    talk.summaries.schedule(BEGUN.id, ADA)
    await author.begun.wait()
    await talk.summaries.aclose()
    assert author.cancelled
    assert await talk.summarised() is None
    assert len(author.asked) == 1


async def test_a_step_that_takes_too_long_is_given_up(
    talk: Talk, author: Author, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.application.conversation.summaries.SECONDS", 0.01)
    author.may_answer.clear()
    await talk.say(5)
    assert await talk.summarised() is None


async def test_a_summary_has_a_bound_inside_the_window() -> None:
    author = Author(lambda *_: "wörd " * 10_000)
    window = HistoryWindow(items=4, tokens=400, summarised=True)
    talk = await Talk(window, author).begin()
    await talk.say(5)
    written = await talk.summarised()
    assert written is not None
    assert len(written.text.encode()) <= author.limits[0] == 400
    assert written.text.endswith("wörd…")
    assert within_bytes("日本語" * 9, 10) == "日本…"
    assert within_bytes("half \ud83d", 400) == "half ?"
    smaller = msgspec.structs.replace(window, tokens=120)
    loaded = await talk.storage.threads.load_context(BEGUN.id, 5, ADA, with_summary=True)
    context = history_of(loaded, smaller).entries[0]
    assert isinstance(context, HiddenContextItem)
    assert written.text[:80] in context.content
    assert written.text not in context.content, "a window that was made smaller has a shorter one"


def test_every_item_has_a_text_without_the_bytes_of_a_widget() -> None:
    texts = " ".join(passage.text for item in items_of_every_type("thr_1") for passage in text_of(item))
    for trace in ("@Ann", "[attachment: a.txt]", "> as you said", "shown to the user: A widget", "read_page"):
        assert trace in texts
    assert "Which? Answered: this, other" in texts
    assert '"children"' not in texts


def test_a_record_tells_calls_results_and_the_answer_that_no_item_shows() -> None:
    picture = [{"type": "input_image", "image_url": "data:base64"}, {"type": "input_text", "text": "a cat"}]
    record = turn(
        "thr_1",
        "msg_1",
        model_items=[
            {"type": "reasoning", "encrypted_content": "secret"},
            {"type": "function_call", "call_id": "c1", "name": "draw", "arguments": '{"of": "cat"}'},
            {"type": "function_call_output", "call_id": "c1", "output": picture},
            {"type": "web_search_call", "id": "ws_1", "action": {"type": "search", "query": "cats"}},
            {"type": "file_search_call", "id": "fs_1", "queries": ["cats"], "results": [{"text": "Momo"}]},
            {"type": "image_generation_call", "id": "ig_1", "result": "bytes of a picture"},
            {"type": "mcp_call", "id": "mcp_1", "name": "ask", "arguments": '{"x": 1}', "output": "42"},
            {"role": "assistant", "content": '{"score": 7}'},
        ],
        item_ids=[],
    )
    asked = message("thr_1", "msg_1", text="Draw.")
    told = [passage.text for passage in passages_of([(asked, record)])]
    assert told == [
        "Draw.",
        'draw({"of": "cat"}) returned: [input_image]\na cat',
        'web_search({"type": "search", "query": "cats"}) returned: ',
        'file_search(["cats"]) returned: Momo',
        "image_generation() returned: ",
        'ask({"x": 1}) returned: 42',
        '{"score": 7}',
    ]


def test_an_answer_is_told_once_and_not_at_all_when_a_part_of_it_was_deleted() -> None:
    asked, said, more = message("thr_1", "q"), answer("thr_1", "a", text="Yes."), answer("thr_1", "b", text="And no.")
    call = {"type": "function_call", "name": "look", "arguments": "{}"}
    spoken = [call, *({"role": "assistant", "content": text} for text in ("Yes.", "And no."))]
    record = turn("thr_1", "q", item_ids=["a", "b"], model_items=spoken)
    whole = [passage.text for passage in passages_of([(asked, record), (said, None), (more, None)])]
    assert whole == ["Hello", "look({}) returned: ", "Yes.", "And no."]
    rest = [passage.text for passage in passages_of([(asked, record), (said, None)])]
    assert rest == ["Hello", "look({}) returned: ", "Yes."]


def test_a_message_that_its_record_replaces_is_left_out() -> None:
    asked, said = message("thr_1", "q", text="Rejected."), answer("thr_1", "a", text="I cannot answer this.")
    note = {"role": "user", "content": [{"type": "input_text", "text": "[A message was rejected.]"}]}
    spoken = {"role": "assistant", "content": "I cannot answer this."}
    record = turn("thr_1", "q", item_ids=["a", "q"], model_items=[note, spoken])
    told = [passage.text for passage in passages_of([(asked, record), (said, None)])]
    assert told == ["[A message was rejected.]", "I cannot answer this."]
    assert passages_of([(asked, record)]) == [Passage("context", "[A message was rejected.]")]


def test_of_a_long_text_both_ends_are_told() -> None:
    [said] = text_of(message("thr_1", "msg_1", text=f"begin {'x' * 50_000} end"))
    assert said.text.startswith("begin x")
    assert said.text.endswith("x end")
    assert len(said.text) < 7_000
