"""The link with which the administrator lets someone choose a new password (A-12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from strongroom_core.access.callers import system
from strongroom_core.accounts.reset import reset_password
from strongroom_core.accounts.reset_link import make_reset_link
from strongroom_core.kernel.errors import NotFound, Refused
from strongroom_testkit.people import visitor
from strongroom_testkit.world import entries_of

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import OpenConnection
    from strongroom_testkit.world import World


async def test_the_link_works_once_and_is_recorded_in_every_vault(
    core: Core, other_world: World
) -> None:
    """A-12: the link is logged in the installation and in the account's vaults, and works once."""
    person = other_world.person
    token = await make_reset_link(core, system("reset-link"), f" {person.email.upper()} ")
    other_world.markers.note(token)
    password = other_world.markers.password()
    await reset_password(core, visitor(), token, password=password)
    with pytest.raises(Refused):
        await reset_password(core, visitor(), token, password=password)
    told = [
        [each["target_name"] for each in await entries_of(core, vault, "account_reset_link")]
        for vault in ("installation", person.vault)
    ]

    assert told == [["grace"], ["grace"]]


async def test_the_link_expires(
    core: Core, other_world: World, administrator: OpenConnection
) -> None:
    """A-12: after 15 minutes the link no longer works; for an unknown address, no link is created."""
    token = await make_reset_link(core, system("reset-link"), other_world.person.email)
    other_world.markers.note(token)
    lifetime = await administrator.fetchval(
        "select expires_at - created_at from account_token where purpose = 'reset'"
    )
    await administrator.execute(
        "update account_token set expires_at = created_at where purpose = 'reset'"
    )
    with pytest.raises(Refused):
        await reset_password(core, visitor(), token, password=other_world.markers.password())
    with pytest.raises(NotFound):
        await make_reset_link(core, system("reset-link"), "nobody@example.org")

    assert lifetime.total_seconds() == 15 * 60
