"""A person changes their email address (A-5, A-10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from strongroom_core.accounts.change import ask_for_email
from strongroom_core.kernel.errors import TooMany
from strongroom_core.kernel.ids import INSTALLATION

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.clock import MovableClock
    from strongroom_testkit.world import World


@pytest.fixture
def sending(core: Core) -> Core:
    """A core with a mail server. Emails are only queued."""
    core.settings = replace(core.settings, smtp_host="localhost", smtp_from="vault@example.org")
    return core


async def queued_to(core: Core, address: str) -> int:
    async with core.database.transaction(INSTALLATION) as connection:
        return await connection.fetchval("select count(*) from mail where address = $1", address)


async def test_a_person_sends_at_most_five_an_hour(
    sending: Core, world: World, clock: MovableClock
) -> None:
    """A-10: a person can't send many addresses an email by asking to use them."""
    for number in range(5):
        await ask_for_email(sending, world.owner, f"new{number}@example.org")
    with pytest.raises(TooMany) as sixth:
        await ask_for_email(sending, world.owner, "new5@example.org")
    clock.move(timedelta(hours=1))
    later = replace(world.owner, authenticated_at=clock.now())
    await ask_for_email(sending, later, "new6@example.org")

    assert 0 < sixth.value.retry_after <= 3601
    assert [1, 0, 1] == [
        await queued_to(sending, f"new{number}@example.org") for number in (4, 5, 6)
    ]


async def test_an_address_gets_at_most_five_an_hour(
    sending: Core, world: World, other_world: World
) -> None:
    """A-7, A-10: several people together can't fill a mailbox, and don't learn what else it was sent."""
    answers = [
        await ask_for_email(sending, each.owner, "LIN@example.org" if number % 2 else address)
        for each, address in ((world, "lin@example.org"), (other_world, "lin@example.org"))
        for number in range(4)
    ]

    assert 5 == sum(
        [await queued_to(sending, each) for each in ("lin@example.org", "LIN@example.org")]
    )
    assert 1 == len(set(answers))
