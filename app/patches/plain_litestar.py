"""Litestar without default plugins: they import the first version of pydantic, and attrs wherever it is installed.

No route of ours has models of either. Overrides the private `Litestar._get_default_plugins`.
"""

import inspect
from importlib import import_module
from typing import Any

from litestar import Litestar

from app.patches.register import PLAIN_LITESTAR


class PlainLitestar(Litestar):
    """The application with msgspec's plugin alone."""

    @staticmethod
    def _get_default_plugins(plugins: list[Any]) -> list[Any]:
        return [*plugins, import_module("litestar.plugins.core").MsgspecDIPlugin()]


def fits() -> bool:
    """True when Litestar gets its default plugins from the function that is overridden."""
    own = vars(Litestar).get("_get_default_plugins")
    return (
        isinstance(own, staticmethod)
        and list(inspect.signature(own.__func__).parameters) == ["plugins"]
        and "_get_default_plugins" in Litestar.__init__.__code__.co_names
        and hasattr(import_module("litestar.plugins.core"), "MsgspecDIPlugin")
    )


def litestar_class() -> type[Litestar]:
    """The class of the application: Litestar's own where the patch is off or does not fit."""
    return PlainLitestar if PLAIN_LITESTAR.is_applied() else Litestar
