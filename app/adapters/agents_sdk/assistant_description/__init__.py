"""Description of an assistant of the Agents SDK: its agents and their parts, as facts without secrets."""
