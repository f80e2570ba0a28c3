"""The outbox: notes are written with the act, delivered in order, and processed at least once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from strongroom_core.access import gate
from strongroom_core.access.actions.projects import PROJECT_CREATE
from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.db.failures import UnplannedFailure
from strongroom_core.db.scope import Role
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.outbox.drain import LONGEST_WAIT, due_notes, postpone, settle
from strongroom_core.outbox.put import OutboxKind, put
from strongroom_core.projects.trash import purge_project
from strongroom_testkit.people import Person
from strongroom_testkit.world import World

KIND = OutboxKind.ERASE_PROJECT


async def leave(core: Core, person: Person, subject: str) -> None:
    async with core.database.transaction(person.vault) as connection:
        await put(connection, person.vault, KIND, subject, core.clock.now())


async def subjects(core: Core, most: int = 100) -> list[str]:
    return [note.subject for note in await due_notes(core, most=most)]


async def test_notes_are_rolled_back_with_their_act(core: Core, world: World) -> None:
    """V-3: work to be done after a commit is requested in the same transaction."""
    with pytest.raises(ZeroDivisionError):
        async with gate.perform(core, world.owner, PROJECT_CREATE) as act:
            await put(act.connection, act.vault, KIND, "proj_x", act.at)
            raise ZeroDivisionError

    assert await due_notes(core) == []
    project = await world.trashed_project("billing")
    await purge_project(core, world.owner, project.id)
    (note,) = await due_notes(core)

    assert (note.vault, note.kind, note.subject) == (world.person.vault, KIND, project.id)


async def test_due_notes_are_returned_oldest_first(
    core: Core, owner: Person, other_owner: Person, clock: MovableClock
) -> None:
    """H-3: notes are returned oldest first, once they are due, up to the requested number."""
    await leave(core, owner, "first")
    clock.move(timedelta(seconds=1))
    await leave(core, other_owner, "second")
    clock.move(timedelta(seconds=1))
    await leave(core, owner, "third")

    assert await subjects(core) == ["first", "second", "third"]
    assert await subjects(core, most=2) == ["first", "second"]
    clock.move(timedelta(seconds=-1))

    assert await subjects(core) == ["first", "second"]
    clock.move(timedelta(seconds=-1) - timedelta(microseconds=1))

    assert await subjects(core) == []


async def test_settling_is_repeatable(core: Core, owner: Person, clock: MovableClock) -> None:
    """H-3: settling a note twice, as can happen after a crash, does no harm."""
    await leave(core, owner, "one")
    await leave(core, owner, "two")
    first = (await due_notes(core))[0]
    await settle(core, first)
    await settle(core, first)
    await postpone(core, first)

    assert len(await subjects(core)) == 1


async def test_a_postponed_note_waits_longer_each_time(
    core: Core, owner: Person, clock: MovableClock, administrator: OpenConnection
) -> None:
    """H-3: a note is postponed by 1, 2, 4 … seconds, at most an hour; other notes aren't delayed."""
    await leave(core, owner, "hard")
    await leave(core, owner, "easy")
    hard = next(note for note in await due_notes(core) if note.subject == "hard")
    waits: list[timedelta] = []
    for _ in range(16):
        await postpone(core, hard)
        due = await administrator.fetchval("select due_at from outbox where id = $1", hard.id)
        waits.append(due - clock.now())

        assert await subjects(core) == ["easy"]
        clock.move(due - clock.now() - timedelta(microseconds=1))

        assert await subjects(core) == ["easy"]
        clock.move(timedelta(microseconds=1))

        assert "hard" in await subjects(core)
    seconds = [wait.total_seconds() for wait in waits]

    assert seconds[:12] == [2.0**n for n in range(12)]
    assert seconds[12:] == [LONGEST_WAIT.total_seconds()] * 4


async def test_a_note_that_fails_for_ever_keeps_being_tried(
    core: Core, owner: Person, clock: MovableClock, administrator: OpenConnection
) -> None:
    """H-3: no number of attempts makes the delay overflow or the note disappear."""
    await leave(core, owner, "hopeless")
    (note,) = await due_notes(core)
    await administrator.execute("update outbox set attempts = 1000000")
    await postpone(core, note)
    due = await administrator.fetchval("select due_at from outbox")

    assert due - clock.now() == LONGEST_WAIT


async def test_blind_can_leave_but_not_list_notes(core: Core, owner: Person) -> None:
    """G-1: *blind* can request work for the vault in scope, but can't list the work of all vaults."""
    blind = core.database.taking_on(Role.BLIND)
    async with blind.transaction(owner.vault) as connection:
        await put(connection, owner.vault, KIND, "asked", core.clock.now())
    with pytest.raises(UnplannedFailure, match="InsufficientPrivilegeError"):
        async with blind.transaction(None) as connection:
            await connection.fetch("select * from due_outbox($1, 1)", core.clock.now())

    assert await subjects(core) == ["asked"]
