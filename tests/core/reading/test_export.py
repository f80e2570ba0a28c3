"""A machine reads many secrets in one call; each is decided and logged individually (R-6)."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from strongroom_core.audit.recovery import read_recovery
from strongroom_core.audit.wording import wording_of
from strongroom_core.core import EXPORTS_WAITING_OF_VAULT, Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.grants.manage import Wanted, set_grants
from strongroom_core.kernel.errors import (
    AuthenticationFailed,
    Crowded,
    Frozen,
    IntegrityFailure,
    MachineExpired,
    NonceUsed,
    NotFound,
    Refused,
    StrongroomError,
    TooLarge,
)
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.freeze import freeze_project
from strongroom_core.projects.listing import read_project
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.reading.export import export_secrets
from strongroom_core.secrets.views import SecretView
from strongroom_testkit.machine import (
    TestMachine,
    approved_machine,
    grant,
    granted_machine,
    pending_machine,
)
from strongroom_testkit.world import World


async def export(world: World, machine: TestMachine, **scope: Any) -> dict[str, str]:
    """Export, and return values by name."""
    found = await export_secrets(world.core, await machine.caller(world), **scope)
    return {read.name: read.value.reveal().decode() for read in found}


async def test_everything_granted_is_exported(world: World) -> None:
    """R-6: each value has its own event, and one more event contains the number of requested secrets."""
    billing, shop = await world.project("billing"), await world.project("shop")
    a, b = await world.secret(billing, "A"), await world.secret(billing, "B")
    c, kept_back = await world.secret(shop, "C"), await world.secret(shop, "KEPT_BACK")
    machine = await granted_machine(world, billing, a, b)
    await grant(world, machine, shop, c)
    exported = await export(world, machine)

    assert {"A", "B", "C"} == set(exported)
    assert [await world.open_value(each.id) for each in (a, b, c)] == list(exported.values())
    entries = await world.entries("secret_read")
    assert sorted([a.id, b.id, c.id]) == sorted(str(entry["target_id"]) for entry in entries)
    (told,) = await world.entries("secrets_export")
    assert 3 == msgspec.json.decode(str(told["detail"]))["secrets"]
    assert kept_back.id not in {entry["target_id"] for entry in await world.entries()} - {
        entry["target_id"] for entry in await world.entries("secret_create")
    }


async def test_a_scope_narrows_the_export(world: World) -> None:
    """R-6: an export can be limited to one project, or to one application with its projects."""
    application = await create_application(
        world.core, world.owner, name="web", environments=["production", "staging"]
    )
    async with world.core.database.transaction(world.person.vault) as connection:
        rows = await connection.fetch(
            "select id from project where application = $1 order by environment", application.id
        )
    inside = [await read_project(world.core, world.owner, row["id"]) for row in rows]
    alone = await world.project("billing")
    secrets = [await world.secret(p, n) for p, n in zip([*inside, alone], "ABC", strict=True)]
    machine = await granted_machine(world, inside[0], secrets[0])
    await grant(world, machine, inside[1], secrets[1])
    await grant(world, machine, alone, secrets[2])

    assert {"A", "B"} == set(await export(world, machine, application=application.id))
    assert {"A"} == set(await export(world, machine, project=inside[0].id))
    assert {"C"} == set(await export(world, machine, project=alone.id))
    assert {} == await export(world, machine, application="app_aaaaaaaaaaaaaaaa")


async def test_an_export_without_secrets_is_empty(world: World) -> None:
    """R-6: an export without any secrets is empty, and isn't an error."""
    assert {} == await export(world, await approved_machine(world))


async def test_fields_that_were_not_granted_stay(world: World) -> None:
    """S-3: only the granted fields of a structured secret are exported."""
    project = await world.project("billing")
    secret = await world.structured(project, "DATABASE", "host", "password")
    machine = await granted_machine(world, project, secret)
    await set_grants(
        world.core,
        world.owner,
        project.id,
        machine=str(machine.id),
        wanted=[Wanted(secret.id, ["host"])],
    )
    exported = await export(world, machine)

    assert {"host"} == set(msgspec.json.decode(exported["DATABASE"]))


async def test_a_frozen_project(world: World) -> None:
    """R-6, V-4: a frozen project causes an error if requested by ID; otherwise it is left out and logged."""
    frozen, other = await world.project("billing"), await world.project("shop")
    a, b = await world.secret(frozen, "A"), await world.secret(other, "B")
    machine = await granted_machine(world, frozen, a)
    await grant(world, machine, other, b)
    await freeze_project(world.core, world.owner, frozen.id, reason="drill")

    assert {"B"} == set(await export(world, machine))
    (denied,) = await world.entries("secret_read_denied")
    assert (a.id, "frozen") == (denied["target_id"], denied["reason"])
    with pytest.raises(Frozen):
        await export(world, machine, project=frozen.id)
    assert 1 == len(await world.entries("secret_read"))
    denied = (await world.entries("secret_read_denied"))[-1]
    assert (frozen.id, "frozen", "medium") == tuple(
        denied[k] for k in ("project", "reason", "severity")
    )
    recovery = await read_recovery(world.core, world.owner, frozen.id)
    assert recovery.record is not None
    assert (2, 1) == (recovery.record.refused, recovery.record.refused_machines)
    assert "was denied an export of secrets in billing (project frozen)" in {
        str(wording_of(each)) for each in recovery.record.refused_now
    }
    done = (await world.entries("secrets_export"))[-1]
    await export(world, machine, project=other.id)
    assert [None, other.id] == [
        each["project"] for each in (done, (await world.entries("secrets_export"))[-1])
    ]


async def test_a_project_the_machine_is_not_attached_to(world: World, other_world: World) -> None:
    """V-7: another vault's project, an unattached one and a nonexistent one are all not found."""
    machine = await approved_machine(world)
    unattached = await world.project("billing")
    foreign = await other_world.project("theirs")
    for project in (unattached.id, foreign.id, "proj_aaaaaaaaaaaaaaaa", "nonsense", ""):
        with pytest.raises(NotFound):
            await export(world, machine, project=project)

    denied = await world.entries("secret_read_denied")
    assert [unattached.id, None, None, None, None] == [each["project"] for each in denied]
    named = [msgspec.json.decode(str(each["detail"])).get("project") for each in denied]
    assert [unattached.id, foreign.id, "proj_aaaaaaaaaaaaaaaa", None, None] == named


async def test_pending_machines(world: World) -> None:
    """R-1: the export is denied as a whole, before anything is looked up."""
    machine = await pending_machine(world)
    with pytest.raises(Refused):
        await export(world, machine)

    assert ["refused"] == [e["outcome"] for e in await world.entries("secret_read_denied")]
    assert [] == await world.entries("secret_read")


async def test_an_exports_nonce_is_good_once(world: World) -> None:
    """R-3: one nonce is enough for all secrets in an export, and can't be used again afterwards."""
    project = await world.project("billing")
    machine = await granted_machine(world, project, await world.secret(project, "A"))
    caller = await machine.caller(world)

    assert 1 == len(await export_secrets(world.core, caller))
    with pytest.raises(NonceUsed):
        await export_secrets(world.core, caller)
    assert 1 == len(await world.entries("secret_read"))


HARM = {
    "altered": "update secret_material set ciphertext ="
    " set_byte(ciphertext, 40, get_byte(ciphertext, 40) # 1) where secret = $1",
    "its material is gone": "delete from secret_material where secret = $1",
    "its version is gone": "delete from secret_version where secret = $1",
}


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM.keys())
async def test_one_value_that_does_not_open_fails_the_export(
    world: World, administrator: OpenConnection, harm: str
) -> None:
    """R-6: an integrity failure fails the export, so no program starts without a secret; it is logged."""
    project, other = await world.project("billing"), await world.project("shop")
    harmed, whole = await world.secret(project, "HARMED"), await world.secret(other, "WHOLE")
    machine = await granted_machine(world, project, harmed)
    await grant(world, machine, other, whole)
    await administrator.execute("set session_replication_role = replica")
    await administrator.execute(harm, harmed.id)
    for scope in ({}, {"project": project.id}):
        with pytest.raises(IntegrityFailure):
            await export(world, machine, **scope)

    assert {"WHOLE"} == set(await export(world, machine, project=other.id))
    entries = await world.entries("integrity_failure")
    assert [(harmed.id, "critical")] * 2 == [(e["target_id"], e["severity"]) for e in entries]


BETWEEN: dict[str, tuple[str, type[StrongroomError] | set[str]]] = {
    "the machine expires": ("update machine set expires_at = '2020-01-01'", MachineExpired),
    "the machine is disabled": ("update machine set enabled = false", Refused),
    "its key was replaced": (
        (
            "insert into public_key (vault, key, taken_at)"
            " values ('installation', sha256('other'), now());"
            "update machine set public_key = sha256('other')"
        ),
        AuthenticationFailed,
    ),
    "the project is frozen": ("update project set frozen_at = now() where id = $1", Frozen),
    "a grant is revoked": ("delete from secret_grant where secret = $2", {"KEPT"}),
    "a secret is deleted": (
        "update secret set trashed_at = now() where id = $2",
        {"KEPT"},
    ),
}


@pytest.mark.parametrize(("change", "expected"), BETWEEN.values(), ids=BETWEEN.keys())
async def test_a_change_between_the_two_transactions(
    world: World,
    administrator: OpenConnection,
    change: str,
    expected: type[StrongroomError] | set[str],
) -> None:
    """R-6: an error fails the whole export and never returns an empty one; a denied secret is left out."""
    project = await world.project("billing")
    kept, taken = await world.secret(project, "KEPT"), await world.secret(project, "TAKEN")
    machine = await granted_machine(world, project, kept, taken)
    named = change.replace("$1", f"'{project.id}'").replace("$2", f"'{taken.id}'")
    # The export's own event is written at the end of its first transaction.
    await administrator.execute(
        "create function come_between() returns trigger language plpgsql security definer as"
        f" $$ begin {named}; return null; end $$;"
        "create trigger come_between after insert on audit_entry for each row"
        " when (new.action = 'secrets_export' and new.outcome = 'done')"
        " execute function come_between()"
    )
    if isinstance(expected, set):
        assert expected == set(await export(world, machine, project=project.id))
    else:
        with pytest.raises(expected):
            await export(world, machine, project=project.id)


async def test_eight_megabytes_at_most(world: World, administrator: OpenConnection) -> None:
    """R-6: above 8 MiB the export is rejected before a value is read, with advice on what to do."""
    project, small = await world.project("billing"), await world.project("shop")
    secrets = [await world.secret(project, f"S{n}") for n in range(3)]
    machine = await granted_machine(world, project, *secrets)
    await grant(world, machine, small, await world.secret(small, "SMALL"))
    await administrator.execute("set session_replication_role = replica")
    await administrator.execute(
        "update secret_material set ciphertext = decode(repeat('ab', 3 * 1024 * 1024), 'hex')"
        " where secret = any($1::varchar[])",
        [each.id for each in secrets],
    )
    with pytest.raises(TooLarge, match="one project at a time"):
        await export(world, machine)

    assert [] == await world.entries("secret_read")
    assert {"SMALL"} == set(await export(world, machine, project=small.id))


async def test_two_thousand_at_most(core: Core, world: World) -> None:
    """R-6: 2,000 secrets can be exported, each with an event; an export of 2,001 is rejected."""
    project = await world.project("billing")
    secrets: list[SecretView] = []
    for start in range(0, 2001, 23):
        names = [f"S{number:04}" for number in range(start, start + 23)]
        secrets += await asyncio.gather(*(world.secret(project, name) for name in names))
    machine = await granted_machine(world, project, *secrets[:2000])
    exported = await export(world, machine)

    assert [each.name for each in secrets[:2000]] == list(exported)
    assert 2000 == len(await world.entries("secret_read"))
    other = await world.project("shop")
    await grant(world, machine, other, await world.secret(other, "ONE_MORE"))
    with pytest.raises(TooLarge):
        await export_secrets(core, await machine.caller(world))
    assert 2000 == len(await world.entries("secret_read"))


async def test_exports_of_a_vault_go_one_after_the_other(world: World) -> None:
    """R-6: a vault's exports wait for each other; if the queue is full, an export is rejected immediately."""
    billing = await world.project("billing")
    machine = await granted_machine(world, billing, await world.secret(billing, "A"))
    callers = [await machine.caller(world) for _ in range(EXPORTS_WAITING_OF_VAULT + 2)]
    single = await machine.caller(world)
    secret = await world.secret(billing, "B")
    await grant(world, machine, billing, secret)
    async with world.core.exports.turn(world.person.vault):
        waiting = [asyncio.create_task(export_secrets(world.core, each)) for each in callers]
        await asyncio.sleep(0.1)
        refused = [number for number, task in enumerate(waiting) if task.done()]
        read = await read_secret_value(world.core, single, secret.id)
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)

    assert [EXPORTS_WAITING_OF_VAULT, EXPORTS_WAITING_OF_VAULT + 1] == refused
    assert [Crowded, Crowded] == [type(outcomes[number]) for number in refused]
    assert [1] * EXPORTS_WAITING_OF_VAULT == [
        len(each) for each in outcomes if not isinstance(each, BaseException)
    ]
    assert await world.open_value(secret.id) == read.value.reveal().decode()
    again = await export_secrets(world.core, callers[-1])
    assert 1 == len(again)
