"""The page *Server administration* (Q-3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from strongroom_dashboard.screens.operator import state
from strongroom_dashboard.screens.operator.state import Operator

if TYPE_CHECKING:
    from strongroom_core.db.connection import OpenConnection
    from strongroom_testkit.world import World

OPERATOR = "update account set operator = true where username = 'ada'"


@pytest.fixture
async def operator(world: World, administrator: OpenConnection) -> World:
    """A world whose owner is the server's administrator."""
    await administrator.execute(OPERATOR)
    return world


@pytest.mark.usefixtures("operator", "other_world")
async def test_both_lists_have_pages_and_orders(look, monkeypatch: pytest.MonkeyPatch) -> None:
    """Q-3, U-2: each list has its own page and order, and links keep the other's."""
    monkeypatch.setattr(state, "SHOWN", 1)
    shown = await look(Operator, "/operator?vaults-sort=-name")
    following = await look(Operator, shown.accounts_around.next_page)
    back = await look(Operator, following.accounts_around.previous_page)
    dialog = await look(Operator, following.accounts[0].href)
    found = await look(Operator, "/operator?accounts=grace&vaults=grace")

    assert ("", ["grace's vault"]) == (shown.problem, [each.name for each in shown.vaults])
    assert ["ada"] == [each.username for each in shown.accounts]
    assert "1–1 of 2" == f"{shown.accounts_around.shown} of {shown.accounts_around.total}"
    assert {"name": "descending"}.items() <= shown.vaults_around.sorted_by.items()
    assert ["grace"] == [each.username for each in following.accounts]
    assert ["grace's vault"] == [each.name for each in following.vaults]
    assert ["ada"] == [each.username for each in back.accounts]
    assert ("grace", ["grace"]) == (
        dialog.chosen_name,
        [each.username for each in dialog.accounts],
    )
    assert shown.accounts_around.next_page == dialog.here
    assert (["grace"], ["grace's vault"]) == (
        [each.username for each in found.accounts],
        [each.name for each in found.vaults],
    )
