"""Chat completions: a client without the `openai` package's: https://platform.openai.com/docs/api-reference/chat."""

from app.adapters.providers.shared.chat_completions.dialect import Dialect
from app.adapters.providers.shared.chat_completions.json_schema import simplify_schema
from app.adapters.providers.shared.chat_completions.model import ChatCompletionsModel

__all__ = ["ChatCompletionsModel", "Dialect", "simplify_schema"]
