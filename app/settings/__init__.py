"""Settings of the whole server, read from the environment; reading opens nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from app.domain.redaction import MaskedStruct
from app.environment import Problem, Secret, SettingsError, read_section
from app.ports.model_provider import ProviderPlugin
from app.settings.assistant import AssistantSettings, HistorySummary, TitleSource, Tracing, assistant_problems
from app.settings.attachments import AttachmentSettings, attachment_problems
from app.settings.auth import BrowserSettings, LoginSettings, auth_problems
from app.settings.chatkit import ChatKitSettings
from app.settings.limits import LimitSettings
from app.settings.mcp import McpSettings
from app.settings.server import LogFormat, LogLevel, ServerSettings
from app.settings.store import StoreSettings
from app.settings.transcription import TranscriptionSettings, with_openai_key
from app.settings.turns import TurnSettings

__all__ = [
    "SECTIONS",
    "AssistantSettings",
    "ChatKitSettings",
    "HistorySummary",
    "LogFormat",
    "LogLevel",
    "ServerSettings",
    "Settings",
    "TitleSource",
    "Tracing",
    "load_settings",
]


class Settings(MaskedStruct, frozen=True, kw_only=True):
    """Settings of the whole server.

    `providers` maps the name of each installed provider to its settings; `mcp_servers` holds the parsed `MCP_SERVERS`.
    """

    server: ServerSettings = ServerSettings()
    store: StoreSettings = StoreSettings()
    assistant: AssistantSettings = AssistantSettings()
    limits: LimitSettings = LimitSettings()
    chatkit: ChatKitSettings = ChatKitSettings()
    login: LoginSettings = LoginSettings()
    browsers: BrowserSettings = BrowserSettings()
    attachments: AttachmentSettings = AttachmentSettings()
    mcp: McpSettings = McpSettings()
    transcription: TranscriptionSettings = TranscriptionSettings()
    turns: TurnSettings = TurnSettings()
    providers: dict[str, Any] = msgspec.field(default_factory=dict)
    mcp_servers: Sequence[Any] = ()


SECTIONS: dict[str, type[Any]] = {
    "server": ServerSettings,
    "store": StoreSettings,
    "assistant": AssistantSettings,
    "limits": LimitSettings,
    "chatkit": ChatKitSettings,
    "login": LoginSettings,
    "browsers": BrowserSettings,
    "attachments": AttachmentSettings,
    "mcp": McpSettings,
    "transcription": TranscriptionSettings,
    "turns": TurnSettings,
}


def load_settings(
    environ: Mapping[str, str],
    plugins: Iterable[ProviderPlugin],
    *,
    check_url: Callable[[Secret], str] = lambda _: "",
    read_mcp: Callable[[str], Sequence[Any]] = lambda _: (),
) -> Settings:
    """Read all settings from `environ`. Raises `SettingsError` with every mistake, not only the first.

    `assistant.provider` of the result always names one of `plugins`. `check_url` returns the problem of a database
    address, or an empty string. `read_mcp` parses `MCP_SERVERS` and raises `ValueError` for a bad value.
    """
    problems: list[Problem] = []
    sections: dict[str, Any] = {name: read_section(section, environ, problems) for name, section in SECTIONS.items()}
    known = {plugin.name: plugin for plugin in plugins}
    providers = {name: read_section(plugin.settings, environ, problems) for name, plugin in known.items()}
    if wrong := check_url(sections["store"].database_url):
        problems.append(Problem("DATABASE_URL", wrong))
    try:
        mcp_servers = read_mcp(sections["mcp"].servers.reveal())
    except ValueError as error:
        mcp_servers = ()
        problems.append(Problem("MCP_SERVERS", str(error)))
    problems.extend(auth_problems(sections["server"].host, sections["login"]))
    problems.extend(assistant_problems(sections["assistant"]))
    problems.extend(attachment_problems(sections["attachments"]))
    chosen = _choose_provider(sections["assistant"].provider, known, providers, problems)
    for variable, refs in (
        ("LLM_MODELS", sections["assistant"].models),
        ("LLM_FALLBACKS", sections["assistant"].fallbacks),
        ("TITLE_MODEL", sections["assistant"].title_models),
        ("SUMMARY_MODEL", sections["assistant"].summary_models),
        ("MODEL_ALIASES", sections["assistant"].model_aliases.models.values()),
    ):
        for name in sorted({ref.provider for ref in refs}):
            _need_provider(variable, name, known, providers, problems)
    if sections["assistant"].tracing is Tracing.OPENAI and not getattr(providers.get("openai"), "api_key", ""):
        problems.append(Problem("TRACING", "traces go to OpenAI with a key: set OPENAI_API_KEY"))
    sections["transcription"] = with_openai_key(sections["transcription"], providers, problems)
    if problems:
        # Providers share settings, and each of them reports a bad one.
        raise SettingsError(list(dict.fromkeys(problems)))
    sections["assistant"] = msgspec.structs.replace(sections["assistant"], provider=chosen)
    return Settings(**sections, providers=providers, mcp_servers=mcp_servers)


def _choose_provider(
    wanted: str, known: Mapping[str, ProviderPlugin], providers: Mapping[str, Any], problems: list[Problem]
) -> str:
    if not wanted:
        detected = [plugin for plugin in known.values() if plugin.detect(providers[plugin.name])]
        wanted = min(detected, key=lambda plugin: (plugin.rank, plugin.name)).name if detected else "demo"
    _need_provider("LLM_PROVIDER", wanted, known, providers, problems)
    return wanted


def _need_provider(
    variable: str,
    name: str,
    known: Mapping[str, ProviderPlugin],
    providers: Mapping[str, Any],
    problems: list[Problem],
) -> None:
    if name not in known:
        installed = ", ".join(sorted(known))
        problems.append(Problem(variable, f"there is no provider {name!r}; installed: {installed}"))
    elif missing := known[name].missing(providers[name]):
        problems.append(Problem(variable, f"{name} was chosen, but {missing}"))
