"""What happens before anything else is imported: a start that takes from its libraries what it needs."""
