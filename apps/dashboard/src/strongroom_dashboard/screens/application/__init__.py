"""One application."""
