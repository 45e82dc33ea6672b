"""The check of an assistant: each field takes values of its types only, and every mistake is named with its field."""
