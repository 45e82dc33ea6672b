"""Tools of the assistant, one file for each group."""
