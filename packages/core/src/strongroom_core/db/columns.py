"""House columns: what every table has, so that no table can forget it."""

from piccolo.columns import Timestamptz, Varchar
from piccolo.table import Table


class TenantTable(Table):
    """A table whose every row belongs to one vault. Row-level security compares `vault`.

    Foreign keys are composite, `(vault, x)`, and live in the migrations: Piccolo cannot declare them.
    Times are set from `core.clock`, never by the database.
    """

    vault = Varchar(length=32, null=False)


# Piccolo gives a class without a primary key a serial `id`; tables with another key would inherit it.
del TenantTable.id  # pyright: ignore[reportAttributeAccessIssue]


def required_text(length: int = 255) -> Varchar:
    """A text column that must have a value."""
    return Varchar(length=length, null=False, default=None)


def optional_text(length: int = 255) -> Varchar:
    """A text column that may be empty."""
    return Varchar(length=length, null=True, default=None)


def required_time() -> Timestamptz:
    """A moment that must be known."""
    return Timestamptz(null=False, default=None)


def optional_time() -> Timestamptz:
    """A moment that may not have come."""
    return Timestamptz(null=True, default=None)
