"""The language-model providers. Each file is one entry point of `anyport.providers`; `_` files are what they share."""
