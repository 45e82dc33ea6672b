"""The assistant's loop on the Agents SDK: history in, model and tools, ChatKit events out."""
