"""The two servers, and what came of a request to each."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, Final

import msgspec
from chatkit.actions import Action
from chatkit.server import ChatKitServer, StreamingResult
from chatkit.types import (
    AudioInput,
    FeedbackKind,
    SyncCustomActionResponse,
    ThreadMetadata,
    ThreadStreamEvent,
    TranscriptionResult,
    UserMessageItem,
    WidgetItem,
)
from dishka import AsyncContainer, Provider, Scope, provide

from app.application.attachments.service import Attachments
from app.application.turns.registry import TurnRegistry
from app.application.turns.turn import Turn
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.dispatcher import ChatKitDispatcher
from app.entrypoints.chatkit.feedback import save_feedback
from app.ports.agent_runner import AgentRunner, RunReport, RunRequest
from app.ports.thread_store import ThreadStore
from app.ports.transcriber import Transcriber
from app.ports.widget_actions import WidgetActions
from tests.stock.scripts import SCRIPTS, STAYS

HEARD: Final = "what was said"

_ID: Final = re.compile(r"\b[a-z]{2,5}_[0-9a-z]{20,}")
_LINK: Final = re.compile(r"http://[^\"]*/files/[^\"]*|\?[^\"]*token=[^\"]*")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?")


class Scripted(AgentRunner):
    """Scripted assistant."""

    script = "speaks"

    async def tools(self) -> frozenset[str]:
        return frozenset()

    async def run(self, request: RunRequest, report: RunReport) -> AsyncGenerator[ThreadStreamEvent, None]:
        async for event in SCRIPTS[self.script](request.thread):
            yield event


class Hears(Transcriber):
    """Transcriber that returns the same text for each recording."""

    async def transcribe(self, audio: bytes, media_type: str) -> str:
        return HEARD

    async def check(self) -> None:
        pass

    async def aclose(self) -> None:
        pass


class ScriptedWiring(Provider):
    """Both of them in the place of the real ones."""

    scope = Scope.APP

    @provide(override=True)
    def runner(self) -> AgentRunner:
        return Scripted()

    @provide(override=True)
    def transcriber(self) -> Transcriber:
        return Hears()


class StockServer(ChatKitServer[RequestContext]):
    """ChatKit's own, with the least that a server has to add."""

    def __init__(self, store: ThreadStore, attachments: Attachments, actions: WidgetActions) -> None:
        super().__init__(store, attachments)
        self.script = "speaks"
        self._threads = store
        self._actions = actions

    def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: RequestContext
    ) -> AsyncIterator[ThreadStreamEvent]:
        return SCRIPTS[self.script](thread)

    def action(
        self, thread: ThreadMetadata, action: Action[str, Any], sender: WidgetItem | None, context: RequestContext
    ) -> AsyncIterator[ThreadStreamEvent]:
        return self._actions.stream(thread, action, sender, context)

    async def sync_action(
        self, thread: ThreadMetadata, action: Action[str, Any], sender: WidgetItem | None, context: RequestContext
    ) -> SyncCustomActionResponse:
        return await self._actions.sync(thread, action, sender, context)

    async def add_feedback(
        self, thread_id: str, item_ids: list[str], feedback: FeedbackKind, context: RequestContext
    ) -> None:
        await save_feedback(self._threads, thread_id, item_ids, feedback, context)

    async def transcribe(self, audio_input: AudioInput, context: RequestContext) -> TranscriptionResult:
        return TranscriptionResult(text=HEARD)


class Outcome(msgspec.Struct, kw_only=True):
    """What a request led to: events or an object, or a refusal before either, and what is stored then."""

    events: list[dict[str, Any]] = []
    answer: Any = None
    refused: str = ""
    threads: list[dict[str, Any]] = []
    items: list[dict[str, Any]] = []
    feedback: list[Any] = []
    zoneless: bool = False
    """True when an event or an answer has a time without a time zone."""

    @property
    def gist(self) -> list[str]:
        """The refusal, or the kinds of its events."""
        return [self.refused] if self.refused else [event["type"] for event in self.events]


class Side:
    """One of the two servers, on the store that both have."""

    def __init__(self, container: AsyncContainer, store: ThreadStore) -> None:
        self.container = container
        self.store = store

    async def ask(self, body: bytes, context: RequestContext, script: str) -> Outcome:
        """What comes of a request; a stream that stays is cancelled."""
        outcome = Outcome()
        try:
            await self._ask(body, context, script, outcome)
        except Exception as error:
            outcome.refused = type(error).__name__
        return await self._with_what_is_stored(outcome, context)

    async def _ask(self, body: bytes, context: RequestContext, script: str, outcome: Outcome) -> None:
        raise NotImplementedError

    async def _with_what_is_stored(self, outcome: Outcome, context: RequestContext) -> Outcome:
        page = await self.store.load_threads(100, None, "asc", context)
        for thread in page.data:
            outcome.threads.append(json.loads(thread.model_dump_json()))
            items = await self.store.load_thread_items(thread.id, None, 100, "asc", context)
            outcome.items += [json.loads(item.model_dump_json()) for item in items.data]
            outcome.feedback += [msgspec.to_builtins(one) for one in await self.store.load_feedback(thread.id, context)]
        shown = json.dumps([outcome.events, outcome.answer])
        outcome.zoneless = any(not time.endswith("Z") and time[-6] not in "+-" for time in _TIME.findall(shown))
        return outcome


class Stock(Side):
    """ChatKit's."""

    async def _ask(self, body: bytes, context: RequestContext, script: str, outcome: Outcome) -> None:
        server = StockServer(self.store, await self.container.get(Attachments), await self.container.get(WidgetActions))
        server.script = script
        result = await server.process(body, context)
        if not isinstance(result, StreamingResult):
            outcome.answer = json.loads(result.json)
            return
        stayed = asyncio.Event()

        async def read() -> None:
            async for frame in result.json_events:
                outcome.events += _events(frame)
                if STAYS.encode() in frame:
                    stayed.set()

        reading = asyncio.create_task(read())
        staying = asyncio.create_task(stayed.wait())
        await asyncio.wait({reading, staying}, return_when=asyncio.FIRST_COMPLETED)
        if not reading.done():
            reading.cancel()
            await asyncio.wait({reading})
            return
        staying.cancel()
        await reading


class Ours(Side):
    """This one."""

    async def _ask(self, body: bytes, context: RequestContext, script: str, outcome: Outcome) -> None:
        server, turns = await self.container.get(ChatKitDispatcher), await self.container.get(TurnRegistry)
        runner = await self.container.get(AgentRunner)
        assert isinstance(runner, Scripted)
        runner.script = script
        begun = await (await server.receive(body, context)).begin()
        if not isinstance(begun, Turn):
            outcome.answer = json.loads(begun)
            return
        async for frames in begun.follow():
            outcome.events += _events(frames)
            if STAYS.encode() in frames:
                begun.stop()
                break
        await begun.wait_ended()
        assert begun not in turns.running


def _events(frames: bytes) -> list[dict[str, Any]]:
    return [json.loads(frame.removeprefix(b"data: ")) for frame in frames.split(b"\n\n") if frame.startswith(b"data: ")]


def normalised(outcome: Any) -> Any:
    """With ids in their order, one time for all, and links without their secrets."""
    ids: dict[str, str] = {}
    text = json.dumps(outcome)
    text = _ID.sub(lambda found: ids.setdefault(found.group(), f"{found.group().partition('_')[0]}_{len(ids)}"), text)
    return json.loads(_TIME.sub("TIME", _LINK.sub("LINK", text)))
