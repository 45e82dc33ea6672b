"""The edge: ASGI middleware around Litestar, outermost last; `stack.py` has the order."""
