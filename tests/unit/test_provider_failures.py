"""Failures of upstreams: their kinds, timeouts and messages; and the headers that are sent."""

import datetime as dt
import email.utils
import json

import httpx2
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.providers.gemini.plugin import plugin as gemini
from app.adapters.providers.gemini.provider import GeminiProvider
from app.adapters.providers.gemini.settings import GeminiSettings
from app.adapters.providers.openai.plugin import plugin as openai_plugin
from app.adapters.providers.openai.provider import OpenAIProvider
from app.adapters.providers.openai.settings import Api, OpenAISettings
from app.adapters.providers.shared.errors import Origin, facts_of, model_error, status_error, upstream_error
from app.environment import Secret
from app.ports.model_provider import ModelError
from tests.contracts.provider_subject import Subject, until_failure
from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.gemini_wire import GeminiChat
from tests.fakes.responses_wire import Responses
from tests.fakes.upstream import Upstream

ORIGIN = Origin(provider="p", model="m", key_variable="P_KEY", model_variable="P_MODEL", url_variable="P_URL")


@pytest.mark.parametrize(
    ("status", "body", "kind", "named"),
    [
        (401, {"error": {"code": "invalid_api_key", "message": "sk-1234"}}, "bad_key", "P_KEY"),
        (400, [{"error": {"code": 400, "message": "API key not valid. Please pass…"}}], "bad_key", "P_KEY"),
        (403, [{"error": {"code": 403, "status": "PERMISSION_DENIED"}}], "bad_key", "PERMISSION_DENIED"),
        (403, {"error": {"code": "unsupported_country_region_territory"}}, "rejected", "unsupported_country"),
        (429, {"error": {"code": "insufficient_quota"}}, "no_quota", "insufficient_quota"),
        (429, {"error": {"code": "rate_limit_exceeded"}}, "rate_limited", "rate_limit_exceeded"),
        (402, None, "no_quota", "402"),
        (404, "", "model_not_found", "P_MODEL"),
        (400, {"error": {"code": "context_length_exceeded"}}, "context_too_long", "context_length_exceeded"),
        (400, {"error": {"code": "content_filter"}}, "content_filtered", "content_filter"),
        (400, [{"error": {"code": 400, "status": "INVALID_ARGUMENT"}}], "rejected", "INVALID_ARGUMENT"),
        (307, "", "rejected", "P_URL"),
        (422, {"detail": [{"msg": "field required"}]}, "rejected", "422"),
        (500, "<html>", "overloaded", "500"),
        (529, {"type": "error", "error": {"type": "overloaded_error"}}, "overloaded", "overloaded_error"),
    ],
)
def test_an_answer_that_is_no_success_is_named(status: int, body: object, kind: str, named: str) -> None:
    error = status_error(status, body, {"x-request-id": "req_42"}, ORIGIN)
    assert error.kind == kind
    assert error.status == status
    assert named in error.detail
    assert "req_42" in error.detail


@given(
    st.integers(min_value=300, max_value=599),
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["error", "code", "message", "status", "type", "details", "violations", "quotaId"]),
                inner,
            )
        ),
        max_leaves=12,
    ),
)
def test_any_body_is_survived_and_none_of_its_words_are_kept(status: int, body: object) -> None:
    secret = "my private prompt, in words"
    for error in (status_error(status, [secret, body], {}, ORIGIN), upstream_error({"error": body}, ORIGIN)):
        assert error.message
        assert error.detail.isprintable()
        assert secret not in error.detail


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"retry-after": "7"}, None, 7),
        ({"retry-after-ms": "1500", "retry-after": "9"}, None, 1.5),
        ({}, [{"error": {"details": [{"retryDelay": "41s"}]}}], 41),
        ({}, {"error": {"message": "Quota exceeded.\nPlease retry in 41.71s."}}, 41.71),
        ({"retry-after": "soon"}, None, None),
        ({}, None, None),
    ],
)
def test_the_upstreams_wish_to_wait_is_understood(headers: dict[str, str], body: object, seconds: float | None) -> None:
    assert facts_of(body, status=429, headers=headers).retry_after == seconds


def test_a_date_to_wait_for_is_understood() -> None:
    later = email.utils.format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(hours=1))
    wait = facts_of(None, status=429, headers={"retry-after": later}).retry_after
    assert wait is not None
    assert 3000 < wait <= 3600


REQUEST = httpx2.Request("POST", "http://127.0.0.1/")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx2.ReadError("x"), "interrupted"),
        (httpx2.RemoteProtocolError("x"), "interrupted"),
        (httpx2.ReadTimeout("x"), "timeout"),
        (httpx2.ConnectTimeout("x"), "network"),
        (httpx2.ConnectError("x"), "network"),
        (openai.APITimeoutError(request=REQUEST), "timeout"),
        (openai.APIError("x", REQUEST, body={"code": "server_error"}), "overloaded"),
        (json.JSONDecodeError("x", "y", 0), "protocol"),
        (KeyError("x"), "protocol"),
    ],
)
def test_any_exception_is_named(error: Exception, kind: str) -> None:
    assert model_error(error, ORIGIN).kind == kind


def test_a_model_error_stays_itself() -> None:
    error = ModelError("x", kind="empty")
    assert model_error(error, ORIGIN) is error


@pytest.mark.parametrize("key", ["schlüssel", "two\nlines", "\x00"])
async def test_a_key_that_cannot_be_sent_is_a_bad_key(key: str) -> None:
    async with Upstream() as upstream:
        provider = GeminiProvider(GeminiSettings(api_key=Secret(key), base_url=upstream.url))
        _, failure = await until_failure(Subject(provider, upstream).ask())
        await provider.aclose()
        assert upstream.requests == []
    assert failure.kind == "bad_key"
    assert key not in failure.detail


async def test_nothing_about_this_machine_or_of_another_account_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-private")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-private")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Private: yes")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    dialect = GeminiChat()
    async with Upstream(dialect.guard) as upstream:
        upstream.always(dialect.text("Hello"))
        provider = GeminiProvider(GeminiSettings(api_key=Secret("k"), base_url=f"{upstream.url}/v1beta/openai/"))
        for _ in range(2):
            [event async for event in Subject(provider, upstream).ask()]
        await provider.aclose()
        [sent, _] = upstream.requests
        assert sent.path == "/v1beta/openai/chat/completions"
        assert sent.headers["authorization"] == "Bearer k"
        assert sent.headers["user-agent"] == "anyport"
        assert not any("private" in value or "x-private" in name for name, value in sent.headers.items())
        assert not [name for name in sent.headers if name.startswith("x-stainless-")]
        assert upstream.connections == 1, "connections are used again"


async def test_a_server_of_ones_own_needs_no_key_and_is_sent_none() -> None:
    dialect = OpenAIChat()
    async with Upstream(dialect.guard) as upstream:
        upstream.always(dialect.text("Hello"))
        settings = OpenAISettings(base_url=f"{upstream.url}/v1", model="llama3")
        assert openai_plugin.missing(settings) == ""
        assert openai_plugin.detect(settings)
        provider = OpenAIProvider(settings)
        [event async for event in Subject(provider, upstream).ask()]
        await provider.aclose()
        assert upstream.requests[0].path == "/v1/chat/completions"
        assert "authorization" not in upstream.requests[0].headers


async def test_thoughts_are_asked_for_sealed_and_handed_back_within_the_turn() -> None:
    dialect = Responses()
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAA"}
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}", "id": "fc_1"}
    result = {"type": "function_call_output", "call_id": "c", "output": "ok"}
    user = {"role": "user", "content": "Hi"}
    async with Upstream(dialect.guard) as upstream:
        upstream.always(dialect.text("Hello"))
        for model, told in {"gpt-5-mini": ["reasoning"], "gpt-4o-mini": []}.items():
            settings = OpenAISettings(
                api_key=Secret("k"), base_url=f"{upstream.url}/v1", model=model, api=Api.RESPONSES
            )
            provider = OpenAIProvider(settings)
            history = [user, thought, call, result, user, thought, {**call, "call_id": "d"}, {**result, "call_id": "d"}]
            [event async for event in Subject(provider, upstream).ask(history)]  # type: ignore[arg-type]  # plain items
            await provider.aclose()
            body = upstream.requests[-1].body
            assert [item["type"] for item in body["input"] if item.get("type") == "reasoning"] == told
            assert body["include"] == (["reasoning.encrypted_content"] if told else [])
            assert body["store"] is False


def test_each_provider_says_what_is_missing_and_where_to_get_it() -> None:
    assert "GEMINI_API_KEY" in gemini.missing(GeminiSettings())
    assert "https://aistudio.google.com/apikey" in gemini.missing(GeminiSettings())
    assert "OPENAI_API_KEY" in openai_plugin.missing(OpenAISettings())
    assert gemini.missing(GeminiSettings(api_key=Secret("k"))) == ""
    assert not gemini.detect(GeminiSettings())
    assert not openai_plugin.detect(OpenAISettings())


def test_openai_gets_responses_and_other_addresses_chat_completions_by_default() -> None:
    ollama = "http://localhost:11434/v1"
    assert OpenAISettings().speaks is Api.RESPONSES
    assert OpenAISettings(base_url=ollama).speaks is Api.CHAT
    assert OpenAISettings(base_url=ollama, api=Api.RESPONSES).speaks is Api.RESPONSES
    assert OpenAISettings(api=Api.CHAT).speaks is Api.CHAT


@pytest.mark.parametrize(
    ("model", "images", "reasoning"),
    [
        ("gpt-4o-mini", True, False),
        ("gpt-5-nano", True, True),
        ("o3-mini", False, True),
        ("o3", True, True),
        ("llama3.2-vision", True, False),
        ("org/deepseek-r1:7b", False, True),
        ("gpt-3.5-turbo", False, False),
    ],
)
def test_capabilities_go_by_the_models_name(model: str, images: bool, reasoning: bool) -> None:
    provider = OpenAIProvider(OpenAISettings(model="gpt-4o", models=f"gpt-4o, {model}"))
    [_, info] = provider.models()
    assert info.name == model
    assert (info.capabilities.images, info.capabilities.reasoning) == (images, reasoning)
