"""A project's settings."""
