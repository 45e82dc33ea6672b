"""Raw tools in Responses requests: the Agents SDK hands its tools to `openai` as the upstream is to get them.

The `openai` package compares each tool with the types of all tools that there are, a millisecond for each, in one step
of the event loop. Overrides the private `OpenAIResponsesModel._build_response_create_kwargs`.
"""

import inspect
from typing import Any

from agents.models.openai_responses import OpenAIResponsesModel
from openai import omit

from app.patches.register import RAW_RESPONSE_TOOLS


class RawToolsResponsesModel(OpenAIResponsesModel):
    """The SDK's model, with its tools in the extra body."""

    def _build_response_create_kwargs(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        request = super()._build_response_create_kwargs(*args, **kwargs)
        return {**request, "tools": omit, "extra_body": {"tools": request["tools"], **(request["extra_body"] or {})}}


def fits() -> bool:
    """True when the SDK builds its requests in the method that is overridden, with tools and an extra body."""
    source = inspect.getsource(vars(OpenAIResponsesModel)["_build_response_create_kwargs"])
    return '"tools"' in source and '"extra_body"' in source


def responses_model() -> type[OpenAIResponsesModel]:
    """The class of the model: the SDK's own where the patch is off or does not fit."""
    return RawToolsResponsesModel if RAW_RESPONSE_TOOLS.is_applied() else OpenAIResponsesModel
