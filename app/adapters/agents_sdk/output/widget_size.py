"""Request limit for the size of a tool's widget, as an error that the model can act on."""

from chatkit.widgets import WidgetRoot

from app.application.widgets.size import check_widget
from app.domain.errors import InvalidInputError


def refuse_large(widget: WidgetRoot) -> None:
    """Raise `InvalidInputError`, with a text for the model, for a widget with too many components."""
    try:
        check_widget(widget)
    except ValueError as error:
        raise InvalidInputError(str(error)) from None
