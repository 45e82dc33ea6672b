"""The API document is built once, and outside of the event loop's thread."""

import asyncio
import threading
from typing import Any

import httpx
import pytest
from litestar import Litestar, get
from litestar.openapi.spec import OpenAPI

from app.entrypoints.http.docs import docs_pages


async def test_the_document_is_written_once_and_off_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    @get("/things", sync_to_thread=False)
    def things() -> list[str]:
        """Every thing."""
        return []

    writers: list[int] = []
    write = OpenAPI.to_schema

    def watched(document: OpenAPI) -> dict[str, Any]:
        writers.append(threading.get_ident())
        return write(document)

    monkeypatch.setattr(OpenAPI, "to_schema", watched)
    app: Any = Litestar([things], openapi_config=docs_pages("1.2.3"), logging_config=None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
        places = ("/docs", "/docs/api", "/docs/openapi.json", "/docs/openapi.json")
        front, page, document, again = await asyncio.gather(*map(http.get, places))
    assert len(writers) == 1
    assert threading.get_ident() not in writers
    assert front.text == page.text
    assert "Every thing." in page.text
    assert page.headers["content-type"].startswith("text/html")
    assert document.headers["content-type"] == "application/vnd.oai.openapi+json"
    assert document.content == again.content
    assert {"/things"} == set(document.json()["paths"])
    assert "ChatKitReq" in document.json()["components"]["schemas"]
