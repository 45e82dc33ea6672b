"""How `ASSISTANT` is read: the assistant's module, and one sentence for each way in which that fails."""
