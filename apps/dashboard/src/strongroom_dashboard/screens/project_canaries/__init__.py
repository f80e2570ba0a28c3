"""The canaries of a project."""
