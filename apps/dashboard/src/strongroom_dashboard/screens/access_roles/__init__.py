"""The access roles: a list and an editor."""
