"""Thoughts in parts are put together again from their pieces, whatever a service calls them."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.adapters.providers.shared.chat_completions.reasoning_details import ReasoningDetails

TEXTS = {"reasoning.text": "text", "reasoning.summary": "summary", "thinking": "thinking"}


@st.composite
def parts(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The parts of a response, each signed, encrypted or of another index than the one before."""
    found: list[dict[str, Any]] = []
    for index in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from([*TEXTS, "reasoning.encrypted"]))
        part: dict[str, Any] = {"type": kind, "index": index}
        if kind in TEXTS:
            part[TEXTS[kind]] = draw(st.text(min_size=1))
            if draw(st.booleans()):
                part["signature"] = draw(st.text(min_size=1))
        else:
            part["data"] = draw(st.text(min_size=1))
        found.append(part)
    return found


@given(parts(), st.randoms(use_true_random=False))
def test_pieces_become_their_parts_again(whole: list[dict[str, Any]], random: Any) -> None:
    details = ReasoningDetails()
    for part in whole:
        name = TEXTS.get(part["type"])
        if name is None:
            details.add([part])
            continue
        head = {"type": part["type"], "index": part["index"], "signature": ""}
        cut = random.randint(0, len(part[name]))
        details.add([{**head, name: part[name][:cut]}])
        details.add([{**head, name: part[name][cut:], "format": None}])
        if "signature" in part:
            details.add([{**head, name: "", "signature": part["signature"]}])
    assert details.whole() == whole


def test_signed_thoughts_without_an_index_stay_apart() -> None:
    details = ReasoningDetails()
    for text, signature in (("a", "1"), ("b", "2")):
        details.add([{"type": "thinking", "thinking": text, "signature": ""}])
        details.add([{"type": "thinking", "thinking": "", "signature": signature}])
    assert [(part["thinking"], part["signature"]) for part in details.whole()] == [("a", "1"), ("b", "2")]
