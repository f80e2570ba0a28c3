"""Which machines can read a secret, and when each last read it (M-9, S-6)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from strongroom_core.db.connection import OpenConnection
from strongroom_core.grants.attachments import detach_machine
from strongroom_core.grants.manage import Wanted, set_grants
from strongroom_core.grants.readers import READERS, list_readers
from strongroom_core.grants.views import ReaderView
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import Frozen, NotFound
from strongroom_core.kernel.ids import SecretId
from strongroom_core.kernel.page import PageRequest
from strongroom_core.machines.lifecycle import disable_machine
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.runtime.start import blind_core
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.world import World


async def readers(world: World, secret: str, limit: int = 50) -> list[list[ReaderView]]:
    """Return all pages of a secret's readers, as the dashboard's *blind* role sees them."""
    core, found, cursor = blind_core(world.core), list[list[ReaderView]](), None
    while True:
        page = await list_readers(
            core,
            world.owner,
            SecretId(secret),
            PageRequest.parse(limit=limit, cursor=cursor),
        )
        found.append(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return found


async def test_readers_are_those_with_a_grant_each_with_its_last_read(
    world: World, clock: MovableClock
) -> None:
    """M-9: a machine is listed as soon as it has a grant, with the time of that machine's last read."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    other = await world.secret(project, "OTHER")
    first = await granted_machine(world, project, secret, other, hostname="a")
    await granted_machine(world, project, secret, hostname="b")
    await granted_machine(world, project, other, hostname="c")
    await read_secret_value(world.core, await first.caller(world), secret.id)
    at = clock.now()
    clock.move(timedelta(minutes=5))
    await read_secret_value(world.core, await first.caller(world), other.id)
    ((one, two),) = await readers(world, secret.id)

    assert ("a", at, 1) == (one.machine_name, one.last_read_at, one.seen_version)
    assert ("b", None, None) == (two.machine_name, two.last_read_at, two.seen_version)
    assert first.id == one.machine_id
    assert one.fields is None


async def test_a_denied_attempt_is_not_a_read(world: World, clock: MovableClock) -> None:
    """M-9: a denied attempt doesn't count as a read."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    await read_secret_value(world.core, await machine.caller(world), secret.id)
    at = clock.now()
    clock.move(timedelta(minutes=5))
    await world.freeze(project)
    with pytest.raises(Frozen):
        await read_secret_value(world.core, await machine.caller(world), secret.id)
    ((reader,),) = await readers(world, secret.id)

    assert at == reader.last_read_at


async def test_the_list_shows_fields_and_disabled_machines(world: World) -> None:
    """M-9, S-3: the list shows which fields a machine can read, and that it is disabled."""
    project = await world.project("billing")
    secret = await world.structured(project, "DB", "user", "password")
    machine = await granted_machine(world, project, secret)
    wanted = [Wanted(secret.id, ["user"])]
    await set_grants(world.core, world.owner, project.id, machine=str(machine.id), wanted=wanted)
    await disable_machine(world.core, world.owner, str(machine.id))
    ((reader,),) = await readers(world, secret.id)

    assert (["user"], False, None) == (reader.fields, reader.enabled, reader.expires_at)


async def test_a_reader_without_a_grant_is_not_listed(world: World) -> None:
    """M-9: a detached or revoked machine isn't listed."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    await detach_machine(world.core, world.owner, project.id, machine=str(machine.id))

    assert [[]] == await readers(world, secret.id)


async def test_readers_come_in_pages(world: World) -> None:
    """M-9: machines are listed by name, each exactly once, no matter how many there are."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    for name in ("c", "a", "b", "a"):
        await granted_machine(world, project, secret, hostname=name)
    pages = await readers(world, secret.id, limit=2)

    assert [2, 2] == [len(page) for page in pages]
    assert 4 == len({reader.machine_id for page in pages for reader in page})
    names = [reader.machine_name for page in pages for reader in page]
    assert sorted(names) == names


async def test_readers_of_missing_secrets(world: World, other_world: World) -> None:
    """V-7: another vault's secret, a trashed one and one that never existed are all not found."""
    project = await world.project("billing")
    gone = await world.trashed_secret(project, "GONE")
    theirs = await other_world.secret(await other_world.project("theirs"), "THEIRS")

    for secret in (gone.id, theirs.id, "sk_aaaaaaaaaaaaaaaa", "nonsense"):
        with pytest.raises(NotFound):
            await readers(world, secret)


MANY = """
insert into audit_entry (vault, id, at, incarnation, action, severity, outcome, actor_kind, actor_id,
                         actor_name, target_kind, target_id, address, request_id, detail, salt)
select vault, gen_random_uuid(), at + i * interval '1 second', incarnation, action, severity, outcome,
       actor_kind, case when i % 2 = 0 then actor_id else gen_random_uuid()::text end, actor_name,
       target_kind, target_id, address, request_id, detail, salt
from audit_entry, generate_series(1, 20000) i where action = 'secret_read'
"""


async def test_a_last_read_is_found_among_many(world: World, administrator: OpenConnection) -> None:
    """M-9: finding a reader's last read takes one lookup, regardless of the number of reads and readers."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret, hostname="a")
    await granted_machine(world, project, secret, hostname="b")
    await read_secret_value(world.core, await machine.caller(world), secret.id)
    await administrator.execute(MANY)
    await administrator.execute("analyze audit_entry")
    async with world.core.database.transaction(world.person.vault) as connection:
        plan = await connection.fetch(
            f"explain (analyze, buffers) select {READERS.columns}"
            f" from {READERS.source.format(only='$1')}"
            " where g.secret = $2 order by lower(m.name), m.id limit 51",
            None,
            secret.id,
        )
    text = "\n".join(str(*row.values()) for row in plan)

    assert "audit_entry_by_target" in text
    assert "Seq Scan on audit_entry" not in text
    assert "Rows Removed by Filter" not in text
