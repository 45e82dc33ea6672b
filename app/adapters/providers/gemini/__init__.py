"""Gemini provider."""
