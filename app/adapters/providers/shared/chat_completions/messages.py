"""Messages of a chat-completions request, from the history of any provider."""

from collections.abc import Sequence
from typing import Any, cast

from agents.items import TResponseInputItem
from agents.models.chatcmpl_converter import Converter

from app.adapters.providers.shared.chat_completions.dialect import Dialect
from app.adapters.providers.shared.history import Item, call_id, pair_calls, portable_item
from app.adapters.providers.shared.reasoning import family_of

Message = dict[str, Any]


def messages(
    instructions: str | None, items: str | Sequence[TResponseInputItem], *, model: str, dialect: Dialect
) -> list[Message]:
    """Convert the history. Raises `agents.UserError` for content that chat completions cannot carry.

    Drops ids, reasoning and signatures of other models, and messages without content.
    """
    if isinstance(items, str):
        items = [{"role": "user", "content": items}]
    history = _opening_with_user(_converted(pair_calls(cast(Sequence[Item], items)), model, dialect))
    system: list[Message] = [{"role": "system", "content": instructions}] if instructions else []
    return system + history if history else [{"role": "user", "content": instructions or ""}]


def _converted(items: Sequence[Item], model: str, dialect: Dialect) -> list[Message]:
    portable_items = [portable for item in items if (portable := _portable(item, model)) is not None]
    family = family_of(model)
    converted = Converter.items_to_messages(
        cast(list[TResponseInputItem], portable_items),
        model=model,
        should_replay_reasoning_content=lambda _: family.replayed,
    )
    signatures = {call_id(item): signature for item in items if (signature := _signature(item, model, dialect))}
    details = {call_id(item): own for item in items if (own := _details(item, model))}
    chat_messages: list[Message] = []
    for message in cast(list[Message], converted):
        if message["role"] == "developer":
            message["role"] = "system"
        for index, call in enumerate(message.get("tool_calls", ())):
            call.pop("extra_content", None)
            if call["id"] in details:
                message["reasoning_details"] = details[call["id"]]
            # Of parallel calls only the first is signed, so only the first needs a placeholder.
            signature = signatures.get(call["id"]) or (dialect.unsigned_call(model) if index == 0 else "")
            if signature:
                call["extra_content"] = {"google": {"thought_signature": signature}}
        if family.insistent and message.get("tool_calls"):
            # A call of another model has no thoughts that this one may read.
            message.setdefault("reasoning_content", " ")
        if message.get("tool_calls") or _has_content(message):
            chat_messages.append({key: value for key, value in message.items() if value is not None})
    return chat_messages


def _portable(item: Item, model: str) -> Item | None:
    """Keep reasoning of this model: some families require it with their tool calls."""
    if item.get("type") == "reasoning":
        return item if _author(item) == model else None
    return portable_item(item)


def _signature(item: Item, model: str, dialect: Dialect) -> str:
    """Signature by this model of this call, or an empty string."""
    signature = (item.get("provider_data") or {}).get("thought_signature")
    if not (dialect.signed and signature):
        return ""
    author = _author(item).rsplit("/", 1)[-1]
    return str(signature) if author in {"", model.rsplit("/", 1)[-1]} else ""


def _details(item: Item, model: str) -> list[Any]:
    """Reasoning details by this model of this call."""
    return list((item.get("provider_data") or {}).get("reasoning_details") or ()) if _author(item) == model else []


def _author(item: Item) -> str:
    return str((item.get("provider_data") or {}).get("model", ""))


def _has_content(message: Message) -> bool:
    content = message.get("content")
    return bool(content.strip() if isinstance(content, str) else content)


def _opening_with_user(history: list[Message]) -> list[Message]:
    """Drop a round of tool calls at the start of the history: upstreams refuse it there."""
    spoken = [index for index, message in enumerate(history) if message["role"] != "system"]
    first = next((index for index in spoken if history[index]["role"] == "user"), len(history))
    if any(history[index]["role"] == "tool" for index in spoken if index < first):
        return [message for index, message in enumerate(history) if index >= first or message["role"] == "system"]
    return history
