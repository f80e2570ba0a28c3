"""Trusted issuers."""
