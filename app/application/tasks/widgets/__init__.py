"""The task widgets, one in each file: tools show them, actions change them in place."""
