"""Handlers of ChatKit's requests, one module for each group.

The handler of a streaming request validates it and loads what validation needs, before anything is stored. It returns
the `Opening` of the stream, which gets the loaded objects.
"""
