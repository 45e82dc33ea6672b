"""Handlers of ChatKit's requests, one module for each group.

A handler of a streaming request checks it, and loads what that takes, before anything is stored; what it loaded it
hands on to the `Opening` that it gives back.
"""
