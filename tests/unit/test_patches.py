"""The register of patches: each entry fits the locked versions, can be switched off, and falls back."""

import ast
import gc
import sys
from collections.abc import Callable
from importlib import import_module

import pytest
from litestar import Litestar
from structlog.testing import capture_logs

from app.patches import agent_identity, garbage_collection, plain_litestar, static_tools_agent
from app.patches.bounded_connections.choice import UVICORN_OWN, http_protocol
from app.patches.bounded_connections.protocol import BoundedProtocol
from app.patches.patch import Patch
from app.patches.register import AGENT_IDENTITY, BOUNDED_CONNECTIONS, REGISTER
from app.patches.switch import VARIABLE
from tests.server import ROOT

PAGE = ROOT / "docs" / "decisions" / "patches.md"
HELPERS = {"__init__", "patch", "register", "switch", "lean_imports", "aliased_import"}

pytestmark = pytest.mark.usefixtures("patches_on")


def named(patch: Patch) -> str:
    """The id of a test."""
    return patch.name


@pytest.mark.parametrize("patch", REGISTER, ids=named)
def test_it_fits_the_installed_version(patch: Patch) -> None:
    installed = patch.installed()
    if installed is None:
        assert patch.target == "litellm", "the only library that is optional"
        return
    assert installed.startswith(patch.version), f"read {patch.module} again, then change the version"
    assert patch.state() == "applied"


@pytest.mark.parametrize("patch", REGISTER, ids=named)
def test_the_switch_turns_off_speed_and_never_safety(patch: Patch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "off")
    assert patch.is_on == (patch.kind == "safety")
    if patch.kind == "speed":
        assert patch.state() == "off"


def test_a_library_that_lacks_everything_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the check raises counts as no fit."""

    def broken() -> bool:
        raise AttributeError

    for patch in REGISTER:
        monkeypatch.setattr(import_module(patch.module), "fits", broken)
        assert not patch.is_applied()
        monkeypatch.setitem(sys.modules, patch.module, None)
        assert patch.state() in {"does not fit", "not installed"}


def lacking(monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    """The library without one thing that its patch uses."""
    monkeypatch.delattr(target)


def test_agents_are_the_sdks_own_where_their_patches_do_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module(agent_identity.MODULES[0])

    def changed(agent: object, run: object) -> dict[int, str]:
        return {}

    monkeypatch.setattr(module, agent_identity.NAME, changed)
    assert not AGENT_IDENTITY.is_applied()
    agent_identity.apply()
    assert getattr(module, agent_identity.NAME) is changed
    monkeypatch.setattr("agents.Agent.get_all_tools", changed)
    assert not isinstance(static_tools_agent.agent_with("A", []), static_tools_agent.StaticToolsAgent)


def test_the_application_is_litestars_own_where_the_patch_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert plain_litestar.litestar_class() is not Litestar
    lacking(monkeypatch, "litestar.Litestar._get_default_plugins")
    assert plain_litestar.litestar_class() is Litestar


async def test_garbage_is_pythons_to_collect_where_it_cannot_be_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    lacking(monkeypatch, "gc.freeze")
    before = gc.get_threshold()
    with garbage_collection.uncollected():
        assert gc.isenabled()
    await garbage_collection.collect_in_quiet(lambda: False)
    assert gc.get_threshold() == before


SPOILT: list[Callable[[pytest.MonkeyPatch], None]] = [
    lambda patch: patch.delattr("uvicorn.protocols.http.httptools_impl.HttpToolsProtocol.on_response_complete"),
    lambda patch: patch.setattr("uvicorn.protocols.http.httptools_impl.HttpToolsProtocol.__init__", lambda _: None),
    lambda patch: patch.setattr("uvicorn.protocols.http.httptools_impl.RequestResponseCycle.__init__", lambda _: None),
]


@pytest.mark.parametrize("spoil", SPOILT)
def test_uvicorns_own_protocol_serves_where_the_bounded_one_does_not_fit(
    monkeypatch: pytest.MonkeyPatch, spoil: Callable[[pytest.MonkeyPatch], None]
) -> None:
    assert issubclass(http_protocol(1.0, 2), BoundedProtocol)  # type: ignore[arg-type]  # it is no name
    spoil(monkeypatch)
    with capture_logs() as logged:
        assert http_protocol(1.0, 2) == UVICORN_OWN
    assert BOUNDED_CONNECTIONS.state() == "does not fit"
    assert "proxy" in logged[0]["change"]


def test_every_patch_is_in_the_register_and_on_its_page() -> None:
    page = PAGE.read_text()
    registered = {patch.module.split(".")[2] for patch in REGISTER}
    there = {path.stem for path in (ROOT / "app" / "patches").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert registered == there - HELPERS - {"__pycache__"}
    for patch in REGISTER:
        assert f"| {patch.name} | {patch.target} {patch.version.rstrip('.')} | {patch.kind} | {patch.gain} |" in page
        assert any(
            isinstance(node, ast.FunctionDef) and node.name == "fits"
            for node in ast.parse((ROOT / f"{patch.module.replace('.', '/')}.py").read_text()).body
        )
