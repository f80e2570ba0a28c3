"""Columns that every table has, so that no table can omit them."""

from typing import TYPE_CHECKING, Any, Final

from piccolo.columns import Integer, Timestamptz, Varchar
from piccolo.table import Table


class _Dialect:
    """The part of an engine that Piccolo uses while it builds a statement. It can't connect."""

    engine_type: Final = "postgres"


DIALECT: Final[Any] = _Dialect()
"""The engine of all tables. `db/query.py` runs the statements on a transaction's connection."""


class TenantTable(Table):
    """A table whose rows belong to one vault each. Row-level security compares `vault` (tenant isolation).

    The migrations declare the foreign keys, because they are composite, `(vault, x)`, which Piccolo doesn't
    support. Times are set from `core.clock`, never by the database.
    """

    vault = Varchar(length=32, null=False)

    if TYPE_CHECKING:
        # Piccolo's queries leave their type parameters open, which no strict type checker accepts.
        select: Any
        count: Any
        update: Any
        delete: Any

    def __init_subclass__(cls, tablename: str | None = None) -> None:
        """Create a table with an engine that can't connect."""
        super().__init_subclass__(tablename=tablename, db=DIALECT)  # pyright: ignore[reportUnknownMemberType] -- an open type parameter too


# Piccolo adds a serial `id` to a class without a primary key, and tables with another key would inherit it.
del TenantTable.id  # pyright: ignore[reportAttributeAccessIssue]


class NamedTable(TenantTable):
    """A table of objects that people name and change. Each change increments the row's revision."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    name = Varchar(length=100, null=False, default=None)
    name_folded = Varchar(length=510, null=False, default=None)
    revision = Integer(null=False, default=1)


def required_text(length: int = 255) -> Varchar:
    """A text column that must have a value."""
    return Varchar(length=length, null=False, default=None)


def optional_text(length: int = 255) -> Varchar:
    """A text column that can be null."""
    return Varchar(length=length, null=True, default=None)


def required_time() -> Timestamptz:
    """A time column that must have a value."""
    return Timestamptz(null=False, default=None)


def optional_time() -> Timestamptz:
    """A time column that can be null."""
    return Timestamptz(null=True, default=None)
