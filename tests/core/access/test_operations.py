"""A way in that the table does not list, or lists and nobody offers, stops the program."""

from __future__ import annotations

import pytest

from strongroom_core.access.actions import Action, Plane
from strongroom_core.access.operations import OPERATIONS, Operation, TableMismatch, require_listed

JOBS = frozenset({Plane.JOB})
OFFERED = [name for name, operation in OPERATIONS.items() if operation.plane is Plane.JOB]


def test_the_table_as_it_is() -> None:
    """The list compared with itself is no mismatch, with exceptions or without."""
    require_listed(OFFERED, JOBS, besides=frozenset())
    require_listed(OFFERED[1:], JOBS, besides=frozenset(OFFERED[:1]))


@pytest.mark.parametrize(
    ("offered", "named"),
    [
        ([*OFFERED, "surprise"], "not listed ['surprise']"),
        (OFFERED[1:], f"listed and not there ['{OFFERED[0]}']"),
        ([*OFFERED, OFFERED[0]], f"offered twice ['{OFFERED[0]}']"),
        ([*OFFERED, "createSecret"], "not listed ['createSecret']"),
    ],
)
def test_every_difference_is_named(offered: list[str], named: str) -> None:
    """U-4, D-4: surplus, missing and doubled operations, and those of another plane."""
    with pytest.raises(TableMismatch) as caught:
        require_listed(offered, JOBS, besides=frozenset())

    assert named in str(caught.value)


def test_every_operation_is_on_a_plane_of_its_action() -> None:
    """G-1: no way in leads to an action that its plane may not perform."""
    wrong = {**OPERATIONS, "sweep": Operation(Plane.JOB, Action.SECRET_CREATE)}
    with pytest.raises(TableMismatch, match="sweep"):
        require_listed(OFFERED, JOBS, besides=frozenset(), table=wrong)
