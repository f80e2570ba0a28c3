"""Server administration, for the administrator (Q-3)."""
