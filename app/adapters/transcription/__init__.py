"""Transcription: services that turn speech into text."""
