"""Tool calls that wait for the user's yes, from the question to the resumed run."""
