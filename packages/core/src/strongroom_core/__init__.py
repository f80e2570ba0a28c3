"""Strongroom's domain logic. It is independent of HTTP, the queue and the user interface."""
