"""Following the audit log: nothing missed, nothing repeated, and only the caller's own vault (L-4, V-7)."""

from __future__ import annotations

import pytest

from strongroom_core.access.callers import system
from strongroom_core.audit import follow
from strongroom_core.audit.follow import BEGINNING, find_changes, latest, list_committed
from strongroom_core.audit.read import read_entry
from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.caller import System
from strongroom_core.kernel.errors import NotFound, Refused
from strongroom_core.kernel.ids import SecretId
from strongroom_core.kernel.origin import Origin
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.secrets.trash import delete_secret
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.world import World

from .conftest import with_rights

COPY = """
insert into audit_entry (vault, id, at, incarnation, action, severity, outcome, actor_kind, actor_name,
                         target_name, address, request_id, salt)
select vault, gen_random_uuid(), at, incarnation, action, severity, outcome, actor_kind, actor_name,
       $2, address, request_id, salt from audit_entry where vault = $1 limit 1
"""


async def test_news(viewing_core: Core, world: World) -> None:
    """L-4: an act is reported as a change once, and a read-only action never."""
    position = await latest(viewing_core, world.owner)
    quiet = await find_changes(viewing_core, world.owner, position)
    await world.project("billing")
    first = await find_changes(viewing_core, world.owner, position)

    assert quiet is None
    assert first is not None
    assert await find_changes(viewing_core, world.owner, first.position) is None
    assert await find_changes(viewing_core, world.owner, position) is not None


async def test_denied_views_are_not_news(viewing_core: Core, world: World) -> None:
    """L-1, L-4: pages that follow the log reload on changes, so a denied view isn't reported as changes."""
    position = await latest(viewing_core, world.owner)
    with pytest.raises(NotFound):
        await read_entry(viewing_core, world.owner, "nothing")

    assert await find_changes(viewing_core, world.owner, position) is None
    with pytest.raises(NotFound):
        await delete_secret(viewing_core, world.owner, SecretId("sk_aaaaaaaaaaaaaaaa"))

    assert await find_changes(viewing_core, world.owner, position) is not None


async def test_another_vaults_events_are_not_news(
    viewing_core: Core, world: World, other_world: World
) -> None:
    """V-7: events in one vault aren't changes in another."""
    position = await latest(viewing_core, world.owner)
    await other_world.project("theirs")

    assert await find_changes(viewing_core, world.owner, position) is None
    await world.project("mine")
    assert await find_changes(viewing_core, world.owner, position) is not None


async def test_any_member_can_ask_for_news(viewing_core: Core, world: World) -> None:
    """L-4: any member and the server can ask for changes; the result reveals nothing about the events."""
    server = System("follow", world.person.vault, Origin("local", "req_test"))
    before = await world.entries()
    for caller in (with_rights(world.owner), server):
        assert await find_changes(viewing_core, caller, await latest(viewing_core, caller)) is None

    assert before == await world.entries()


async def test_a_late_commit_is_news(
    viewing_core: Core, world: World, administrator: OpenConnection
) -> None:
    """L-4: an event that was written before the position but committed after it isn't skipped."""
    await world.project("billing")
    await administrator.execute("begin")
    await administrator.execute(COPY, world.person.vault, "late")
    await world.project("orders")
    position = await latest(viewing_core, world.owner)
    quiet = await find_changes(viewing_core, world.owner, position)
    await administrator.execute("commit")
    changes = await find_changes(viewing_core, world.owner, position)

    assert quiet is None
    assert changes is not None
    assert await find_changes(viewing_core, world.owner, changes.position) is None


async def test_a_long_transaction_hides_no_commits(
    viewing_core: Core, world: World, administrator: OpenConnection
) -> None:
    """L-4: a long transaction doesn't hide other transactions' commits."""
    await world.project("billing")
    await administrator.execute("begin")
    await administrator.execute("select pg_current_xact_id()")
    position = await latest(viewing_core, world.owner)
    for name in ("one", "two"):
        await world.project(name)
        changes = await find_changes(viewing_core, world.owner, position) or pytest.fail(
            f"{name} isn't a change"
        )
        position = changes.position
    quiet = await find_changes(viewing_core, world.owner, position)
    await administrator.execute("rollback")

    assert quiet is None
    assert await find_changes(viewing_core, world.owner, position) is None


async def test_reads_are_distinguished_from_changes(
    core: Core, viewing_core: Core, world: World
) -> None:
    """L-4: machines' reads and denials are reported as such, and changes with their transactions."""
    project = await world.project("billing")
    secret, other = await world.secret(project, "API_KEY"), await world.secret(project, "OTHER")
    machine = await granted_machine(world, project, secret)
    position = await latest(viewing_core, world.owner)
    await read_secret_value(core, await machine.caller(world), secret.id)
    with pytest.raises(Refused):
        await read_secret_value(core, await machine.caller(world), other.id)
    read = await find_changes(viewing_core, world.owner, position)
    await world.project("orders")
    created = (await world.entries("project_create"))[-1]
    both = await find_changes(viewing_core, world.owner, position)

    assert read is not None
    assert ((), True) == (read.changes, read.reads)
    assert both is not None
    assert ((int(str(created["tx"])),), True) == (both.changes, both.reads)


async def test_a_position_includes_earlier_commits(
    viewing_core: Core, world: World, administrator: OpenConnection
) -> None:
    """L-4: a page can tell that it already shows a change and doesn't have to reload."""
    before = await latest(viewing_core, world.owner)
    await administrator.execute("begin")
    late = int(await administrator.fetchval("select pg_current_xact_id()::text"))
    await world.project("billing")
    during = await latest(viewing_core, world.owner)
    await administrator.execute("commit")
    after = await latest(viewing_core, world.owner)
    changes = await find_changes(viewing_core, world.owner, before)

    assert changes is not None
    assert changes.changes is not None
    assert [False, True, True] == [
        all(position.has(tx) for tx in changes.changes) for position in (before, during, after)
    ]
    assert [False, False, True] == [position.has(late) for position in (before, during, after)]
    assert after.covers(during)
    assert during.covers(before)
    assert not before.covers(during)
    assert not during.covers(after)


async def test_too_many_changes_to_list(
    viewing_core: Core, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L-4: if there are too many changes to list, the result says so."""
    monkeypatch.setattr(follow, "MOST_CHANGES", 2)
    position = await latest(viewing_core, world.owner)
    for name in ("one", "two", "three"):
        await world.project(name)
    changes = await find_changes(viewing_core, world.owner, position)

    assert changes is not None
    assert changes.changes is None


async def test_each_event_separately(
    world: World, other_world: World, administrator: OpenConnection
) -> None:
    """L-3: a vault's events are followed once each, in commit order, and only after all earlier ones."""
    caller, after = system("follow", world.person.vault), BEGINNING

    async def changes(most: int = 200) -> list[str | None]:
        nonlocal after
        entries, after = await list_committed(world.core, caller, after, most=most)
        return [entry.target_name for entry in entries]

    await world.project("one")
    await other_world.project("theirs")
    first = await changes()
    await administrator.execute("begin")
    await administrator.execute(COPY, world.person.vault, "two")
    await world.project("three")
    held = await changes()
    await administrator.execute("commit")
    rest = [*await changes(most=1), *await changes()]

    assert (["one"], []) == (first, held)
    assert ["two", "three"] == rest
    assert [] == await changes()
