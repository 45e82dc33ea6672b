"""Request limit for the size of a widget."""

from typing import Any, Final

from chatkit.widgets import WidgetRoot

MAX_COMPONENTS: Final = 500
"""Reading this many blocks the event loop for about 5 ms; a browser could show more."""


def check_widget(widget: WidgetRoot) -> None:
    """Raise `ValueError` for a widget with more than `MAX_COMPONENTS`."""
    unvisited: list[Any] = [widget]
    count = 0
    while unvisited:
        component = unvisited.pop()
        count += 1
        if count > MAX_COMPONENTS:
            raise ValueError(f"A widget has at most {MAX_COMPONENTS} components: show less at once.")
        children = getattr(component, "children", None)
        unvisited += children if isinstance(children, list) else [] if children is None else [children]
