"""The API document as an HTML page without scripts and without requests to other addresses."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any

_CODE = re.compile(r"`([^`]+)`")
_REFERENCE = re.compile(r"&quot;#/components/schemas/([\w.-]+)&quot;")


def page(document: Mapping[str, Any]) -> bytes:
    """Render every operation by tag, and every schema; all texts are escaped."""
    return "".join(_page(document)).encode()


def _page(document: Mapping[str, Any]) -> Iterator[str]:
    title = escape(f"{document['info']['title']} {document['info']['version']}")
    yield f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    yield '<meta name="viewport" content="width=device-width">'
    yield '<link rel="icon" href="/static/icon.svg"><link rel="stylesheet" href="/static/api.css"></head><body>'
    yield f"<h1>{title}</h1><p>{_text(document['info'].get('description', ''))} "
    yield 'For programs: <a href="/docs/openapi.json">openapi.json</a>.</p>'
    by_tag: dict[str, list[str]] = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            by_tag.setdefault((operation.get("tags") or ["other"])[0], []).append(_operation(method, path, operation))
    for tag, operations in by_tag.items():
        yield f"<h2>{escape(tag)}</h2>{''.join(operations)}"
    yield "<h2>schemas</h2>"
    for name, schema in sorted(document.get("components", {}).get("schemas", {}).items()):
        yield f'<details id="{escape(name)}"><summary>{escape(name)}</summary>{_json(schema)}</details>'
    yield "</body></html>"


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    return "".join(
        (
            f'<details class="operation"><summary><b>{method.upper()}</b> <code>{escape(path)}</code> ',
            f"{_text(operation.get('summary', ''))}</summary><p>{_text(operation.get('description', ''))}</p>",
            _parameters(operation.get("parameters", [])),
            _contents("Body", operation.get("requestBody", {})),
            *(_contents(status, answer) for status, answer in operation.get("responses", {}).items()),
            "</details>",
        )
    )


def _parameters(parameters: Iterable[Mapping[str, Any]]) -> str:
    rows = [
        f"<tr><td><code>{escape(parameter['name'])}</code></td><td>{escape(parameter['in'])}</td>"
        f"<td>{'required' if parameter.get('required') else ''}</td>"
        f"<td>{_json(parameter.get('schema', {}))}</td></tr>"
        for parameter in parameters
    ]
    return f"<table>{''.join(rows)}</table>" if rows else ""


def _contents(name: str, described: Mapping[str, Any]) -> str:
    if not described:
        return ""
    contents = [
        f"<p>{escape(media_type)}</p>{_json(content.get('schema', {}))}"
        for media_type, content in described.get("content", {}).items()
    ]
    return f"<h3>{escape(name)}</h3><p>{_text(described.get('description', ''))}</p>{''.join(contents)}"


def _json(value: object) -> str:
    """Render a value as JSON, with a link on each reference to a schema."""
    shown = escape(json.dumps(value, indent=2, ensure_ascii=False))
    return f"<pre>{_REFERENCE.sub(_link, shown)}</pre>"


def _link(match: re.Match[str]) -> str:
    return f'<a href="#{match[1]}">{match[1]}</a>'


def _text(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text, quote=False))
