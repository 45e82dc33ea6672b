"""Items of hosted tools: calls that the model's own service made, in the form of the Responses API."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

Item = Mapping[str, Any]

IMAGE: Final = "image_generation_call"

_OTHER: Final = frozenset(
    {"message", "reasoning", "function_call", "function_call_output", "item_reference", "compaction"}
)
"""Items of every provider, and those that mean nothing without what their service stores."""
_TEXT_CHARACTERS: Final = 20_000
"""Limit for one result in the form for another model; a search of files may return whole books."""

_LEFT_OUT: Final = "[The rest is left out.]"


def is_hosted(item: Item) -> bool:
    """Return True for an item that only its own service understands, of a known or an unknown type."""
    return item.get("type", "message") not in _OTHER


def approves_call(items: Sequence[Item]) -> bool:
    """Return True when a request with these items makes a hosted server run a call that the user approved.

    Such a request is sent once: whether the call was made is unknown when it fails.
    """
    for item in reversed(items):
        match item.get("type"):
            case "mcp_approval_response":
                if item.get("approve"):
                    return True
            case "function_call_output":
                continue
            case _:
                return False
    return False


def as_call(item: Item) -> list[dict[str, Any]]:
    """Return a hosted call as a call and its result, which every model accepts; empty for an item without content."""
    match item.get("type"):
        case "web_search_call":
            name, arguments, result = "web_search", _searched(item), _sources(item)
        case "file_search_call":
            name, arguments, result = "file_search", {"queries": item.get("queries") or []}, _passages(item)
        case "code_interpreter_call":
            name, arguments, result = "code_interpreter", {"code": item.get("code") or ""}, _logs(item)
        case "mcp_call":
            name, arguments = str(item.get("name") or "mcp"), _decoded(item.get("arguments"))
            result = str(item.get("output") or item.get("error") or "(no output)")
        case "image_generation_call" if item.get("result"):
            name, arguments = "image_generation", {"prompt": item.get("revised_prompt") or ""}
            result = "(The image is shown to the user.)"
        case _:
            return []
    call = {"type": "function_call", "call_id": str(item.get("id") or ""), "name": name}
    if not call["call_id"]:
        return []
    return [
        {**call, "arguments": json.dumps(arguments, ensure_ascii=False)},
        {"type": "function_call_output", "call_id": call["call_id"], "output": _shortened(result)},
    ]


def _searched(item: Item) -> Mapping[str, Any]:
    action = mapping_in(item.get("action"))
    return {key: action[key] for key in ("query", "queries", "url", "pattern") if action.get(key)}


def _sources(item: Item) -> str:
    sources = mapping_in(item.get("action")).get("sources")
    urls = [str(source["url"]) for source in list_in(sources) if isinstance(source, Mapping) and source.get("url")]
    return "\n".join(urls) or "(The results are in the answer.)"


def _passages(item: Item) -> str:
    found = [result for result in list_in(item.get("results")) if isinstance(result, Mapping)]
    texts = [f"{result.get('filename') or result.get('file_id')}:\n{result.get('text') or ''}" for result in found]
    return "\n\n".join(texts) or "(The results are in the answer.)"


def _logs(item: Item) -> str:
    outputs = [output for output in list_in(item.get("outputs")) if isinstance(output, Mapping)]
    return "\n".join(str(output["logs"]) for output in outputs if output.get("logs")) or "(no output)"


def _decoded(text: object) -> Mapping[str, Any]:
    try:
        return mapping_in(json.loads(str(text or "{}")))
    except (ValueError, RecursionError):
        return {}


def _shortened(text: str) -> str:
    return text if len(text) <= _TEXT_CHARACTERS else f"{text[:_TEXT_CHARACTERS]}\n{_LEFT_OUT}"


def mapping_in(value: object) -> Mapping[str, Any]:
    """Return a mapping as it is, and an empty one for another value: services change the shapes of their items."""
    return value if isinstance(value, Mapping) else {}


def list_in(value: object) -> Sequence[Any]:
    """Return a list as it is, and an empty one for another value."""
    return value if isinstance(value, list) else ()
