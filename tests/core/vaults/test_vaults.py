"""A person's vaults: creating, switching, converting, deleting, restoring and purging (A-8, V-1, V-8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from strongroom_core.access.callers import new_request_id, system
from strongroom_core.accounts.sessions import authenticate_person
from strongroom_core.kernel.errors import (
    Conflict,
    Invalid,
    NotAuthenticated,
    NotFound,
    Refused,
    StrongroomError,
)
from strongroom_core.kernel.ids import VaultId
from strongroom_core.kernel.origin import Origin
from strongroom_core.projects.create import create_project
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.schema.tables import TABLES
from strongroom_core.vaults.deletion import (
    KEPT,
    OF_INSTALLATION,
    delete_vault,
    due_vaults,
    purge_vault,
    restore_vault,
)
from strongroom_core.vaults.own import create_vault, enter_vault, list_own_vaults
from strongroom_core.vaults.settings import convert_vault, read_vault, update_vault
from strongroom_testkit.machine import granted_machine, pending_machine
from strongroom_testkit.people import visitor
from strongroom_testkit.sign_in import log_in

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import OpenConnection
    from strongroom_core.kernel.caller import Human
    from strongroom_testkit.world import World

ORIGIN = Origin("127.0.0.9", "req_a")
LATER = "update vault set deleted_at = deleted_at - interval '31 days' where deleted_at is not null"


async def signed_in(world: World) -> tuple[str, Human]:
    """Sign the owner in; return the session's token and the caller."""
    person = world.person
    made = await log_in(
        world.core, visitor(), email=person.email, password=person.password, device_token=None
    )
    world.markers.note(made.token)
    return made.token, await authenticate_person(world.core, made.token, ORIGIN)


async def test_switching_gives_the_session_a_new_token(core: Core, world: World) -> None:
    """A-8: after a switch, the new token acts in the other vault, and the old one no longer works."""
    token, caller = await signed_in(world)
    other = await create_vault(core, caller, name="Side project")
    entered = await enter_vault(core, caller, other.id)
    world.markers.note(entered.token)
    there = await authenticate_person(core, entered.token, ORIGIN)
    await create_project(core, there, name="new")
    own = await list_own_vaults(core, there)

    with pytest.raises(NotAuthenticated):
        await authenticate_person(core, token, ORIGIN)
    assert entered.vault.current
    assert (there.vault, there.session) == (other.id, caller.session)
    assert [(each.name, each.current) for each in own] == [
        ("ada's vault", False),
        ("Side project", True),
    ]
    assert await world.entries("project_create") == []


async def test_only_own_vaults_can_be_entered(core: Core, world: World, other_world: World) -> None:
    """A-8, V-7: another person's vault isn't found, like one that never existed."""
    _, caller = await signed_in(world)
    told = []
    for vault in (other_world.person.vault, "vault_aaaaaaaaaaaaaaaa", "installation", "x"):
        with pytest.raises(NotFound) as error:
            await enter_vault(core, caller, vault)
        told.append(error.value.message)

    assert told == ["vault not found"] * 4


async def test_the_number_of_owned_vaults_is_limited(core: Core, world: World) -> None:
    """A-8: one person owns at most 20 vaults."""
    _, caller = await signed_in(world)
    for number in range(19):
        await create_vault(core, caller, name=f"vault {number}")
    with pytest.raises(Conflict, match="at most 20 vaults; a deleted one counts"):
        await create_vault(core, caller, name="one more")


async def test_conversion_changes_no_id_key_secret_or_machine(
    core: Core, world: World, administrator: OpenConnection
) -> None:
    """V-1: a conversion can't be undone, and changes only the vault's shape and name."""
    project = await world.project("app")
    secret = await world.secret(project, "KEY")
    machine = await granted_machine(world, project, secret)
    rows = "select to_jsonb(t)::text from {0} t order by 1"
    names = ("project", "project_key", "secret", "secret_version", "machine", "secret_grant")
    before = [await administrator.fetch(rows.format(name)) for name in names]
    view = await convert_vault(core, world.owner, world.person.vault, name="Halden")
    after = [await administrator.fetch(rows.format(name)) for name in names]
    caller = await machine.caller(world)
    with pytest.raises(Conflict, match="already"):
        await convert_vault(core, world.owner, world.person.vault, name="Again")

    assert (view.shape, view.name) == ("organization", "Halden")
    assert before == after
    assert (await read_secret_value(core, caller, secret.id)).version == 1


async def test_a_deleted_vault_stops_at_once(core: Core, world: World) -> None:
    """V-8: from the next request on, machines are denied, none can register; people can only restore it."""
    project = await world.project("app")
    secret = await world.secret(project, "KEY")
    machine = await granted_machine(world, project, secret)
    token, caller = await signed_in(world)
    vault = world.person.vault
    with pytest.raises(Invalid, match="exact name"):
        await delete_vault(core, caller, vault, confirm_name="wrong")
    await delete_vault(core, caller, vault, confirm_name="ada's vault")
    with pytest.raises(Refused):
        await read_secret_value(core, await machine.caller(world), secret.id)
    with pytest.raises(StrongroomError, match="deleted"):
        await pending_machine(world, "late")
    now = await authenticate_person(core, token, ORIGIN)
    for act in (create_project(core, now, name="x"), update_vault(core, now, vault, name="x")):
        with pytest.raises(Refused):
            await act
    assert (await read_vault(core, now, vault)).purge_at is not None

    await restore_vault(core, now, vault)
    read = await read_secret_value(core, await machine.caller(world), secret.id)
    again = await authenticate_person(core, token, ORIGIN)
    await create_project(core, again, name="x")

    assert read.version == 1


async def test_a_vault_is_purged_with_its_keys(
    core: Core, world: World, other_world: World, administrator: OpenConnection
) -> None:
    """V-8: 30 days later, all rows and keys are deleted; the log remains, and other vaults don't change."""
    project = await world.project("app")
    secret = await world.secret(project, "KEY")
    await granted_machine(world, project, secret)
    await other_world.secret(await other_world.project("theirs"), "KEY")
    vault = world.person.vault
    await delete_vault(core, world.owner, vault, confirm_name="ada's vault")
    job = system("purge_vault", vault)
    with pytest.raises(NotFound):
        await purge_vault(core, job)
    early = await due_vaults(core)
    await administrator.execute(LATER)
    due = await due_vaults(core)
    with pytest.raises(Conflict, match="30 days"):
        await restore_vault(core, world.owner, vault)
    done = await purge_vault(core, job)
    left = {
        name: await administrator.fetchval(f"select count(*) from {name} where vault = $1", vault)
        for table in TABLES
        if (name := table._meta.tablename) not in OF_INSTALLATION | {"vault"}
    }
    person = world.person
    again = await log_in(
        core, visitor(), email=person.email, password=person.password, device_token=None
    )
    world.markers.note(again.token)

    assert (early, due, done) == ([], [vault], True)
    assert {name for name, number in left.items() if number} <= KEPT - {"member"}
    assert left["audit_entry"] > 0
    assert await administrator.fetchval("select count(*) from project_key") == 1
    assert again.vault not in (vault, other_world.person.vault)
    assert await due_vaults(core) == []


async def test_a_switch_in_another_tab_changes_nothing(core: Core, world: World) -> None:
    """A-8: the database determines the session's vault, so two tabs can't act in two vaults."""
    _, caller = await signed_in(world)
    other = await create_vault(core, caller, name="Side project")
    first = await enter_vault(core, caller, other.id)
    world.markers.note(first.token)
    origin = Origin("127.0.0.9", new_request_id())
    there = await authenticate_person(core, first.token, origin)
    back = await enter_vault(core, there, world.person.vault)
    world.markers.note(back.token)

    assert (await authenticate_person(core, back.token, origin)).vault == VaultId(
        world.person.vault
    )
