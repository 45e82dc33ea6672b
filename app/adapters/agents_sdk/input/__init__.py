"""What a model is told: history, files and instructions as input items of the Agents SDK."""
