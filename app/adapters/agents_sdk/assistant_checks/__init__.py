"""Checks of an assistant at the start: its fields, its tools' names, and its needs of the models."""
