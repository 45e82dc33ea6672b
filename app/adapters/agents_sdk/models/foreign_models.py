"""Foreign models: models that code made itself, instead of naming one of the catalog."""

from agents import Model

from app.domain.errors import AnyportError
from app.domain.language import _


class ForeignModelError(AnyportError):
    """An agent or a run brings a model of its own; the developer must name a model of this server instead."""

    code = "foreign_model"

    def __init__(self, owner: str, model: Model) -> None:
        super().__init__(
            _("The model that was asked for is not set up here."),
            detail=f"{owner} brings a {type(model).__name__}, whose requests could go anywhere. Write a model's name, "
            "such as gemini/gemini-2.5-flash, or none for the model that answers the message.",
        )


def is_foreign(model: object) -> bool:
    """True for a model that none of our providers made."""
    return isinstance(model, Model) and not type(model).__module__.startswith("app.adapters.agents_sdk.")


def refuse_foreign_model(owner: str, model: object) -> None:
    """Raise `ForeignModelError` for a model that code made itself; a name and None pass."""
    if isinstance(model, Model) and is_foreign(model):
        raise ForeignModelError(owner, model)
