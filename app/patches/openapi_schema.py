"""API document written in a thread: Litestar would write it in the event loop, for the first who asks.

Finds Litestar's private `OpenAPIPlugin` and calls its method that writes the document and caches it.
"""

import inspect
from importlib import import_module
from typing import Any

from litestar import Litestar

from app.patches.register import OPENAPI_SCHEMA


def fits() -> bool:
    """True when the plugin has the method that caches."""
    plugin = import_module("litestar._openapi.plugin").OpenAPIPlugin
    return list(inspect.signature(plugin.provide_openapi_schema).parameters) == ["self"]


def openapi_schema(app: Litestar) -> dict[str, Any]:
    """The API document of `app`, cached for Litestar's own routes where the patch is applied. Blocks."""
    if not OPENAPI_SCHEMA.is_applied():
        return app.openapi_schema.to_schema()
    plugin: Any = app.plugins.get(import_module("litestar._openapi.plugin").OpenAPIPlugin)
    schema: dict[str, Any] = plugin.provide_openapi_schema()
    return schema
