"""LiteLLM provider."""
