"""Dialects: the responses that a scripted upstream needs on every wire."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tests.fakes.upstream import Close, Hold, Raw, Reply, Request, Reset, html_reply, json_reply, stream

SECRET = "sk-live-4242-never-show-this"  # The key every provider is given; upstreams quote it in their errors.
PROMPT = "my private prompt"  # The message of the user; an upstream may quote it too.


class Call(msgspec.Struct, frozen=True):
    """A tool call to be made."""

    name: str
    arguments: Mapping[str, Any]


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Something that goes wrong: what the upstream does, the failure it must become, the words that come first.

    `impatient` faults are silences: the provider under test is given little patience.
    """

    name: str
    reply: Reply
    kind: str
    heard: str = ""
    impatient: bool = False


class Oddity(msgspec.Struct, frozen=True, kw_only=True):
    """Something unusual that is still a good answer; one that is `cut_off` reached the limit of its length."""

    name: str
    reply: Reply
    text: str = ""
    thought: str = ""
    calls: Sequence[Call] = ()
    cut_off: bool = False


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Reasoning that a request asks for, as the upstream reads it."""

    effort: str | None = None
    thoughts: bool = False


class WrongParameterError(Exception):
    """A reasoning parameter that the upstream refuses; the text is its message."""


class Dialect(ABC):
    """One wire: the framing of its responses, its errors, and the requests that it refuses."""

    name: str

    @abstractmethod
    def begin(self, *pieces: str) -> list[bytes]:
        """Frames that open a text answer, one for each piece."""

    @abstractmethod
    def end(self, *pieces: str) -> list[bytes]:
        """Frames that end the text answer made of `pieces`."""

    @abstractmethod
    def calls(self, *calls: Call) -> Reply:
        """A whole answer that makes `calls` at once."""

    @abstractmethod
    def error(self, status: int, *, code: str, message: str) -> object:
        """The body of an error, in this wire's shape."""

    @abstractmethod
    def own_faults(self) -> list[Fault]:
        """Faults that only this wire can have."""

    @abstractmethod
    def own_oddities(self) -> list[Oddity]:
        """Oddities that only this wire can have."""

    @abstractmethod
    def guard(self, request: Request) -> Reply | None:
        """Refuse what the real upstream would refuse."""

    @abstractmethod
    def asked(self, body: Mapping[str, Any]) -> Asked:
        """Read the reasoning parameters of a request. Raises `WrongParameterError`, as a strict upstream refuses."""

    def misasked(self, body: Mapping[str, Any]) -> Reply | None:
        """Refuse wrong reasoning parameters."""
        try:
            self.asked(body)
        except WrongParameterError as wrong:
            return self.refusal(400, "unsupported_parameter", str(wrong))
        return None

    def text(self, *pieces: str) -> Reply:
        """A whole text answer."""
        return stream(*self.begin(*pieces), *self.end(*pieces))

    def refused_key(self) -> Reply:
        """Response to a wrong key, which quotes the key."""
        return self.refusal(401, "invalid_api_key", f"Incorrect API key provided: {SECRET}. Asked: {PROMPT}")

    def refusal(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Reply:
        """An answer that is an error."""
        return json_reply(status, self.error(status, code=code, message=message), headers=headers)

    def faults(self) -> list[Fault]:
        """Everything that can go wrong on this wire."""
        return [*self._of_transport(), *self._of_content_type(), *self._of_status(), *self.own_faults()]

    def oddities(self) -> list[Oddity]:
        """Everything unusual that must work on this wire."""
        whole = [*self.begin("Grüße, ", "мир ", "🌍"), *self.end("Grüße, ", "мир ", "🌍")]
        text = "Grüße, мир 🌍"
        every = b"".join(whole)
        return [
            Oddity(name="bytewise", reply=stream(*(every[i : i + 1] for i in range(len(every)))), text=text),
            Oddity(name="burst", reply=stream(every), text=text),
            Oddity(name="crlf", reply=stream(*(frame.replace(b"\n", b"\r\n") for frame in whole)), text=text),
            Oddity(name="comments", reply=stream(*(b": ping\n\n" + frame for frame in whole)), text=text),
            Oddity(name="connection_stays_open", reply=stream(*whole, Hold()), text=text),
            Oddity(name="close_delimited", reply=stream(*whole, framing="close"), text=text),
            *self.own_oddities(),
        ]

    def _of_transport(self) -> list[Fault]:
        begun = self.begin("Hel", "lo")
        half = self.begin("lost")[-1][:20]
        torn = Raw(b"%x\r\n%b" % (200, half))
        return [
            Fault(name="slow_first", reply=stream(Hold()), kind="timeout", impatient=True),
            Fault(name="slow_head", reply=Reply(steps=[Hold()], framing="none"), kind="timeout", impatient=True),
            Fault(name="stall_mid", reply=stream(*begun, Hold()), kind="timeout", heard="Hello", impatient=True),
            Fault(name="rst_mid_chunk", reply=stream(*begun, torn, Reset()), kind="interrupted", heard="Hello"),
            Fault(name="fin_mid_chunk", reply=stream(*begun, torn, Close()), kind="interrupted", heard="Hello"),
            Fault(name="fin_between_chunks", reply=stream(*begun, Close()), kind="interrupted", heard="Hello"),
            Fault(name="close_delimited_cut", reply=stream(*begun, framing="close"), kind="interrupted", heard="Hello"),
            Fault(
                name="close_delimited_cut_in_frame",
                reply=stream(*begun, half, framing="close"),
                kind="interrupted",
                heard="Hello",
            ),
            Fault(name="ended_without_end", reply=stream(*begun), kind="interrupted", heard="Hello"),
            Fault(name="drop_before_head", reply=Reply(steps=[Close()], framing="none"), kind="network"),
            Fault(
                name="bad_json",
                reply=stream(*begun, b'data: {"choices": [}\n\n', *self.end("Hel", "lo")),
                kind="protocol",
                heard="Hello",
            ),
            Fault(
                name="bad_json_in_burst",
                reply=stream(b"".join([*begun, b"data: {broken\n\n"])),
                kind="protocol",
                heard="Hello",
            ),
            Fault(
                name="bottomless_json",
                reply=stream(*begun, b"data: " + b"[" * 100_000 + b"\n\n"),
                kind="protocol",
                heard="Hello",
            ),
            Fault(
                name="bad_utf8",
                reply=stream(*begun, b'data: {"choices": "\xff\xfe"}\n\n', *self.end("Hel", "lo")),
                kind="protocol",
                heard="Hello",
            ),
            Fault(
                name="endless_event",
                reply=stream(*begun, *([b"data: " + b"x" * 1_000_000] + [b"x" * 1_000_000] * 17), b"\n\n"),
                kind="protocol",
                heard="Hello",
            ),
        ]

    def _of_content_type(self) -> list[Fault]:
        wrong = self.error(503, code="server_error", message=PROMPT)
        return [
            Fault(name="html_200", reply=html_reply(200), kind="protocol"),
            Fault(name="json_200", reply=json_reply(200, {"hello": "there"}), kind="protocol"),
            Fault(name="error_that_says_200", reply=json_reply(200, wrong), kind="overloaded"),
            Fault(name="html_502", reply=html_reply(502), kind="overloaded"),
            Fault(
                name="redirect",
                reply=Reply(status=307, headers={"location": "http://127.0.0.1:9/elsewhere"}),
                kind="rejected",
            ),
        ]

    def _of_status(self) -> list[Fault]:
        wait = {"retry-after": "300"}
        return [
            Fault(name="e401", reply=self.refused_key(), kind="bad_key"),
            Fault(name="e403", reply=self.refusal(403, "forbidden", "Your key was leaked."), kind="bad_key"),
            Fault(name="e400", reply=self.refusal(400, "unknown_parameter", PROMPT), kind="rejected"),
            Fault(name="e404", reply=self.refusal(404, "model_not_found", "no model"), kind="model_not_found"),
            Fault(name="e404_empty", reply=Reply(status=404), kind="model_not_found"),
            Fault(name="e413", reply=Reply(status=413), kind="context_too_long"),
            Fault(name="e429", reply=self.refusal(429, "rate_limit_exceeded", "slow", wait), kind="rate_limited"),
            Fault(name="e500", reply=self.refusal(500, "server_error", "oops"), kind="overloaded"),
            Fault(name="e503", reply=self.refusal(503, "slow_down", "busy"), kind="overloaded"),
            Fault(name="e529", reply=Reply(status=529), kind="overloaded"),
        ]
