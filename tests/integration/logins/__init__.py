"""Login tokens, their key sets, and the sessions that depend on them."""
