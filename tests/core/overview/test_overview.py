"""The overview: totals, what needs attention, and first steps (U-1, V-7)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from msgspec.structs import astuple, fields, replace

from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.authority import (
    Access,
    ProjectCapability,
    SecretKind,
    VaultCapability,
)
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.machines.enrollment import (
    NewToken,
    create_enrollment_token,
    revoke_enrollment_token,
)
from strongroom_core.machines.lifecycle import deny_machine, disable_machine
from strongroom_core.machines.terms import Terms
from strongroom_core.maintain import tally_reads
from strongroom_core.overview.overview import read_overview
from strongroom_core.overview.views import Counts, FirstSteps
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.freeze import freeze_project
from strongroom_core.reading.batch import read_secret_value
from strongroom_testkit.machine import approved_machine, grant, granted_machine, pending_machine
from strongroom_testkit.world import World

from .conftest import member

NOTHING = Counts(
    projects=0,
    applications=0,
    secrets=0,
    secrets_unread=0,
    secrets_never_read=0,
    machines=0,
    machines_seen=0,
    machines_pending=0,
    members=1,
)


async def counts(viewing_core: Core, world: World) -> Counts:
    """Return the counts as the owner sees them."""
    return (await read_overview(viewing_core, world.owner)).counts


async def test_first_steps(viewing_core: Core, world: World, other_world: World) -> None:
    """U-1, V-7: each step is shown as done once it is done, independently of other vaults' steps."""
    done: list[FirstSteps] = []

    async def look() -> None:
        done.append((await read_overview(viewing_core, world.owner)).first_steps)

    theirs = await other_world.project("theirs")
    secret = await other_world.secret(theirs, "KEY")
    other = await granted_machine(other_world, theirs, secret)
    await read_secret_value(other_world.core, await other.caller(other_world), secret.id)
    await look()
    project = await world.project("billing")
    await look()
    secret = await world.secret(project, "KEY")
    await look()
    await pending_machine(world, "web-0")
    await look()
    machine = await approved_machine(world)
    await look()
    await grant(world, machine, project, secret)
    await look()
    await read_secret_value(world.core, await machine.caller(world), secret.id)
    overview = await read_overview(viewing_core, world.owner)
    [entry] = await world.entries("secret_read")
    steps = [field.name for field in fields(FirstSteps) if field.type is bool]
    granted = steps.index("machine_granted")
    assert [
        FirstSteps(
            **{step: steps.index(step) < number for step in steps},
            granted_path="billing/KEY" if number > granted else None,
        )
        for number in range(len(steps) + 1)
    ] == [*done, overview.first_steps]
    assert entry["at"] == overview.first_read_at


async def test_counts(
    viewing_core: Core, world: World, other_world: World, clock: MovableClock
) -> None:
    """U-1, V-7: only the live objects of this vault are counted."""
    viewing_core.clock = clock
    await create_application(world.core, world.owner, name="shop", environments=["a", "b"])
    project = await world.project("billing")
    await world.secret(project, "A")
    await world.trashed_secret(project, "GONE")
    await world.trashed_project("gone")
    await pending_machine(world, "web-0")
    await approved_machine(world, "web-1")
    await disable_machine(world.core, world.owner, str((await approved_machine(world)).id))
    await deny_machine(world.core, world.owner, str((await pending_machine(world)).id))
    await other_world.secret(await other_world.project("theirs"), "B")
    await approved_machine(other_world)

    assert (
        replace(
            NOTHING,
            projects=3,
            applications=1,
            secrets=1,
            secrets_never_read=1,
            machines=2,
            machines_pending=1,
        )
        == (await read_overview(viewing_core, world.owner)).counts
    )


async def test_unread_and_unseen(viewing_core: Core, world: World, clock: MovableClock) -> None:
    """U-1, S-9: secrets read in the last 90 days and machines seen in the last 7 are counted."""
    viewing_core.clock = clock
    project = await world.project("billing")
    secrets = [await world.secret(project, name) for name in ("READ", "UNREAD")]
    machine = await granted_machine(world, project, *secrets)
    seen: list[tuple[int, int | None]] = []
    clock.move(timedelta(days=80))
    await read_secret_value(world.core, await machine.caller(world), secrets[0].id)
    await tally_reads(world.core)
    for days in (0, 7, 3, 1, 79, 1):
        clock.move(timedelta(days=days))
        found = await counts(viewing_core, world)
        seen.append((found.secrets_unread, found.machines_seen))
    await world.secret(project, "NEW")

    # On days 80, 87, 90, 91, 170 and 171. For a secret that was never read, days count from its creation.
    assert [(0, 1), (0, 1), (0, 0), (1, 0), (1, 0), (2, 0)] == seen
    now = await counts(viewing_core, world)
    assert (2, 2) == (now.secrets_unread, now.secrets_never_read)


async def test_pending_machines_and_frozen_projects(
    viewing_core: Core, world: World, clock: MovableClock, administrator: OpenConnection
) -> None:
    """U-1: the longest pending machines and latest frozen projects come first; expiring ones are listed."""
    viewing_core.clock = clock
    project = await world.project("billing")
    await create_application(world.core, world.owner, name="shop", environments=["live"])
    start = clock.now()
    await freeze_project(world.core, world.owner, project.id, reason="a key leaked")
    waiting: list[Any] = []
    for name in ("web-1", "web-2"):
        machine = await pending_machine(world, name)
        waiting.append((machine.id, name, name, clock.now()))
        clock.move(timedelta(hours=1))
    expiring: list[Any] = []
    for number, hours in enumerate((71, 73, 2, -1)):
        machine = await approved_machine(world, f"temp-{number}")
        at = clock.now() + timedelta(hours=hours)
        await administrator.execute(
            "update machine set expires_at = $2 where id = $1", machine.id, at
        )
        expiring.append((machine.id, f"temp-{number}", at))
    off = await approved_machine(world, "off")
    await administrator.execute(
        "update machine set expires_at = $2 where id = $1",
        off.id,
        clock.now() + timedelta(hours=1),
    )
    await disable_machine(world.core, world.owner, str(off.id))
    overview = await read_overview(viewing_core, world.owner)

    assert waiting == [(m.id, m.name, m.hostname, m.since) for m in overview.pending_machines]
    assert [(project.id, "billing", None, None, start, "ada", False, "a key leaked")] == [
        astuple(each) for each in overview.frozen_projects
    ]
    assert [expiring[2], expiring[0]] == [
        (m.id, m.name, m.expires_at) for m in overview.expiring_machines
    ]


async def test_inaccessible_objects_are_left_out(viewing_core: Core, world: World) -> None:
    """O-1, O-2: projects, kinds of secrets and machines that the user can't access aren't shown."""
    mine, other = await world.project("mine"), await world.project("other")
    for project in (mine, other):
        await world.secret(project, "SINGLE")
        await world.structured(project, "STRUCTURED", "a")
        await freeze_project(world.core, world.owner, project.id, reason="drill")
    await pending_machine(world)
    view = ProjectCapability.SECRETS_VIEW
    access = Access(projects=frozenset({mine.id}), rights=frozenset({(view, SecretKind.SINGLE)}))
    shown = await read_overview(viewing_core, member(world.owner, access))
    nothing = await read_overview(
        viewing_core, member(world.owner, None, VaultCapability.MACHINES_VIEW)
    )

    assert (1, 1, None) == (
        shown.counts.projects,
        shown.counts.secrets,
        shown.counts.machines_pending,
    )
    assert (["mine"], []) == ([p.name for p in shown.frozen_projects], shown.pending_machines)
    assert replace(NOTHING, machines_pending=1) == nothing.counts
    assert ["web-1"] == [machine.name for machine in nothing.pending_machines]
    assert 4 == (await counts(viewing_core, world)).secrets


async def test_viewing_is_not_logged(viewing_core: Core, world: World) -> None:
    """L-1: viewing the overview isn't logged."""
    await read_overview(viewing_core, world.owner)

    assert [] == await world.entries()


async def test_tokens_that_are_nearly_used_up(
    viewing_core: Core, world: World, clock: MovableClock, administrator: OpenConnection
) -> None:
    """U-1: active tokens with at least 90% of their uses are listed, the one with the fewest left first."""
    made: dict[int, str] = {}
    for uses in (89, 90, 99, 100, 95, 96):
        wanted = NewToken(
            name=f"used-{uses}",
            lifetime=300 if uses == 95 else 86_400,
            terms=Terms(machine_lifetime=3600, max_uses=100),
        )
        token = await create_enrollment_token(world.core, world.owner, wanted)
        world.markers.note(token.token)
        made[uses] = token.view.id
        await administrator.execute(
            "update enrollment_token set uses = $2 where id = $1", token.view.id, uses
        )
    await revoke_enrollment_token(world.core, world.owner, made[96])
    viewing_core.clock = clock
    clock.move(timedelta(minutes=6))
    shown = await read_overview(viewing_core, world.owner)
    blind = await read_overview(
        viewing_core, member(world.owner, None, VaultCapability.MACHINES_VIEW)
    )

    assert [(made[99], "used-99", 99, 100), (made[90], "used-90", 90, 100)] == [
        astuple(each) for each in shown.nearly_used_tokens
    ]
    assert [] == blind.nearly_used_tokens
