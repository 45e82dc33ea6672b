"""Icons: the names that ChatKit's front ends draw."""

from collections.abc import Iterator
from typing import Any, Final, Literal, get_args, get_origin

from chatkit.widgets import WidgetIcon

from app.adapters.agents_sdk.loading.import_problems import near_miss

_NAMES: Final = frozenset(name for one in get_args(WidgetIcon) if get_origin(one) is Literal for name in get_args(one))
_PREFIXES: Final = ("vendor:", "lucide:")


def icon_problem(icon: Any, place: str) -> Iterator[str]:
    """Yield a sentence for a name that is none of ChatKit's; icons of others have a prefix."""
    if isinstance(icon, str) and icon not in _NAMES and not icon.startswith(_PREFIXES):
        yield (
            f"{place} is none of ChatKit's icons.{near_miss(icon, _NAMES)} Take a name of "
            "https://openai.github.io/chatkit-js/api/openai/chatkit/type-aliases/widgeticon or lucide:…"
        )
