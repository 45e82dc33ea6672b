"""What is open in one process: counted by user and in all, and given back whatever happens."""

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


def test_one_user_has_so_many_streams_and_as_many_requests_besides() -> None:
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


def test_all_together_have_so_many_and_come_back_one_after_another() -> None:
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
def test_everything_is_given_back(steps: list[tuple[str, bool, bool]]) -> None:
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
def test_what_clients_get_leaves_the_rest_its_own(limit: int, reserved: int) -> None:
    divided = share(limit, reserved=reserved)
    assert 1 <= divided.streams <= divided.connections
    assert divided.backlog >= 1
    if limit >= 256:
        # A connection to a model for each of a client's, and all that is accepted at once.
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


def test_descriptors_bound_what_may_be_wished() -> None:
    few, many = share(1024, reserved=10), share(1_000_000, reserved=10)
    assert open_rules_for(Settings(), few).streams == few.streams
    assert open_rules_for(Settings(limits=LimitSettings(streams=100_000)), few).streams == few.streams
    assert open_rules_for(Settings(), many).streams == MOST_STREAMS
    assert open_rules_for(Settings(limits=LimitSettings(streams=100_000)), many).streams == 100_000
