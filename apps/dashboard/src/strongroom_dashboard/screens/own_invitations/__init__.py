"""Invitations of the person, and their vaults."""
