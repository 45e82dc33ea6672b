"""How large a widget may be."""

from typing import Any, Final

from chatkit.widgets import WidgetRoot

from app.domain.errors import InvalidInputError

COMPONENTS: Final = 500
"""A browser would draw more, but reading them holds up everybody else: some 5 ms for so many."""


def check_widget(widget: WidgetRoot) -> None:
    """Raises `InvalidInputError`, in words for the model, when a widget has more than `COMPONENTS`."""
    left: list[Any] = [widget]
    count = 0
    while left:
        component = left.pop()
        count += 1
        if count > COMPONENTS:
            raise InvalidInputError(f"A widget has at most {COMPONENTS} components: show less at once.")
        children = getattr(component, "children", None)
        left += children if isinstance(children, list) else [] if children is None else [children]
