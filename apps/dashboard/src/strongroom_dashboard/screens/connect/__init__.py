"""Approving the key of a program that shows a code (D-5)."""
