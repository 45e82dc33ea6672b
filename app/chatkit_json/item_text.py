"""What an item says, as text alone."""

from chatkit.types import AssistantMessageItem, ThreadItem, UserMessageItem, WidgetItem


def text_of_item(item: ThreadItem) -> str:
    """The words of a message, or those that could be copied from a widget; nothing for items without any."""
    match item:
        case AssistantMessageItem() | UserMessageItem():
            return "".join(part.text for part in item.content)
        case WidgetItem():
            return item.copy_text or ""
    return ""
