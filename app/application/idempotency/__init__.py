"""Idempotency: a repeated request joins the request in flight instead of being answered twice."""
