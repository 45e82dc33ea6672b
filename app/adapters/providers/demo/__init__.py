"""Demo provider: needs no key and no network."""
