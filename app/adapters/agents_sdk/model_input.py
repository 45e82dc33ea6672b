"""What the model is told of a thread: thread items and whole turns, as the Agents SDK's input items."""

from collections.abc import Sequence
from typing import Any, cast

from agents.items import TResponseInputItem
from chatkit.agents import ThreadItemConverter
from chatkit.types import (
    AssistantMessageItem,
    Attachment,
    HiddenContextItem,
    TaskItem,
    UserMessageTagContent,
    WidgetItem,
    WorkflowItem,
)
from openai.types.responses import EasyInputMessageParam, ResponseInputContentParam, ResponseInputTextParam

from app.adapters.agents_sdk.file_inputs import FileParts, placeholder
from app.application.conversation.mentions import MODEL_TEXT
from app.application.turns.endings import note_for_model
from app.chatkit_json.item_fields import IncompleteNote
from app.domain.model_ref import ModelRef
from app.ports.agent_runner import HistoryEntry
from app.ports.turn_log import TurnRecord


class HistoryConverter(ThreadItemConverter):
    """ChatKit's converter, where its defaults fail or say too much."""

    def __init__(self, enclosed: FileParts) -> None:
        self._enclosed = enclosed

    async def assistant_message_to_input(self, item: AssistantMessageItem) -> TResponseInputItem | None:
        """Plain text: ChatKit's own form is refused by every model that is not on the Responses API."""
        text = "".join(part.text for part in item.content)
        return EasyInputMessageParam(role="assistant", content=text) if text.strip() else None

    async def widget_to_input(self, item: WidgetItem) -> TResponseInputItem | None:
        """What could be copied from it; the widget's JSON would only cost tokens."""
        if not item.copy_text:
            return None
        return context_message(f"A widget was shown to the user. Its text:\n{item.copy_text}")

    async def workflow_to_input(self, item: WorkflowItem) -> None:
        """Nothing: it shows the user what the turn's own items tell the model."""

    async def task_to_input(self, item: TaskItem) -> TResponseInputItem | list[TResponseInputItem] | None:
        """A note that an answer is incomplete in words for the model; any other as ChatKit does."""
        if isinstance(item, IncompleteNote):
            return context_message(note_for_model(item))
        return await super().task_to_input(item)

    async def hidden_context_to_input(self, item: HiddenContextItem) -> TResponseInputItem:
        """Any JSON value, not text alone."""
        return context_message(f"<HiddenContext>\n{item.content}\n</HiddenContext>")

    async def tag_to_message_content(self, tag: UserMessageTagContent) -> ResponseInputContentParam:
        """An @mention: what was found out about it when the turn began, else the id it stands for."""
        told = tag.data.get(MODEL_TEXT, f"It is the entity with the id {tag.id}.")
        return ResponseInputTextParam(type="input_text", text=f"@{tag.text} was mentioned. {told}")

    async def attachment_to_message_content(self, attachment: Attachment) -> ResponseInputContentParam:
        """The file itself, or a sentence that says what was attached."""
        return self._enclosed.get(attachment.id) or placeholder(attachment, "It is not shown to you.")


async def to_model_input(
    history: Sequence[HistoryEntry], model: ModelRef, enclosed: FileParts | None = None
) -> list[TResponseInputItem]:
    """The history in order, with the attachments of `enclosed`. Turns of another model are told in a form that every
    model takes."""
    converter = HistoryConverter(enclosed or {})
    items: list[TResponseInputItem] = []
    for entry in history:
        if isinstance(entry, TurnRecord):
            same = ModelRef(entry.provider, entry.model) == model
            items += entry.model_items if same else neutral(entry.model_items)  # type: ignore[arg-type]  # stored JSON
        else:
            items += await converter.to_agent_input([entry])
    return items


def neutral(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Messages, calls and results alone: without reasoning, ids and whatever else only their author understands."""
    plain = []
    for item in items:
        match item.get("type"):
            case "message":
                text = "".join(part.get("text") or part.get("refusal") or "" for part in item["content"])
                if text.strip():
                    plain.append({"role": "assistant", "content": text})
            case "function_call":
                plain.append({key: item[key] for key in ("type", "call_id", "name", "arguments")})
            case "function_call_output":
                plain.append({key: item[key] for key in ("type", "call_id", "output")})
    return plain


def context_message(text: str) -> TResponseInputItem:
    """Something that the model is told beside what the user wrote."""
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    return cast(TResponseInputItem, message)
