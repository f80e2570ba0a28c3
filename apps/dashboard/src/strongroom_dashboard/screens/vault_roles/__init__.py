"""The vault roles, as a table of capabilities."""
