"""Turn a broken unique constraint into a sentence. PostgreSQL's own text quotes the row."""

from collections.abc import Generator
from contextlib import contextmanager

import asyncpg  # pyright: ignore[reportMissingTypeStubs]

from strongroom_core.kernel.errors import NameTaken


@contextmanager
def name_taken_as(message: str) -> Generator[None]:
    """Raise `NameTaken` with this message where the block breaks a unique constraint.

    Letting the constraint decide keeps names unique however many ask at the same moment.
    """
    try:
        yield
    except asyncpg.UniqueViolationError:
        raise NameTaken(message) from None
