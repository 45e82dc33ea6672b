"""HTTP connections that are bounded in time, bytes and number: a protocol for uvicorn."""
