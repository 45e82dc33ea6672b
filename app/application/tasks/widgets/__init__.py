"""What is drawn in a thread, one widget a file: tools show them, and actions change them in place."""
