"""The past, as any provider wrote it, in the shape that chat completions demand."""

from collections.abc import Sequence
from typing import Any, cast

from agents.items import TResponseInputItem
from agents.models.chatcmpl_converter import Converter

from app.adapters.providers.shared.chat_completions.dialect import Dialect
from app.adapters.providers.shared.history import Item, call_id, paired, plain

Message = dict[str, Any]


def messages(
    instructions: str | None, items: str | Sequence[TResponseInputItem], *, model: str, dialect: Dialect
) -> list[Message]:
    """System message and history. Raises `agents.UserError` for content that chat completions cannot carry.

    What only its author could read is left out: ids, reasoning, foreign signatures. So is a message without content.
    """
    if isinstance(items, str):
        items = [{"role": "user", "content": items}]
    told = _opening_with_user(_converted(paired(cast(Sequence[Item], items)), model, dialect))
    system: list[Message] = [{"role": "system", "content": instructions}] if instructions else []
    return system + told if told else [{"role": "user", "content": instructions or ""}]


def _converted(items: Sequence[Item], model: str, dialect: Dialect) -> list[Message]:
    known = [shown for item in items if (shown := _shown(item, model)) is not None]
    converted = Converter.items_to_messages(cast(list[TResponseInputItem], known), model=model)
    kept = {call_id(item): signature for item in items if (signature := _signature(item, model, dialect))}
    told = []
    for message in cast(list[Message], converted):
        if message["role"] == "developer":
            message["role"] = "system"
        for index, call in enumerate(message.get("tool_calls", ())):
            call.pop("extra_content", None)
            # Of calls made at once only the first is signed, so only the first needs something in its place.
            signature = kept.get(call["id"]) or (dialect.unsigned_call(model) if index == 0 else "")
            if signature:
                call["extra_content"] = {"google": {"thought_signature": signature}}
        if message.get("tool_calls") or _has_content(message):
            told.append({key: value for key, value in message.items() if value is not None})
    return told


def _shown(item: Item, model: str) -> Item | None:
    """DeepSeek wants its own thoughts back while it uses tools; the converter knows when, if it is shown them."""
    if item.get("type") == "reasoning":
        return item if _author(item) == model else None
    return plain(item)


def _signature(item: Item, model: str, dialect: Dialect) -> str:
    """The signature that this very model gave to this call, or an empty string."""
    signature = (item.get("provider_data") or {}).get("thought_signature")
    if not (dialect.signed and signature):
        return ""
    author = _author(item).rsplit("/", 1)[-1]
    return str(signature) if author in {"", model.rsplit("/", 1)[-1]} else ""


def _author(item: Item) -> str:
    return str((item.get("provider_data") or {}).get("model", ""))


def _has_content(message: Message) -> bool:
    content = message.get("content")
    return bool(content.strip() if isinstance(content, str) else content)


def _opening_with_user(told: list[Message]) -> list[Message]:
    """A window of the past may begin within a round of tool calls, which upstreams refuse as a beginning."""
    spoken = [index for index, message in enumerate(told) if message["role"] != "system"]
    first = next((index for index in spoken if told[index]["role"] == "user"), len(told))
    if any(told[index]["role"] == "tool" for index in spoken if index < first):
        return [message for index, message in enumerate(told) if index >= first or message["role"] == "system"]
    return told
