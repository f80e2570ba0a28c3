"""Translates unique violations into our own error, because PostgreSQL's message quotes the row."""

from collections.abc import Generator
from contextlib import contextmanager

import asyncpg  # pyright: ignore[reportMissingTypeStubs]

from strongroom_core.kernel.errors import NameTaken


@contextmanager
def name_taken_as(message: str) -> Generator[None]:
    """Raise `NameTaken` with this message if the block violates a unique constraint.

    Leaving the decision to the constraint keeps names unique under concurrency.
    """
    try:
        yield
    except asyncpg.UniqueViolationError:
        raise NameTaken(message) from None
