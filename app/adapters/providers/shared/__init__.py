"""What several providers use: the wire of chat completions, HTTP, errors, retries."""
