"""Shared parts of providers: chat completions, HTTP, error mapping, retries, idle timeout."""
