"""Litestar without what its default plugins import: the first version of pydantic, and attrs wherever it is installed.

No route of ours has models of either. Leans on `_get_default_plugins` of Litestar 2.25, which
`tests/unit/test_plain_litestar.py` guards; where it is gone, all plugins are there again.
"""

from litestar import Litestar
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin


class PlainLitestar(Litestar):
    """The application with msgspec alone."""

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return [*plugins, MsgspecDIPlugin()]
