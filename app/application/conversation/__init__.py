"""Conversation: how a message is answered, with history, titles, questions and mentions."""
