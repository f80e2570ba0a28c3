"""Ids by which one request is found again in logs, entries and error answers."""

from strongroom_core.crypto.random import new_id


def new_request_id() -> str:
    """Return a fresh request id. Ours, never the client's: it goes into the record."""
    return new_id("req")
