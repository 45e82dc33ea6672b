"""Idempotency: a request that a client sends again joins the request in flight instead of being answered twice."""
