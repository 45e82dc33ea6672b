"""Model input: thread items and turn records as the Agents SDK's input items."""

import re
from collections.abc import Sequence
from typing import Any, Final, cast

from agents.items import TResponseInputItem
from chatkit.agents import ThreadItemConverter
from chatkit.types import (
    AssistantMessageItem,
    Attachment,
    GeneratedImageItem,
    HiddenContextItem,
    TaskItem,
    UserMessageTagContent,
    WidgetItem,
    WorkflowItem,
)
from openai.types.responses import EasyInputMessageParam, ResponseInputContentParam, ResponseInputTextParam

from app.adapters.agents_sdk.input.file_inputs import FileParts, files_of, generated_image, placeholder
from app.application.conversation.mentions import MODEL_TEXT
from app.application.turns.endings import note_for_model
from app.chatkit_json.item_fields import IncompleteNote
from app.domain.hosted_items import IMAGE, as_call
from app.domain.model_ref import ModelRef
from app.ports.agent_runner import HistoryEntry
from app.ports.turn_log import TurnRecord

_CLOSING_TAG: Final = re.compile(r"<(?=\s*/\s*HiddenContext)", re.IGNORECASE)


class HistoryConverter(ThreadItemConverter):
    """Converts thread items, with replacements for defaults of ChatKit that fail or cost needless tokens."""

    def __init__(self, file_parts: FileParts) -> None:
        self._file_parts = file_parts

    async def assistant_message_to_input(self, item: AssistantMessageItem) -> TResponseInputItem | None:
        """Convert to plain text: only models on the Responses API accept ChatKit's own form."""
        text = "".join(part.text for part in item.content)
        return EasyInputMessageParam(role="assistant", content=text) if text.strip() else None

    async def widget_to_input(self, item: WidgetItem) -> TResponseInputItem | None:
        """Convert to the widget's copy text; its JSON would cost tokens without a gain."""
        if not item.copy_text:
            return None
        return context_message(f"A widget was shown to the user. Its text:\n{item.copy_text}")

    async def workflow_to_input(self, item: WorkflowItem) -> None:
        """Leave out the workflow: the turn's model items hold the same calls and results."""

    async def generated_image_to_input(self, item: GeneratedImageItem) -> TResponseInputItem:
        """Convert to the image itself: its link is for the user's browser."""
        return _image_message(next(iter(files_of(item)), None), self._file_parts)

    async def task_to_input(self, item: TaskItem) -> TResponseInputItem | list[TResponseInputItem] | None:
        """Convert an incomplete note to a text for the model; other tasks as ChatKit does."""
        if isinstance(item, IncompleteNote):
            return context_message(note_for_model(item))
        return await super().task_to_input(item)

    async def hidden_context_to_input(self, item: HiddenContextItem) -> TResponseInputItem:
        """Convert any JSON value; ChatKit accepts text only. No content can close the tag around it."""
        content = _CLOSING_TAG.sub("\u2039", str(item.content))
        return context_message(f"<HiddenContext>\n{content}\n</HiddenContext>")

    async def tag_to_message_content(self, tag: UserMessageTagContent) -> ResponseInputContentParam:
        """Convert an @mention to the description that `Mentions` resolved, else to the entity's id."""
        description = tag.data.get(MODEL_TEXT, f"It is the entity with the id {tag.id}.")
        return ResponseInputTextParam(type="input_text", text=f"@{tag.text} was mentioned. {description}")

    async def attachment_to_message_content(self, attachment: Attachment) -> ResponseInputContentParam:
        """Convert to the file's input part, else to a placeholder."""
        return self._file_parts.get(attachment.id) or placeholder(attachment, "It is not shown to you.")


async def to_model_input(
    history: Sequence[HistoryEntry], model: ModelRef, file_parts: FileParts | None = None
) -> list[TResponseInputItem]:
    """Convert the history, in its order; turns of another model take a form that every model accepts."""
    converter = HistoryConverter(file_parts or {})
    items: list[TResponseInputItem] = []
    for entry in history:
        if isinstance(entry, TurnRecord):
            same = ModelRef(entry.provider, entry.model) == model
            items += _recorded(entry.model_items, same, file_parts or {})
        else:
            items += await converter.to_agent_input([entry])
    return items


def _recorded(items: Sequence[dict[str, Any]], same: bool, file_parts: FileParts) -> list[TResponseInputItem]:
    """The items of a recorded turn; an image that the model made becomes a message that shows it."""
    replayed: list[Any] = []
    for item in items:
        if item.get("type") == IMAGE:
            replayed.append(_image_message(generated_image(item), file_parts))
        else:
            replayed += [item] if same else neutral([item])
    return replayed


def _image_message(image: Attachment | None, file_parts: FileParts) -> TResponseInputItem:
    if image is None:
        return context_message("[You made an image for the user, but it could not be kept.]")
    part = file_parts.get(image.id) or placeholder(image, "It is not shown to you.")
    if part["type"] == "input_text":
        return context_message(part["text"])
    shown = [{"type": "input_text", "text": "[You made this image for the user.]"}, part]
    return cast(TResponseInputItem, {"type": "message", "role": "user", "content": shown})


def neutral(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Reduce model items to messages, calls and results, without the ids and reasoning of one provider.

    Calls of hosted tools become calls with results; an item of an unknown type is left out.
    """
    plain = []
    for item in items:
        match item.get("type"):
            case "message":
                text = "".join(part.get("text") or part.get("refusal") or "" for part in item["content"])
                if text.strip():
                    plain.append({"role": item.get("role", "assistant"), "content": text})
            case "function_call":
                plain.append({key: item[key] for key in ("type", "call_id", "name", "arguments")})
            case "function_call_output":
                plain.append({key: item[key] for key in ("type", "call_id", "output")})
            case _:
                plain += as_call(item)
    return plain


def context_message(text: str) -> TResponseInputItem:
    """Return an input message with context for the model that the user did not write."""
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    return cast(TResponseInputItem, message)
