"""Widgets: how the action of a widget shows, replaces and stores things."""
