"""The plain text of an item."""

from chatkit.types import AssistantMessageItem, ThreadItem, UserMessageItem, WidgetItem


def text_of_item(item: ThreadItem) -> str:
    """The text of a message, or the copy text of a widget; empty for all other items."""
    match item:
        case AssistantMessageItem() | UserMessageItem():
            return "".join(part.text for part in item.content)
        case WidgetItem():
            return item.copy_text or ""
    return ""
