"""How ChatKit's models are read and written as JSON: adapters, validators, templates and pages."""
