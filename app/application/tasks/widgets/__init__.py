"""Task widgets, one in each file: tools show them, actions replace them in place."""
