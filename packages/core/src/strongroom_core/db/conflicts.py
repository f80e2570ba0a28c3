"""Translates unique violations into our own error, because PostgreSQL's message quotes the row."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager

import asyncpg  # pyright: ignore[reportMissingTypeStubs]

from strongroom_core.kernel.errors import NameTaken


@contextmanager
def name_taken_as(
    message: str, others: Mapping[str, tuple[str, str]] | None = None
) -> Generator[None]:
    """Raise `NameTaken` with this message if the block violates a unique constraint.

    `others` contains the field and the message for constraints on anything other than the name.
    Leaving the decision to the constraint keeps names unique under concurrency.
    """
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        constraint = str(getattr(error, "constraint_name", ""))
        field, said = (others or {}).get(constraint, (None, message))
        raise NameTaken(said, field=field) from None
