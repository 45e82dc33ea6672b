"""Open requests of one process: counted by user and in total, and released in every case."""

from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.application.limits.open_requests import OpenRequests, OpenRules
from app.domain.errors import CapacityError, LimitError
from app.environment import SigningSecret
from app.settings import Settings
from app.settings.auth import AuthMode, LoginSettings
from app.settings.limits import LimitSettings
from app.startup.descriptors import MOST_STREAMS, share
from app.wiring.auth import open_rules_for

LOGIN = LoginSettings(jwt_secret=SigningSecret("an-unguessable-secret-of-this-test-7f3d"))


def requests(*, per_user: int = 0, in_all: int = 0) -> OpenRequests:
    return OpenRequests(OpenRules(streams_per_user=per_user, streams=in_all))


def test_streams_and_other_requests_of_a_user_have_the_same_limit() -> None:
    opened = requests(per_user=2)
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(opened.request("ann")).becomes_stream()
        stack.enter_context(opened.request("ann"))
        other = stack.enter_context(opened.request("ann"))
        with pytest.raises(LimitError) as refused:
            other.becomes_stream()
        assert refused.value.code == "too_many_streams"
        with pytest.raises(LimitError):
            stack.enter_context(opened.request("ann"))
        stack.enter_context(opened.request("bob")).becomes_stream()
        assert opened.streams == 3
    assert opened.streams == 0
    with opened.request("ann") as again:
        again.becomes_stream()


def test_all_users_together_have_a_limit() -> None:
    opened = requests(in_all=1)
    waits = set()
    with opened.request("ann") as first:
        first.becomes_stream()
        first.becomes_stream()
        for number in range(5):
            with opened.request(f"user-{number}") as other, pytest.raises(CapacityError) as refused:
                other.becomes_stream()
            waits.add(refused.value.retry_after)
    assert len(waits) == 5
    with opened.request("bob") as other:
        other.becomes_stream()


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.booleans()), max_size=40))
def test_every_request_is_released(steps: list[tuple[str, bool, bool]]) -> None:
    opened = requests(per_user=3, in_all=5)
    with ExitStack() as stack:
        for user, streams, fails in steps:
            try:
                one = stack.enter_context(opened.request(user))
                if streams:
                    one.becomes_stream()
                if fails:
                    raise RuntimeError(user)
            except (LimitError, CapacityError, RuntimeError):
                pass
        assert opened.streams <= 5
    assert opened.streams == 0
    with ExitStack() as stack:
        for user in "ab":
            for _ in range(2):
                stack.enter_context(opened.request(user)).becomes_stream()


@given(st.integers(8, 2**31), st.integers(0, 100))
def test_the_share_of_clients_leaves_descriptors_for_the_rest(limit: int, reserved: int) -> None:
    divided = share(limit, reserved=reserved)
    assert 1 <= divided.streams <= divided.connections
    assert divided.backlog >= 1
    if limit >= 256:
        # One connection to a model for each client, and the connections that are accepted at once.
        assert 2 * divided.connections + divided.backlog <= limit - reserved - 64


@pytest.mark.parametrize(
    ("login", "limits", "streams_per_user"),
    [
        (LOGIN, LimitSettings(), 50),
        (LOGIN, LimitSettings(streams=40), 10),
        (LOGIN, LimitSettings(streams_per_user=7), 7),
        (LOGIN, LimitSettings(streams_per_user=0), 0),
        (LoginSettings(), LimitSettings(), 0),
        (LoginSettings(mode=AuthMode.NONE), LimitSettings(), 0),
        (LoginSettings(mode=AuthMode.NONE), LimitSettings(streams_per_user=7), 7),
    ],
)
def test_the_single_user_has_no_limit_by_default(
    login: LoginSettings, limits: LimitSettings, streams_per_user: int
) -> None:
    rules = open_rules_for(Settings(login=login, limits=limits), share(1024, reserved=10))
    assert rules.streams_per_user == streams_per_user


def test_the_number_of_descriptors_limits_the_settings() -> None:
    few, many = share(1024, reserved=10), share(1_000_000, reserved=10)
    assert open_rules_for(Settings(), few).streams == few.streams
    assert open_rules_for(Settings(limits=LimitSettings(streams=100_000)), few).streams == few.streams
    assert open_rules_for(Settings(), many).streams == MOST_STREAMS
    assert open_rules_for(Settings(limits=LimitSettings(streams=100_000)), many).streams == 100_000
