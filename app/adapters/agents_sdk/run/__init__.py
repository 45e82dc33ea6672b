"""One run of the Agents SDK: its agents, hooks, record, effects and ends."""
