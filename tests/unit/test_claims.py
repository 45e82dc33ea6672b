"""Claims of a token: bounded data without secrets, the same in a session."""

from typing import Any

import msgspec
import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.auth.claims import MOST_BYTES, bounded
from app.adapters.auth.sealed_claims import ClaimsSeal
from tests.fakes.login_service import secret_token

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=200)
trees = st.recursive(
    leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=30), inner), max_leaves=15
)


def test_ordinary_claims_are_kept_as_they_are() -> None:
    claims = {"sub": "ann", "roles": ["editor"], "org": {"id": 7}, "token_use": "id", "auth_time": 1}
    assert bounded(claims) == (claims, 0)


def test_tokens_and_secrets_among_claims_are_removed_at_any_depth() -> None:
    token = secret_token()
    secret = {
        "access_token": "a",
        "refreshToken": "b",
        "client_secret": "c",
        "api_key": "d",
        "password": "e",
        "tokens": ["f"],
        "privateKey": "g",
        "x": token,
    }
    kept, left_out = bounded({"sub": "ann", **secret, "deep": [{"more": {**secret, "plan": "gold"}}, token]})
    assert kept == {"sub": "ann", "deep": [{"more": {"plan": "gold"}}]}
    assert left_out == 0


def test_a_claim_that_does_not_fit_is_left_out_whole_and_the_others_stay() -> None:
    deep: Any = "bottom"
    for _ in range(150):
        deep = [deep]
    for large in ("x" * MOST_BYTES, [0] * 2_000, deep, "\ud800"):
        assert bounded({"large": large, "sub": "ann"}) == ({"sub": "ann"}, 1)


@settings(max_examples=40)
@given(st.dictionaries(st.text(max_size=40), trees, max_size=20))
def test_any_claims_become_json_within_the_limit(claims: dict[str, Any]) -> None:
    kept, left_out = bounded(claims)
    assert len(msgspec.json.encode(kept)) <= MOST_BYTES
    assert left_out <= len(claims) - len(kept)


async def test_sealed_claims_are_unreadable_and_belong_to_one_user() -> None:
    seal = ClaimsSeal(b"k" * 32)
    text = await seal.seal({"plan": "gold"}, "ann")
    assert "gold" not in text
    assert text != await seal.seal({"plan": "gold"}, "ann")
    assert await seal.unseal(text, "ann") == {"plan": "gold"}
    with pytest.raises(InvalidTag):
        await seal.unseal(text, "bob")
    with pytest.raises(InvalidTag):
        await ClaimsSeal(b"o" * 32).unseal(text, "ann")
