"""The column "Expected" of the settings is enforced: each setting refuses values outside of it."""

import base64
import itertools
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import get_type_hints

import msgspec
import pytest

from app.bootstrap import read_settings, setting_sections
from app.environment import SECRET_BYTES, Secret, SettingsError, SigningSecret, Variable, variables

SECONDS = ("soon", "inf", "-inf", "nan", "-1", "1e9", "86401")
COUNT = ("many", "inf", "nan", "null", "-1", "1.5", "9" * 30)
URLS = (
    *("example.org", "ftp://example.org", "http://", "https://exa mple.org", "http://example.org:0", "http://h:99999"),
    *(
        "http://:80",
        "https://example.org:",
        "https://-.org",
        "https://example.org/#part",
        "http://256.1.1.1",
        "http://[::g]",
    ),
)
BASES = (*URLS, "https://example.org/?a=b")
KEY = ("two words", "naïve-key", "tab\tbed")
WORD = ("two words", "tab\tbed", "a\x7fb")
WORDS = (*WORD, ",", ", ,")
MODELS = ("gpt", "/gpt", "openai/", ",", "openai/two words", "open ai/gpt")
ORIGINS = (
    ",",
    "example.org",
    "https://example.org/path",
    "*",
    "https://a:99999",
    "https://-a.org",
    "https://1.2.3.400",
)
HOSTS = (",", "https://example.org", "example.org:80", "a b", "-a.org", "a..org", "1.2.3.400", "**.org", "::::g")
SIGNING = (
    *(
        "secret",
        "x" * 40,
        "secret" * 8,
        "changeme-" * 5,
        "passwordpassword12345678901234567890",
        "0123456789abcdef" * 3,
    ),
    *("qwertyuiopasdfghjklzxcvbnm1234567890", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,", "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6"),
    *(
        "Admin123!" * 4,
        "secret1secret2secret3secret4secret5",
        "correcthorsebattcorrecthorsebatt",
        "zyxwvutsrqponmlkjihgfedcba987654",
    ),
    *("your-super-secret-jwt-token-with-at-least-32-characters-long", "ReplaceThisWithSomethingReallyLong77"),
    *("better-auth-secret-12345678901234567890", "aabbccddeeffgghhiijjkkllmmnnooppqq"),
)

# By variable: values that are outside what it expects. Every setting has a line, and every value is refused.
WRONG: Mapping[str, Sequence[str]] = {
    "HOST": ("http://0.0.0.0", "localhost:8000", "two words", "[::1]", "256.1.1.1", "1.2.3", "-a", "a..b"),
    "PORT": ("65536", "eighty", "80.5", "-1"),
    "APP_LOG_LEVEL": ("loud", "DEBUG"),
    "APP_PATCHES": ("none", "OFF"),
    "FORWARDED_ALLOW_IPS": ("proxy.example.com", "10.0.0.1/8", "10.0.0.0/33", ",", "*,10.0.0.1", "10.0.0.0/8;10.0.0.1"),
    "LOG_FORMAT": ("xml",),
    "MAX_BODY_BYTES": (*COUNT, "1023", "1000000001"),
    "CLIENT_SECONDS": (*SECONDS, "0", "0.01"),
    "DATABASE_URL": (
        *(
            "mysql://h/n",
            "sqlite://data.db",
            "sqlite:///",
            "memory://x",
            "postgresql://a b@h/n",
            "postgresql://h:99999/n",
        ),
        *("anyport.db", "postgresql://h/n?sslmode=maybe", "sqlite:///:memory:", "postgresql://h/n?nonsense=1"),
    ),
    "DATABASE_POOL_SIZE": (*COUNT, "0", "101"),
    "THREAD_RETENTION_DAYS": (*COUNT, "36501"),
    "ASSISTANT": (
        *("chores", "module", "module:", ":name", "a b:c", "pkg..mod:x", "pkg.mod:x.y", "1a:b"),
        *(
            "bot.py",
            "bot.py:",
            ".py:x",
            "bots/.py:x",
            "bots/bot.txt:x",
            "bot.py:1a",
            "bot.py:x.y",
            "bot.py:x()",
            "a\nb.py:x",
        ),
    ),
    "CONTEXT_HEADERS": ("X Page", "X-Page:", "X-Seite-ä", ",", "x" * 65, "(page)"),
    "LLM_PROVIDER": ("skynet", "gem ini"),
    "LLM_MODELS": MODELS,
    "LLM_FALLBACKS": MODELS,
    "MODEL_ALIASES": ("gpt-4.1", "gpt-4.1=", "=openai/x", "a b=openai/x", "a=openai", "a=x/y,a=x/z"),
    "HISTORY_ITEMS": (*COUNT, "0", "1001"),
    "HISTORY_TOKENS": (*COUNT, "99"),
    "TITLES": ("on",),
    "TRACING": ("on", "OPENAI"),
    "REASONING_EFFORT": ("hi", "LOW", "0", "null"),
    "REASONING_SUMMARY": ("on", "none", "null"),
    "TITLE_MODEL": (*MODELS, "demo/a,demo/b"),
    "HISTORY_SUMMARY": ("model", "ON", "true"),
    "SUMMARY_MODEL": (*MODELS, "demo/a,demo/b"),
    "MAX_TOOL_ROUNDS": (*COUNT, "0", "101"),
    "RATE_LIMIT_PER_MINUTE": COUNT,
    "RATE_LIMIT_PER_ADDRESS": COUNT,
    "MAX_CONCURRENT_TURNS": COUNT,
    "MAX_STREAMS": (*COUNT, "0"),
    "MAX_STREAMS_PER_USER": COUNT,
    "QUOTA_TOKENS_PER_DAY": COUNT,
    "MAX_MESSAGE_CHARACTERS": (*COUNT, "0", "1000001"),
    "CHATKIT_DOMAIN_KEY": ("two words", "<script>", "naïve", "a/b"),
    "CLIENT_TOOL_TIMEOUT_SECONDS": (*SECONDS, "0", "3601"),
    "AUTH_MODE": ("open",),
    "JWT_SECRET": SIGNING,
    "BETTER_AUTH_SECRET": SIGNING,
    "AUTH_JWKS_URL": URLS,
    "BETTER_AUTH_URL": BASES,
    "AUTH_ISSUER": WORD,
    "AUTH_AUDIENCE": WORD,
    "AUTH_USER_CLAIM": WORD,
    "SESSION_SECRET": SIGNING,
    "SESSION_SECONDS": (*SECONDS, "59"),
    "SESSION_MAX_SECONDS": (*(value for value in SECONDS if value != "86401"), "59", "2592001"),
    "CORS_ORIGINS": ORIGINS,
    "ALLOWED_HOSTS": HOSTS,
    "FRAME_ANCESTORS": ORIGINS,
    "ATTACHMENTS_URL": (
        *(
            "attachments",
            "file:",
            "file://",
            "file:///",
            "file:///a?b",
            "s3://",
            "s3://a",
            "s3://bu cket",
            "s3://b@d/x",
        ),
        *("gs://bucket", "memory://x", "https://bucket.example.com", "s3://bucket/two words"),
    ),
    "ATTACHMENT_MAX_BYTES": COUNT,
    "ATTACHMENT_TYPES": (",", "png", "image/", "image/png;q=1", "image/p ng"),
    "ATTACHMENTS_PER_MESSAGE": (*COUNT, "0", "101"),
    "ATTACHMENTS_BYTES_PER_USER": COUNT,
    "ATTACHMENT_TEXT_TOKENS": (*COUNT, "99"),
    "PUBLIC_URL": BASES,
    "FILE_LINKS_SECRET": SIGNING,
    "AWS_ACCESS_KEY_ID": KEY,
    "AWS_SECRET_ACCESS_KEY": KEY,
    "AWS_SESSION_TOKEN": KEY,
    "AWS_REGION": ("eu central", "eu_central", "https://x"),
    "AWS_DEFAULT_REGION": ("eu central",),
    "AWS_ENDPOINT_URL": BASES,
    "MCP": ("yes", "ON"),
    "MCP_SERVERS": (
        *("{", "[]", '{"a": {}}', '{"a": {"command": ""}}', '{"a": {"url": "http://a b"}}', "no-such-file.json"),
        *('{"a": {"url": "https://"}}', '{"a": {"command": "x", "cwd": "/no/such/folder"}}'),
    ),
    "MCP_TIMEOUT_SECONDS": (*SECONDS, "0.01", "601"),
    "TRANSCRIPTION_MODEL": WORD,
    "TRANSCRIPTION_BASE_URL": BASES,
    "TRANSCRIPTION_API_KEY": KEY,
    "ON_DISCONNECT": ("stay",),
    "TURN_GRACE_SECONDS": SECONDS,
    "BUSY_THREAD": ("wait",),
    "SHUTDOWN_GRACE_SECONDS": SECONDS,
    "SAVE_RETRY_SECONDS": SECONDS,
    "KEEP_ALIVE_SECONDS": (*SECONDS, "0"),
    **dict.fromkeys(("LLM_CONNECT_TIMEOUT", "LLM_FIRST_TOKEN_TIMEOUT", "LLM_IDLE_TIMEOUT"), (*SECONDS, "0")),
    "OPENAI_HOSTED_CALL_TIMEOUT": (*SECONDS, "0"),
    "LLM_RETRIES": (*COUNT, "11"),
    "LLM_RETRY_DELAY": (*SECONDS, "0", "31"),
    **dict.fromkeys(("GEMINI_MODEL", "GEMINI_DEFAULT_MODEL", "OPENAI_MODEL", "OPENAI_DEFAULT_MODEL"), WORD),
    **dict.fromkeys(("GEMINI_MODELS", "OPENAI_MODELS", "LITELLM_MODELS"), WORDS),
    **dict.fromkeys(("GEMINI_BASE_URL", "OPENAI_BASE_URL", "LITELLM_BASE_URL", "AZURE_API_BASE"), BASES),
    **dict.fromkeys(
        ("GEMINI_API_KEY", "GOOGLE_API_KEY", "OPENAI_API_KEY", "LITELLM_API_KEY", "OPENROUTER_API_KEY"), KEY
    ),
    **dict.fromkeys(("ANTHROPIC_API_KEY", "AZURE_API_KEY", "MISTRAL_API_KEY", "GROQ_API_KEY"), KEY),
    **dict.fromkeys(("DEEPSEEK_API_KEY", "XAI_API_KEY"), KEY),
    "OPENAI_API": ("both",),
    "LITELLM_MODEL": ("gpt-4o", "/gpt", "openai/", "openai/two words"),
    "LITELLM_API_VERSION": ("newest", "2024-1-1", "2024-10-21 preview"),
    "AZURE_API_VERSION": ("newest",),
    "OPENROUTER_MODEL": WORD,
    "DEMO_DELAY_MS": (*COUNT, "1001"),
}


def settings_there_are() -> Iterator[Variable]:
    """Every setting of the server and of the providers that are installed."""
    return itertools.chain.from_iterable(map(variables, setting_sections().values()))


def problems_of(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return the problems of an environment by variable; empty when the server starts."""
    try:
        read_settings(environ)
    except SettingsError as error:
        return {problem.variable: problem.message for problem in error.problems}
    return {}


def test_every_setting_is_fed_something_wrong() -> None:
    assert {name for variable in settings_there_are() for name in variable.names} == WRONG.keys()


@pytest.mark.parametrize("name", WRONG)
def test_what_is_outside_its_own_words_stops_the_start(name: str) -> None:
    accepted = [value for value in WRONG[name] if not problems_of({name: value}).get(name)]
    assert accepted == []


def test_every_expectation_says_more_than_that_it_is_text() -> None:
    vague = {"text", "a value", "text in one line", "seconds", "a number", "an address", ""}
    assert [variable.names[0] for variable in settings_there_are() if variable.expects in vague] == []


def test_every_number_has_both_its_ends() -> None:
    open_ended = [
        variable.names[0]
        for section in setting_sections().values()
        for variable, hint in zip(variables(section), get_type_hints(section).values(), strict=True)
        if hint in {int, float, int | None} and not problems_of({variable.names[0]: "1e15"})
    ]
    assert open_ended == []


def test_what_signs_is_a_signing_secret() -> None:
    """Such a setting is known by its help: it signs, or tokens are signed with it."""
    loose = [
        variable.names[0]
        for section in setting_sections().values()
        for variable, hint in zip(variables(section), get_type_hints(section).values(), strict=True)
        if re.search(r"\bsign", variable.help, re.IGNORECASE) or "SECRET of" in variable.help
        if variable.secret and hint is not SigningSecret
    ]
    assert loose == []
    named = [name for variable in settings_there_are() if variable.secret for name in variable.names]
    assert {name for name in named if name.endswith("_SECRET")} == {
        name for name, values in WRONG.items() if values is SIGNING
    }


def test_a_problem_never_repeats_a_secret() -> None:
    for variable in settings_there_are():
        for name in variable.names if variable.secret else ():
            for value in WRONG[name]:
                assert len(value) < 12 or value not in problems_of({name: value}).get(name, ""), name


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        ({"AUTH_MODE": "none", "JWT_SECRET": "k4JmT0v8Zq2LwXy7RbNc5HsDf9PaGe1u"}, "AUTH_MODE"),
        ({"AUTH_ISSUER": "https://login.example.com"}, "AUTH_ISSUER"),
        ({"AUTH_AUDIENCE": "chat"}, "AUTH_AUDIENCE"),
        ({"AUTH_JWKS_URL": "https://a.example.com/k", "BETTER_AUTH_URL": "https://b.example.com"}, "BETTER_AUTH_URL"),
        ({"SESSION_SECONDS": "700", "SESSION_MAX_SECONDS": "600"}, "SESSION_MAX_SECONDS"),
        ({"ATTACHMENTS_BYTES_PER_USER": "1000"}, "ATTACHMENTS_BYTES_PER_USER"),
        ({"ATTACHMENTS_URL": "s3://bucket", "AWS_ACCESS_KEY_ID": "a"}, "AWS_SECRET_ACCESS_KEY"),
        ({"ATTACHMENTS_URL": "s3://bucket", "AWS_SECRET_ACCESS_KEY": "a"}, "AWS_ACCESS_KEY_ID"),
        ({"ATTACHMENTS_URL": "s3://bucket", "AWS_SESSION_TOKEN": "a"}, "AWS_SESSION_TOKEN"),
        ({"HOST": "0.0.0.0"}, "HOST"),  # noqa: S104
        ({"TRANSCRIPTION_MODEL": "whisper-1"}, "TRANSCRIPTION_MODEL"),
    ],
)
def test_settings_that_contradict_each_other_stop_the_start(environ: dict[str, str], variable: str) -> None:
    assert problems_of(environ).keys() == {variable}


@pytest.mark.parametrize("name", ["ATTACHMENTS_URL", "DATABASE_URL"])
def test_a_place_that_cannot_be_a_folder_stops_the_start(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("no folder")
    scheme = "file://" if name == "ATTACHMENTS_URL" else "sqlite:///"
    assert problems_of({name: f"{scheme}{tmp_path}/file/below"}).keys() == {name}
    assert problems_of({name: f"{scheme}{tmp_path}/not/there/yet"}) == {}
    assert not (tmp_path / "not").exists(), "reading settings creates nothing"


RIGHT = {
    "HOST": ("::1", "127.0.0.2", "localhost"),
    "FORWARDED_ALLOW_IPS": ("*", "10.0.0.0/8, 192.0.2.1", "fd00::/8"),
    "CONTEXT_HEADERS": ("X-Page", "x-page, X-Tenant", "User-Agent"),
    "CORS_ORIGINS": ("https://app.example.com, http://localhost:5173", "http://[::1]:8000", "http://192.168.0.2"),
    "ALLOWED_HOSTS": ("*", "*.example.com,chat.example.org", "::1", "my_host"),
    "PUBLIC_URL": ("https://chat.example.com", "http://localhost:8000/chat", "http://[::1]:8000"),
    "ATTACHMENTS_URL": ("file:data/files", "file:///var/lib/anyport files", "s3://my-bucket/some/prefix", "memory://"),
    "DATABASE_URL": (
        "sqlite:///data/my chats.db",
        "postgresql:///anyport",
        "postgresql://u:p%20w@h/n?application_name=a b",
    ),
    "CHATKIT_DOMAIN_KEY": ("domain_pk_6789abcdef", "local-dev"),
    "ASSISTANT": (
        "tasks",
        "my_package.module:assistant",
        "bot.py:agent",
        "../my bots/bot.py:agent",
        "/srv/bots/my-bot.v2.py:agent",
        "C:\\bots\\bot.py:agent",
    ),
    "LITELLM_API_VERSION": ("2025-04-01-preview", "v1", "latest"),
    "AUTH_USER_CLAIM": ("https://example.com/uid",),
}


def test_what_is_inside_is_taken() -> None:
    refused = [(name, value) for name, values in RIGHT.items() for value in values if problems_of({name: value})]
    assert refused == []


def test_random_secrets_are_taken() -> None:
    for _ in range(200):
        for text in (
            secrets.token_hex(32),
            secrets.token_urlsafe(32),
            base64.b64encode(secrets.token_bytes(32)).decode(),
        ):
            assert isinstance(SigningSecret.parse(text), Secret)


def test_a_word_repeated_is_no_secret_however_long_it_is() -> None:
    for length in range(1, 16):
        word = "kq7zw1xv9mu3fbd"[:length]
        with pytest.raises(ValueError, match="guessed"):
            SigningSecret.parse((word * SECRET_BYTES)[: 3 * SECRET_BYTES])


def test_the_defaults_are_inside() -> None:
    """Each default, given as text, is read as itself."""
    for section in setting_sections().values():
        for variable, default in zip(variables(section), msgspec.structs.astuple(section()), strict=True):
            if isinstance(default, str | int | float) and default != "":
                assert variable.names[0] not in problems_of({variable.names[0]: str(default)})
