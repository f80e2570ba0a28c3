"""Only expired rows and items are removed (S-7, V-3, A-4)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from strongroom_core.access.action import ObjectKind
from strongroom_core.access.callers import system
from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.clock import DatabaseClock, MovableClock
from strongroom_core.kernel.ids import INSTALLATION, SecretId
from strongroom_core.maintain import Due, due_purges, sweep
from strongroom_core.projects.trash import delete_project, purge_project
from strongroom_core.runtime.start import measure_clock
from strongroom_core.secrets.trash import purge_secret
from strongroom_testkit.contents import contents
from strongroom_testkit.people import Person, visitor
from strongroom_testkit.sign_in import log_in
from strongroom_testkit.world import World, entries_of

DAYS_30 = timedelta(days=30)
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize("table", ["session", "account_token", "device", "rate_count"])
async def test_only_expired_rows_are_deleted(
    core: Core,
    owner: Person,
    clock: MovableClock,
    administrator: OpenConnection,
    table: str,
) -> None:
    """A-4, A-6: a row is deleted when it expires and not a moment earlier; everything else is kept."""
    await log_in(core, visitor(), email=owner.email, password=owner.password, device_token=None)
    await administrator.execute(
        "insert into rate_count (vault, key, expires_at, hits) values ($1, 'k', $2, 1)",
        INSTALLATION,
        clock.now(),
    )
    for other in ("session", "account_token", "device", "rate_count"):
        end = clock.now() + (timedelta(hours=1) if other == table else timedelta(days=900))
        await administrator.execute(f"update {other} set expires_at = $1", end)
    before = await contents(administrator, "clock_reading")
    clock.move(timedelta(hours=1) - INSTANT)
    await sweep(core)

    assert await contents(administrator, "clock_reading") == before
    clock.move(INSTANT)
    await sweep(core)
    await sweep(core)
    after = await contents(administrator, "clock_reading")

    assert after.pop(table)[0] == 0
    assert before.pop(table)[0] == 1
    assert after == before


async def test_sweeping_is_not_logged(core: Core, owner: Person) -> None:
    """L-1: a sweep isn't logged, because it denies and reveals nothing."""
    before = await entries_of(core, INSTALLATION)
    await sweep(core)

    assert await entries_of(core, INSTALLATION) == before


async def test_the_trash_is_due_after_thirty_days(
    core: Core, world: World, clock: MovableClock
) -> None:
    """S-7, V-3: items become due just after 30 days, and the worker then purges them."""
    project = await world.project("billing")
    secret = await world.trashed_secret(project, "API_KEY")
    trashed = await world.trashed_project("shop")
    clock.move(DAYS_30)

    assert await due_purges(core) == []
    clock.move(INSTANT)
    due = await due_purges(core)

    assert set(due) == {
        Due(world.person.vault, ObjectKind.SECRET, secret.id),
        Due(world.person.vault, ObjectKind.PROJECT, trashed.id),
    }
    await purge_secret(core, system("purge_secret", world.person.vault), secret.id)
    await purge_project(core, system("purge_project", world.person.vault), trashed.id)

    assert await due_purges(core) == []
    (entry,) = await world.entries("secret_purge")
    assert (entry["actor_kind"], entry["actor_name"]) == ("system", "purge_secret")


async def test_due_projects_of_all_vaults_are_returned_oldest_first(
    core: Core, world: World, other_world: World, clock: MovableClock
) -> None:
    """S-7, V-7: the result contains only IDs, from every vault, up to the requested number."""
    made: list[SecretId] = []
    for each in (world, other_world, world):
        project = await each.project(f"project {len(made)}")
        made.append((await each.trashed_secret(project, "API_KEY")).id)
        clock.move(timedelta(hours=1))
    clock.move(DAYS_30)
    due = await due_purges(core)

    assert [each.id for each in due] == made
    assert [each.vault for each in due] == [
        world.person.vault,
        other_world.person.vault,
        world.person.vault,
    ]
    assert [each.id for each in await due_purges(core, most=1)] == made[:1]


async def test_a_trashed_projects_secrets_go_with_it(
    core: Core, world: World, clock: MovableClock
) -> None:
    """V-3: a trashed project's secrets aren't purged while the project can be restored."""
    project = await world.project("billing")
    await world.trashed_secret(project, "API_KEY")
    clock.move(timedelta(days=20))
    await delete_project(core, world.owner, project.id, confirm_name="billing")
    clock.move(timedelta(days=11))

    assert await due_purges(core) == []
    clock.move(timedelta(days=20))

    assert [each.kind for each in await due_purges(core)] == [ObjectKind.PROJECT]


async def test_the_clock_is_the_databases(core: Core, administrator: OpenConnection) -> None:
    """H-3: the time comes from the database, and a new measurement replaces the old one."""
    core.clock = DatabaseClock(core.clock.now() - timedelta(hours=5))
    before = await administrator.fetchval("select clock_timestamp()")
    await measure_clock(core)
    after = await administrator.fetchval("select clock_timestamp()")

    assert before <= core.clock.now() <= after + timedelta(seconds=10)
