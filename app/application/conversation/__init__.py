"""Conversation: the answer to a message, with history, titles, questions, mentions and the model catalog."""
