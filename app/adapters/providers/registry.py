"""Provider registry: loads the plugins of the entry-point group `anyport.providers`."""

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points

import msgspec

from app.domain.errors import AnyportError
from app.environment import variables
from app.ports.model_provider import ProviderPlugin

GROUP = "anyport.providers"


class DuplicateProviderError(AnyportError):
    """Two installed packages claim one provider name; the operator must uninstall one of them."""

    code = "duplicate_provider"

    def __init__(self, name: str, first: str, second: str) -> None:
        super().__init__(
            f"Two providers are called {name!r}: {first} and {second}. Uninstall one of the packages with pip."
        )
        self.name = name


class Discovery(msgspec.Struct, frozen=True, kw_only=True):
    """Result of discovery: the plugins that load, and the reasons of those that do not, by entry-point name."""

    plugins: Mapping[str, ProviderPlugin]
    failures: Mapping[str, str]


def discover(entries: Iterable[EntryPoint] | None = None) -> Discovery:
    """Load every provider plugin, `entries` standing in for the installed ones. Builds no provider.

    A broken plugin ends up in `failures` and leaves the others alone. Raises `DuplicateProviderError`.
    """
    plugins: dict[str, ProviderPlugin] = {}
    failures: dict[str, str] = {}
    for name, entry in _by_name(entry_points(group=GROUP) if entries is None else entries).items():
        try:
            plugins[name] = _load(entry)
        except Exception as error:  # a third party's module may raise anything at import
            failures[name] = f"{_origin(entry)}: {type(error).__name__}: {error}"
    return Discovery(plugins=plugins, failures=failures)


def _by_name(entries: Iterable[EntryPoint]) -> dict[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for entry in entries:
        other = found.setdefault(entry.name, entry)
        if other is not entry:
            raise DuplicateProviderError(entry.name, _origin(other), _origin(entry))
    return found


def _load(entry: EntryPoint) -> ProviderPlugin:
    plugin = entry.load()
    if not isinstance(plugin, ProviderPlugin):
        raise TypeError(f"expected a ProviderPlugin, found {type(plugin).__name__}")
    if plugin.name != entry.name:
        raise ValueError(f"the plugin calls itself {plugin.name!r}, its entry point {entry.name!r}")
    # Settings that cannot be read are a failure of this plugin, not of the whole start.
    tuple(variables(plugin.settings))
    plugin.settings()
    return plugin


def _origin(entry: EntryPoint) -> str:
    package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an unknown package"
    return f"{package} ({entry.value})"
