"""Every setting of the server, as values. Reading builds nothing and opens nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec

from app.domain.model_ref import ModelRefs
from app.environment import Problem, Secret, SettingsError, checks, env, read_section
from app.ports.model_provider import ProviderPlugin
from app.settings.attachments import AttachmentSettings, attachment_problems
from app.settings.auth import BrowserSettings, LoginSettings, auth_problems
from app.settings.limits import LimitSettings
from app.settings.mcp import McpSettings
from app.settings.turns import TurnSettings


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a log line looks."""

    TEXT = "text"
    JSON = "json"


class TitleSource(StrEnum):
    """Who writes the titles of threads."""

    MODEL = "model"
    OFF = "off"


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the server listens and how it talks to its operator."""

    host: Annotated[
        str,
        env(
            "HOST",
            help="Address to listen on.",
            expects="an IP address or a host's name, without a port, such as 127.0.0.1, 0.0.0.0 or ::",
            check=checks.host,
        ),
    ] = "127.0.0.1"
    port: Annotated[int, env("PORT", help="Port to listen on.", expects="a port from 1 to 65535", ge=1, le=65535)] = (
        8000
    )
    log_level: Annotated[
        LogLevel, env("APP_LOG_LEVEL", help="How much to log.", expects="debug, info, warning or error")
    ] = LogLevel.INFO
    trusted_proxies: Annotated[
        str,
        env(
            "FORWARDED_ALLOW_IPS",
            help="Addresses or networks of the proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.",
            expects="IP addresses and networks, such as 10.0.0.0/8,192.0.2.1; or * for all",
            check=checks.networks,
        ),
    ] = "127.0.0.1"
    log_format: Annotated[
        LogFormat, env("LOG_FORMAT", help="`text` for people, `json` for machines.", expects="text or json")
    ] = LogFormat.TEXT
    max_body_bytes: Annotated[
        int,
        env(
            "MAX_BODY_BYTES",
            help="Largest request body.",
            expects="a number of bytes from 1024 to 1000000000",
            ge=1024,
            le=1_000_000_000,
        ),
    ] = 2_000_000
    client_seconds: Annotated[
        float,
        env(
            "CLIENT_SECONDS",
            help="How long a client may take for the head of a request, may fall behind with its body, may go on "
            "sending after its answer, and may read nothing of an answer that waits for it.",
            expects="seconds from 0.1 to 86400",
            ge=0.1,
            le=checks.LONGEST_SECONDS,
        ),
    ] = 20.0


class StoreSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where conversations and tasks are kept."""

    database_url: Annotated[
        Secret,
        env(
            "DATABASE_URL",
            help="`memory://`, `sqlite:///path` or `postgresql://user:password@host/name`.",
            expects="memory://, sqlite:///path or postgresql://…",
        ),
    ] = Secret("sqlite:///data/anyport.db")
    pool_size: Annotated[
        int,
        env(
            "DATABASE_POOL_SIZE",
            help="Connections to PostgreSQL that one server keeps at most; ten carry hundreds of chats.",
            expects="a number from 1 to 100",
            ge=1,
            le=100,
        ),
    ] = 10
    thread_retention_days: Annotated[
        int,
        env(
            "THREAD_RETENTION_DAYS",
            help="Threads that nobody wrote in for so many days are deleted; 0 keeps them.",
            expects="a number from 0 to 36500",
            ge=0,
            le=36500,
        ),
    ] = 0


class AssistantSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Which assistant and which model answer, and how much of the past they are told."""

    assistant: Annotated[
        str,
        env(
            "ASSISTANT",
            help="`tasks`, or an assistant of your own as `package.module:name`.",
            expects="tasks or package.module:name",
            check=checks.matching(r"tasks|[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*"),
        ),
    ] = "tasks"

    provider: Annotated[
        str,
        env(
            "LLM_PROVIDER",
            help="`demo`, `gemini`, `openai`, `litellm` or an installed plugin. "
            "Unset: the one whose key is present, else `demo`.",
            expects="the name of an installed provider",
            check=checks.word,
        ),
    ] = ""
    models: Annotated[
        ModelRefs,
        env(
            "LLM_MODELS",
            help="Further models that a message may ask for, as `provider/model,provider/model`.",
            expects="provider/model,provider/model, such as gemini/gemini-2.5-flash,openai/gpt-4o-mini",
            check=checks.some,
        ),
    ] = ModelRefs()
    fallbacks: Annotated[
        ModelRefs,
        env(
            "LLM_FALLBACKS",
            help="Models that answer, in this order, when the first one fails before its first word.",
            expects="provider/model,provider/model, such as openai/gpt-4o-mini",
            check=checks.some,
        ),
    ] = ModelRefs()
    history_items: Annotated[
        int,
        env(
            "HISTORY_ITEMS",
            help="At most this many thread items are told to the model.",
            expects="a number from 1 to 1000",
            ge=1,
            le=1000,
        ),
    ] = 50
    history_tokens: Annotated[
        int,
        env(
            "HISTORY_TOKENS",
            help="About how many tokens of the past the model is told at most; the newest message always is.",
            expects="a number of tokens from 100 to 100000000",
            ge=100,
            le=100_000_000,
        ),
    ] = 100_000
    titles: Annotated[
        TitleSource,
        env(
            "TITLES",
            help="`model` writes a thread's title after its first answer; with `off` it is its first words.",
            expects="model or off",
        ),
    ] = TitleSource.MODEL
    title_models: Annotated[
        ModelRefs,
        env(
            "TITLE_MODEL",
            help="A smaller model that writes the titles, as `provider/model`; unset: the one that answers by default.",
            expects="one provider/model, such as gemini/gemini-2.5-flash-lite",
            check=checks.one,
        ),
    ] = ModelRefs()
    max_tool_rounds: Annotated[
        int,
        env(
            "MAX_TOOL_ROUNDS",
            help="A turn ends after this many rounds of tool calls.",
            expects="a number from 1 to 100",
            ge=1,
            le=100,
        ),
    ] = 10


class ChatKitSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What is between the server and ChatKit's front end."""

    domain_key: Annotated[
        str,
        env(
            "CHATKIT_DOMAIN_KEY",
            help="Domain key from OpenAI's console for the hosted front end; any word will do on localhost.",
            expects="a domain key, which is one word of letters, digits, - and _",
            check=checks.matching(r"[A-Za-z0-9_-]+"),
        ),
    ] = "local-dev"
    client_tool_timeout_seconds: Annotated[
        int,
        env(
            "CLIENT_TOOL_TIMEOUT_SECONDS",
            help="How long the page may take to answer a client tool; later, the call counts as unanswered.",
            expects="a number of seconds from 1 to 3600",
            ge=1,
            le=3600,
        ),
    ] = 60


OPENAI = "https://api.openai.com/v1"


class TranscriptionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Who writes down what a user dictates; nobody, unless a model is named."""

    model: Annotated[
        str,
        env(
            "TRANSCRIPTION_MODEL",
            help="Turns dictation on, such as `gpt-4o-mini-transcribe` or `whisper-1`.",
            expects="a model's name, without spaces",
            check=checks.word,
        ),
    ] = ""
    base_url: Annotated[
        str,
        env(
            "TRANSCRIPTION_BASE_URL",
            help="A server with OpenAI's audio endpoint.",
            expects="an http(s) URL, such as http://localhost:9000/v1",
            check=checks.base_url,
        ),
    ] = OPENAI
    api_key: Annotated[
        Secret,
        env(
            "TRANSCRIPTION_API_KEY",
            help="Key for it. At OpenAI itself, `OPENAI_API_KEY` will do.",
            expects="a key, without spaces",
            check=checks.key,
        ),
    ] = Secret("")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. `providers` holds the settings of every installed provider, by name; `mcp_servers` what `MCP_SERVERS`
    names, as their adapter has read it."""

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
    providers: dict[str, Any] = {}
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
    """Read everything from `environ`. Raises `SettingsError` with all mistakes in it, not the first alone.

    The provider is settled here: `assistant.provider` of the result always names one of `plugins`. What a database
    address may look like only the stores know: `check_url` says what is wrong with one, or nothing. `read_mcp` makes
    servers of `MCP_SERVERS`, or raises `ValueError`.
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
    problems.extend(attachment_problems(sections["attachments"]))
    chosen = _choose_provider(sections["assistant"].provider, known, providers, problems)
    for variable, refs in (
        ("LLM_MODELS", sections["assistant"].models),
        ("LLM_FALLBACKS", sections["assistant"].fallbacks),
        ("TITLE_MODEL", sections["assistant"].title_models),
    ):
        for name in sorted({ref.provider for ref in refs}):
            _need_provider(variable, name, known, providers, problems)
    sections["transcription"] = _with_openai_key(sections["transcription"], providers, problems)
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


def _with_openai_key(
    wanted: TranscriptionSettings, providers: Mapping[str, Any], problems: list[Problem]
) -> TranscriptionSettings:
    """The key of the provider goes to OpenAI's own address only."""
    if not wanted.model or wanted.api_key or urlsplit(wanted.base_url).hostname != urlsplit(OPENAI).hostname:
        return wanted
    key = getattr(providers.get("openai"), "api_key", Secret(""))
    if not key:
        missing = "OpenAI's audio endpoint needs a key: set TRANSCRIPTION_API_KEY or OPENAI_API_KEY"
        problems.append(Problem("TRANSCRIPTION_MODEL", missing))
    return msgspec.structs.replace(wanted, api_key=key)


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
