"""Models behind LiteLLM."""
