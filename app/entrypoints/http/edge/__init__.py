"""ASGI middleware around Litestar; `stack.py` has the order."""
