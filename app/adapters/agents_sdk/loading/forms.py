"""Forms: the kinds of code, besides an `Assistant` and an `Agent`, that `ASSISTANT` may name."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from app.adapters.agents_sdk.assistant import Assistant


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of code that answers by itself.

    `words` describe it in a sentence, `fits` recognises it, and `runner` is the class that runs it, as `module:class`;
    its module is imported when this form is served. `keeps` are the features of this server that hold for it.
    `check` is the function that returns the mistakes of such code, as `module:function`; without one it has no parts
    that could be looked at.
    """

    words: str
    keeps: Sequence[str]
    fits: Callable[[Any], bool]
    runner: str
    check: str = ""


class Brought(Assistant, frozen=True, kw_only=True):
    """An assistant whose code answers by itself; the other fields of an `Assistant` keep their defaults.

    `name` is the value of `ASSISTANT`.
    """

    form: Form
    code: Any
