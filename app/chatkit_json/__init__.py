"""Serialization of ChatKit's models: type adapters, validators, templates and pages."""
