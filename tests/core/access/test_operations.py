"""A program stops if a handler is missing from the table, or if a listed one doesn't exist."""

from __future__ import annotations

import pytest

from strongroom_core.access.actions.secrets import SECRET_CREATE, SECRET_PURGE
from strongroom_core.access.operations import TableMismatch, job, require_listed, table_of
from strongroom_server.operations import authorization_table

TABLE = table_of({"purge_secret": job(SECRET_PURGE), "purge_other": job(SECRET_PURGE)}.items())


def test_the_table_as_it_is() -> None:
    """A table with exactly the declared operations is accepted."""
    require_listed(TABLE, TABLE)
    require_listed(authorization_table(), authorization_table())


@pytest.mark.parametrize(
    ("offered", "named"),
    [
        ([*TABLE, "surprise"], "not listed: ['surprise']"),
        (["purge_secret"], "listed but missing: ['purge_other']"),
        ([*TABLE, "purge_secret"], "duplicate: ['purge_secret']"),
    ],
)
def test_the_error_names_every_difference(offered: list[str], named: str) -> None:
    """U-4, D-4: the error names surplus, missing and duplicate operations."""
    with pytest.raises(TableMismatch) as caught:
        require_listed(offered, TABLE)

    assert named in str(caught.value)


def test_handlers_declare_an_action_of_their_plane() -> None:
    """G-1, D-4: handlers need a declaration, a unique name, and a plane that their action allows."""
    for declared in (
        [("sweep", job(SECRET_CREATE))],
        [("sweep", None)],
        [("sweep", job(SECRET_PURGE)), ("sweep", job(SECRET_PURGE))],
    ):
        with pytest.raises(TableMismatch, match="sweep"):
            table_of(declared)
