"""The members of a vault."""
