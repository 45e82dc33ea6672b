"""Chat completions, spoken by us: https://platform.openai.com/docs/api-reference/chat."""

from app.adapters.providers.shared.chat_completions.dialect import Dialect
from app.adapters.providers.shared.chat_completions.model import ChatCompletionsModel
from app.adapters.providers.shared.chat_completions.schemas import cleaned

__all__ = ["ChatCompletionsModel", "Dialect", "cleaned"]
