"""Language-model providers: a folder for each, with its entry point of `anyport.providers` in `plugin.py`."""
