"""What things cost, measured against what they are compared with."""
