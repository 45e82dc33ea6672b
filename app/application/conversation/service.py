"""Conversation: one turn from history to answer, with its record and its token usage."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Final

import structlog
from chatkit.store import NotFoundError
from chatkit.types import (
    InferenceOptions,
    NoticeEvent,
    StructuredInputItem,
    ThreadItemReplacedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageInput,
    UserMessageItem,
)

from app.application.conversation.approvals import TurnApprovals, unanswered
from app.application.conversation.history import History, history_of
from app.application.conversation.model_catalog import ModelCatalog
from app.application.conversation.summaries import Summaries
from app.application.conversation.titles import Titles
from app.application.limits.rules import Limits
from app.application.turns.turn import INTERRUPTED, current_turn
from app.domain.clock import clock
from app.domain.conversation import HistoryWindow, title_from
from app.domain.errors import AlreadyDecidedError, AnyportError, InvalidInputError
from app.domain.identity import RequestContext
from app.domain.ids import new_id
from app.domain.language import _
from app.ports.agent_runner import AgentRunner, Answered, Decided, HistoryEntry, RunReport, RunRequest
from app.ports.approval_log import ApprovalLog
from app.ports.delta_sink import DeltaSink
from app.ports.thread_store import LoadedContext, ThreadStore
from app.ports.turn_log import TurnLog, TurnRecord, TurnStatus

REFUSED: Final = "guardrail"
"""The error code of a turn whose message or answer a guardrail rejected."""

log = structlog.get_logger(__name__)


class Conversation:
    """Loads the context of a thread and streams the answer to its newest item."""

    def __init__(
        self,
        store: ThreadStore,
        turn_log: TurnLog,
        runner: AgentRunner,
        models: ModelCatalog,
        limits: Limits,
        approvals: ApprovalLog,
        *,
        window: HistoryWindow,
        message_characters: int,
        titles: Titles | None = None,
        summaries: Summaries | None = None,
    ) -> None:
        self._store = store
        self._turn_log = turn_log
        self._runner = runner
        self._models = models
        self._limits = limits
        self._approvals = approvals
        self._window = window
        self._message_characters = message_characters
        self._titles = titles
        self._summaries = summaries

    async def admit(self, context: RequestContext) -> None:
        """Raises `LimitError` for a user without tokens left for another answer."""
        await self._limits.admit_turn(context.user_id)

    async def check(self, message: UserMessageInput) -> None:
        """Raises `InvalidInputError` for a message that is empty or too long, or that names an unknown model or
        tool."""
        if not message.attachments and not any(part.text.strip() for part in message.content):
            raise InvalidInputError(_("The message is empty."))
        characters = sum(len(part.text) for part in message.content) + len(message.quoted_text or "")
        if characters > self._message_characters:
            raise InvalidInputError(
                _(
                    "The message is too long: it has {characters} characters, and {limit} are allowed.",
                    characters=characters,
                    limit=self._message_characters,
                )
            )
        options = message.inference_options
        self._models.choose(options.model)
        if options.tool_choice and not await self._runner.offers(options.tool_choice.id):
            offered = ", ".join(sorted(await self._runner.tools())) or "none"
            raise InvalidInputError(_("This tool is not offered here. Choose one of: {tools}.", tools=offered))

    async def forget_answer(self, message: UserMessageItem, answer: Sequence[str], context: RequestContext) -> None:
        """Delete the record of an answer before a retry, so that no later turn sends the answer to a model.

        The effects of its tools stay recorded, so that the new answer does not repeat them.
        """
        turns = await self._turn_log.load(message.thread_id, [message.id, *answer], context)
        effects = [effect for key in (message.id, *answer) if key in turns for effect in turns[key].effects]
        if not effects:
            await self._turn_log.delete(message.thread_id, message.id, context)
            return
        replaced = turns.get(message.id) or next(iter(turns.values()))
        stub = TurnRecord(
            id=replaced.id,
            thread_id=message.thread_id,
            after_item_id=message.id,
            status=replaced.status,
            provider="",
            model="",
            started_at=replaced.started_at,
            finished_at=replaced.finished_at,
            effects=effects,
            superseded=True,
        )
        await self._turn_log.save(stub, context)

    async def create_thread(
        self, thread: ThreadMetadata, message: UserMessageItem, context: RequestContext
    ) -> LoadedContext:
        """Store a new thread, titled after its first message, with that message; the context of the answer."""
        thread.title = _title([message])
        await self._store.create_thread(thread, message, context)
        return LoadedContext(thread=thread, items=[message], created=True)

    async def load_context(
        self, thread_id: str, context: RequestContext, *, adding: UserMessageItem | None = None
    ) -> LoadedContext:
        """Load the context of an answer, after adding a message if given. Raises `NotFoundError`."""
        summarised = self._window.summarised
        # One item more than the window shows whether any is left out.
        newest = self._window.items + summarised
        return await self._store.load_context(thread_id, newest, context, adding=adding, with_summary=summarised)

    async def awaits_decision(self, form: StructuredInputItem, context: RequestContext) -> bool:
        """Return True for a form with decisions that no turn has taken up: nothing was done on them yet."""
        loaded = await self.load_context(form.thread_id, context)
        resumed = history_of(loaded, self._window).answered
        return isinstance(resumed, Decided) and resumed.item.id == form.id

    async def answer(
        self,
        thread: ThreadMetadata,
        context: RequestContext,
        delta_sink: DeltaSink | None = None,
        loaded: LoadedContext | None = None,
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        """Stream the answer to the newest item of the `loaded` context, which is loaded when None.

        Raises `AnyportError` when the model fails. The turn is recorded also when it fails or is cancelled.

        With a `delta_sink` text takes the delta fast path instead of an event.

        A thread without a title gets a plain one, in place; the event fold stores it and sends an event. A title by a
        model may follow in the background.
        """
        loaded = loaded or await self.load_context(thread.id, context)
        past = await self._past(loaded, context)
        untitled = loaded.created or thread.title is None
        if thread.title is None:
            thread.title = _title(past.entries)
        turn, summary_due = _TurnProgress(thread.id, past), past.summary_due
        for item in past.given_up:
            yield ThreadItemReplacedEvent(item=item)
        try:
            request = self._request(thread, past, context, delta_sink)
            if unreadable := self._unreadable(request):
                yield NoticeEvent(level="warning", message=unreadable)
            running = self._runner.run(request, turn.report)
            del loaded, past, request  # Only the run holds the history while the model answers.
            async with aclosing(running) as events:
                async for event in events:
                    yield event
        except (asyncio.CancelledError, GeneratorExit) as cause:
            await self._record_incomplete(turn, "interrupted" if INTERRUPTED in cause.args else "cancelled", context)
            raise
        except AnyportError as failure:
            await self._record_failure(turn, failure, context)
            raise
        turn.error = REFUSED if turn.report.refused else ""
        await self._record(turn, "completed", context)
        # A title would send the rejected message to a model, or name what was rejected.
        if untitled and self._titles is not None and not turn.report.refused:
            self._titles.schedule(thread, context)
        if summary_due and self._summaries is not None:
            self._summaries.schedule(thread.id, context)
        if turn.used_up:
            yield NoticeEvent(level="warning", message=_("That was the last of today's allowance of this chat."))

    def _request(
        self, thread: ThreadMetadata, past: History, context: RequestContext, delta_sink: DeltaSink | None
    ) -> RunRequest:
        """The run's request, with the model of the newest message; its tool choice is for its own answer only."""
        history = past.entries
        asked = next((entry for entry in reversed(history) if isinstance(entry, UserMessageItem)), None)
        options = asked.inference_options if asked else InferenceOptions()
        try:
            model = self._models.choose(options.model)
        except InvalidInputError:
            model = self._models.default  # The model was offered when the message was sent.
        tool = options.tool_choice.id if options.tool_choice and asked is history[-1] else None
        return RunRequest(
            thread=thread,
            history=history,
            context=context,
            model=model,
            tool=tool,
            answered=past.answered if isinstance(past.answered, Answered) else None,
            decided=past.answered if isinstance(past.answered, Decided) else None,
            desk=TurnApprovals(self._approvals, self._turn_log, thread.id, context),
            delta_sink=delta_sink,
            done=past.done,
        )

    async def _past(self, loaded: LoadedContext, context: RequestContext) -> History:
        """The history for the answer. Calls that waited for approval are closed in their records too.

        A process that was thought dead then finds its question decided, and makes no call.
        """
        past = history_of(loaded, self._window)
        for before, closed in past.unapproved:
            if not (decisions := unanswered(before, clock.now(), context)):
                await self._turn_log.save(closed, context)
                continue
            try:
                await self._approvals.take_up(decisions, closed, context)
            except AlreadyDecidedError:  # That process has taken the question up: its record says what was done.
                past = history_of(await self.load_context(loaded.thread.id, context), self._window)
                for _before, left in past.unapproved:  # The form itself was deleted.
                    await self._turn_log.save(left, context)
                return past
        return past

    def _unreadable(self, request: RunRequest) -> str:
        """The notice about attachments that the model cannot read; empty when it reads all."""
        asked, able = request.history[-1], self._models.capabilities(request.model)
        attachments = asked.attachments if isinstance(asked, UserMessageItem) else []
        names = [attachment.name for attachment in attachments if not able.reads(attachment.mime_type)]
        if not names:
            return ""
        return _("This model cannot read {names}. Say what is in it, or choose another model.", names=", ".join(names))

    async def _record_failure(self, turn: "_TurnProgress", failure: AnyportError, context: RequestContext) -> None:
        log.warning("turn failed", thread=turn.thread_id, code=failure.code, actor=failure.actor, detail=failure.detail)
        if isinstance(failure, AlreadyDecidedError):
            return  # The turn that took the question up has the record.
        turn.error = failure.code
        await self._record_incomplete(turn, "failed", context)

    async def _record_incomplete(self, turn: "_TurnProgress", status: TurnStatus, context: RequestContext) -> None:
        """Record a failed or cancelled turn; an error of the store is logged, because the turn's own error counts."""
        try:
            await self._record(turn, status, context)
        except AnyportError as failure:
            log.warning("turn not recorded", thread=turn.thread_id, code=failure.code, detail=failure.detail)

    async def _record(self, turn: "_TurnProgress", status: TurnStatus, context: RequestContext) -> None:
        if (running := current_turn.get()) is not None:
            for item_id in turn.report.withdrawn:
                running.withdraw(item_id)
        turn.used_up = self._limits.spend(context.user_id, turn.report.usage)
        try:
            if turn.report.earlier is not None:
                await self._turn_log.save(turn.report.earlier, context)
            await self._turn_log.save(turn.record(status), context)
        except NotFoundError:
            log.info("turn not recorded: thread or message deleted", thread=turn.thread_id)


class _TurnProgress:
    """The state of a running turn, for its record."""

    def __init__(self, thread_id: str, past: History) -> None:
        if not past.entries or (isinstance(past.entries[-1], TurnRecord) and past.answered is None):
            raise InvalidInputError(_("There is nothing in this thread to answer."))
        self.thread_id = thread_id
        self.after_item_id = past.newest
        self._done = past.done
        self.report = RunReport()
        self.error = ""
        self.used_up = False
        self._started_at = clock.now()

    def record(self, status: TurnStatus) -> TurnRecord:
        return TurnRecord(
            id=running.id if (running := current_turn.get()) else new_id("turn"),
            thread_id=self.thread_id,
            after_item_id=self.after_item_id,
            status=status,
            provider=self.report.provider,
            model=self.report.model,
            started_at=self._started_at,
            finished_at=clock.now(),
            model_items=self.report.model_items,
            item_ids=self.report.item_ids,
            usage=self.report.usage,
            attempts=self.report.attempts,
            error=self.error,
            open_call=self.report.open_call,
            approvals=self.report.approvals,
            effects=[*self._done, *self.report.effects],
        )


def _title(history: Sequence[HistoryEntry]) -> str | None:
    first = next((entry for entry in history if isinstance(entry, UserMessageItem)), None)
    return title_from("".join(part.text for part in first.content)) if first else None
