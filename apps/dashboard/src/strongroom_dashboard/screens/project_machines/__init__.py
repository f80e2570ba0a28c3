"""The machines attached to a project."""
