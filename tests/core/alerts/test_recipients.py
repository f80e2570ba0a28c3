"""Alerts go by email to the owners and to chosen members who can see the events (N-1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from strongroom_core.alerts.rules import read_alert_rules, update_alert_rules
from strongroom_core.kernel.errors import Invalid
from strongroom_core.members.manage import (
    MemberChanges,
    remove_member,
    suspend_member,
    update_member,
)
from strongroom_testkit.members import add_member, member_id, organize
from strongroom_worker import jobs

if TYPE_CHECKING:
    from strongroom_core.kernel.clock import MovableClock
    from strongroom_core.kernel.ids import AccountId
    from strongroom_testkit.world import World

RULES = ["mail project_create", "mail severity:critical"]


async def recipients(world: World, kind: str = "alert_digest") -> list[str]:
    """Return who got the newest emails of a kind, and delete these emails."""
    async with world.core.database.transaction(world.person.vault) as connection:
        rows = await connection.fetch("delete from mail where kind = $1 returning account", kind)
    return sorted(row["account"] for row in rows)


async def digest_of(world: World, clock: MovableClock) -> list[str]:
    """Create a project, and return who gets the digest about it."""
    await world.project(f"project-{clock.now().timestamp():.0f}")
    await jobs.alert(world.core)
    clock.move(timedelta(minutes=6))
    await jobs.alert(world.core)
    return await recipients(world)


@pytest.fixture
async def grace(world: World) -> AccountId:
    """A member with the built-in role Admin, which can see all events."""
    await organize(world)
    return await add_member(world, "grace", "admin")


async def test_chosen_members_get_alerts(
    world: World, grace: AccountId, clock: MovableClock
) -> None:
    """N-1: the owners and the chosen members get alerts; the choice is an event with names."""
    core, owner = world.core, world.owner
    member = await member_id(world, grace)
    before = await update_alert_rules(core, owner, RULES)
    alone = await digest_of(world, clock)
    after = await update_alert_rules(core, owner, RULES, mail_members=[member])
    both = await digest_of(world, clock)
    owner = replace(owner, authenticated_at=clock.now())
    kept = await update_alert_rules(core, owner, RULES)
    entries = [msgspec.json.decode(str(e["detail"])) for e in await world.entries("alerts_update")]

    assert ([], [member], [member]) == (before.mail_members, after.mail_members, kept.mail_members)
    assert [owner.account] == alone
    assert sorted([owner.account, grace]) == both
    assert ["grace"] == entries[1]["recipients_given"]
    with pytest.raises(Invalid, match="unknown member"):
        await update_alert_rules(core, owner, RULES, mail_members=["mem_aaaaaaaaaaaaaaaa"])


@pytest.mark.parametrize("how", ["role", "suspended", "removed"])
async def test_a_member_who_may_no_longer_see_events(
    world: World, grace: AccountId, clock: MovableClock, how: str
) -> None:
    """N-1: a chosen member who can no longer see the events gets no more alerts about them."""
    core, owner = world.core, world.owner
    member = await member_id(world, grace)
    await update_alert_rules(core, owner, RULES, mail_members=[member])
    match how:
        case "role":
            await update_member(core, owner, member, MemberChanges(vault_role="collaborator"))
        case "suspended":
            await suspend_member(core, owner, member)
        case _:
            await remove_member(core, owner, member)
    who = await digest_of(world, clock)
    rules = await read_alert_rules(core, owner)

    assert [owner.account] == who
    assert ([] if how == "removed" else [member]) == rules.mail_members


async def test_a_digest_says_that_events_were_removed(
    world: World, grace: AccountId, clock: MovableClock
) -> None:
    """N-4: an alert whose event was removed before its email was sent is counted there.

    A recipient who couldn't have seen the event gets nothing.
    """
    core, owner = world.core, world.owner
    member = await member_id(world, grace)
    await update_alert_rules(core, owner, RULES, mail_members=[member])
    await update_member(core, owner, member, MemberChanges(vault_role="collaborator"))
    await world.project("billing")
    await jobs.alert(core)
    async with core.database.transaction(world.person.vault) as connection:
        await connection.execute("update mail_alert set entry = gen_random_uuid()")
    clock.move(timedelta(minutes=6))
    await jobs.alert(core)
    async with core.database.transaction(world.person.vault) as connection:
        facts = msgspec.json.decode(
            await connection.fetchval("select facts from mail where kind = 'alert_digest'")
        )

    assert [owner.account] == await recipients(world)
    assert (
        "1 alert",
        "1 alert can't be shown: the events were deleted before this email was sent.",
    ) == (
        facts["alerts"],
        facts["line00"],
    )
