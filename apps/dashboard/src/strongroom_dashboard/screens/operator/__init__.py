"""Server administration, for the operator (Q-3)."""
