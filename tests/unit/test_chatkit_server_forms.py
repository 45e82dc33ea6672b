"""A `ChatKitServer` as an instance, a class and a function: recognised, made, and on the store of this server."""

from typing import Any

import pytest
from chatkit.server import ChatKitServer

from app.adapters.agents_sdk.loading.forms import Brought
from app.adapters.brought.chatkit_server import make_server
from app.adapters.brought.forms import FORMS, is_server
from app.adapters.brought.scoped_store import ScopedStore
from app.domain.errors import AssistantError
from tests.assistants import servers


def brought(code: Any) -> Brought:
    [form] = [form for form in FORMS if form.fits(code)]
    return Brought(name="mine.py:bot", form=form, code=code)


@pytest.mark.parametrize("name", ["porter", "Porter", "make", "Own", "made"])
def test_it_is_made_with_the_store_of_this_server(name: str) -> None:
    server = make_server(brought(getattr(servers, name)))
    assert isinstance(server, servers.Porter)
    assert isinstance(server.store, ScopedStore)


class Needy(servers.Porter):
    """Needs what this server does not have."""

    def __init__(self, store: Any, key: str) -> None:
        super().__init__(store)


def unsaid():  # type: ignore[no-untyped-def]
    """Return anything."""


def unknown() -> "NoSuchName":  # type: ignore[name-defined]  # noqa: F821
    """Return something that no name leads to."""


async def awaited(store: Any) -> servers.Porter:
    return servers.make(store)


def test_what_cannot_be_made_is_not_recognised() -> None:
    for code in (ChatKitServer, Needy, unsaid, unknown, awaited, servers, None, dict, 7):
        assert not is_server(code), code


def broken(store: Any) -> ChatKitServer[Any]:
    raise ZeroDivisionError("no desk")


def wrong(store: Any) -> Any:
    return store


def test_one_that_fails_is_named_with_its_line() -> None:
    with pytest.raises(AssistantError, match=r"broken: .*test_chatkit_server_forms.py, line \d+: ZeroDivisionError"):
        make_server(brought(broken))
    with pytest.raises(AssistantError, match="the function wrong returns a ScopedStore, expected a ChatKitServer"):
        make_server(brought(wrong))
