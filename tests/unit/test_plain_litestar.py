"""The seam of Litestar at which its default plugins are left out."""

import inspect

from litestar import Litestar
from litestar.plugins.core import MsgspecDIPlugin
from litestar.plugins.pydantic import PydanticPlugin

from app.patches.plain_litestar import PlainLitestar


def test_litestar_asks_there_for_its_plugins() -> None:
    assert list(inspect.signature(Litestar._get_default_plugins).parameters) == ["plugins"]
    assert "self._get_default_plugins(" in inspect.getsource(Litestar.__init__)
    assert any(isinstance(plugin, PydanticPlugin) for plugin in Litestar._get_default_plugins([]))


def test_of_the_defaults_there_is_msgspec_s_alone() -> None:
    kinds = {type(plugin) for plugin in PlainLitestar([]).plugins}
    assert kinds & {type(plugin) for plugin in Litestar._get_default_plugins([])} == {MsgspecDIPlugin}
