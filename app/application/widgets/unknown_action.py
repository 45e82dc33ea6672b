"""Unknown actions: the refusal, which names the known ones."""

from collections.abc import Sequence

from chatkit.actions import Action

from app.domain.errors import InvalidInputError
from app.domain.language import _


def refuse_unknown(action: Action[str, object], known: Sequence[str]) -> None:
    """Raise `InvalidInputError` for an action that is not among `known`."""
    if action.type in known:
        return
    if not known:
        raise InvalidInputError(_("This assistant has no actions, so the widget of another one may have sent it."))
    raise InvalidInputError(_("This server knows no such action. It knows: {list}.", list=", ".join(known)))
