"""The one door: no effect without its entry, no refusal without one, and nothing told to strangers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from piccolo.engine.exceptions import TransactionError

from strongroom_core.access import gate
from strongroom_core.access.actions import RULES, Action, ObjectKind, Plane
from strongroom_core.access.targets import load
from strongroom_core.accounts.login import log_in
from strongroom_core.accounts.sessions import authenticate_person, step_up
from strongroom_core.core import Core
from strongroom_core.crypto.random import new_id, new_key_id
from strongroom_core.db.connection import OpenConnection
from strongroom_core.db.engine import Database, PooledEngine, UnplannedFailure
from strongroom_core.db.scope import Role
from strongroom_core.kernel.authority import Access, Authority, ProjectCapability, SecretKind
from strongroom_core.kernel.caller import Human
from strongroom_core.kernel.errors import (
    Changed,
    Conflict,
    Invalid,
    NameTaken,
    NonceUsed,
    NotFound,
    Refused,
    Sealed,
    StepUpRequired,
    StrongroomError,
    WrongCredentials,
)
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.kernel.page import PageRequest
from strongroom_core.machines.lifecycle import revoke_machine
from strongroom_core.operate.sweep import sweep, worker
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.change import update_project
from strongroom_core.projects.create import create_project
from strongroom_core.projects.listing import list_projects, read_project
from strongroom_core.projects.trash import delete_project, purge_project
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.generate import Recipe
from strongroom_core.secrets.replace import replace_secret, rotate_secret
from strongroom_core.secrets.trash import delete_secret
from strongroom_core.secrets.versions import roll_back
from strongroom_testkit.contents import contents
from strongroom_testkit.machine import approved_machine, pending_machine
from strongroom_testkit.people import visitor
from strongroom_testkit.world import World, entries_of

NOTHING = Authority("nobody", frozenset(), None)

PER_ENTRY = {"id", "at", "tx", "salt", "request_id", "target_id"}


def powerless(caller: Human) -> Human:
    """The same person, without any right in the vault."""
    return replace(caller, authority=NOTHING)


def shape(entry: dict[str, object]) -> dict[str, object]:
    """An entry without what differs between any two."""
    return {key: value for key, value in entry.items() if key not in PER_ENTRY}


Effect = Callable[[World], Awaitable[Callable[[], Awaitable[object]]]]


async def _create_project(world: World) -> Callable[[], Awaitable[object]]:
    return lambda: create_project(world.core, world.owner, name="billing")


async def _create_application(world: World) -> Callable[[], Awaitable[object]]:
    return lambda: create_application(world.core, world.owner, name="shop", environments=["a", "b"])


async def _delete_project(world: World) -> Callable[[], Awaitable[object]]:
    project = await world.project("billing")
    return lambda: delete_project(world.core, world.owner, project.id, confirm_name="billing")


async def _purge_project(world: World) -> Callable[[], Awaitable[object]]:
    project = await world.trashed_project("billing")
    return lambda: purge_project(world.core, world.owner, project.id)


async def _create_secret(world: World) -> Callable[[], Awaitable[object]]:
    project = await world.project("billing")
    return lambda: world.secret(project, "API_KEY")


async def _replace_secret(world: World) -> Callable[[], Awaitable[object]]:
    secret = await world.secret(await world.project("billing"), "API_KEY")
    value = world.markers.value()
    return lambda: replace_secret(world.core, world.owner, secret.id, Content(value=value))


async def _rotate_secret(world: World) -> Callable[[], Awaitable[object]]:
    secret = await world.secret(await world.project("billing"), "API_KEY")
    return lambda: rotate_secret(world.core, world.owner, secret.id, Recipe())


async def _roll_back(world: World) -> Callable[[], Awaitable[object]]:
    secret = await world.secret(await world.project("billing"), "API_KEY")
    await rotate_secret(world.core, world.owner, secret.id, Recipe())
    return lambda: roll_back(world.core, world.owner, secret.id, version=1)


async def _delete_secret(world: World) -> Callable[[], Awaitable[object]]:
    secret = await world.secret(await world.project("billing"), "API_KEY")
    return lambda: delete_secret(world.core, world.owner, secret.id)


async def _log_in(world: World) -> Callable[[], Awaitable[object]]:
    person = world.person
    return lambda: log_in(
        world.core, visitor(), email=person.email, password=person.password, device_token=None
    )


async def _step_up(world: World) -> Callable[[], Awaitable[object]]:
    person = world.person
    logged_in = await log_in(
        world.core, visitor(), email=person.email, password=person.password, device_token=None
    )
    caller = await authenticate_person(world.core, logged_in.token, world.owner.origin)
    return lambda: step_up(world.core, caller, person.password)


EFFECTS: list[Effect] = [
    _create_project,
    _create_application,
    _delete_project,
    _purge_project,
    _create_secret,
    _replace_secret,
    _rotate_secret,
    _roll_back,
    _delete_secret,
    _log_in,
    _step_up,
]


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: effect.__name__.strip("_"))
async def test_without_its_entry_an_effect_does_not_happen(
    world: World, administrator: OpenConnection, effect: Effect
) -> None:
    """L-2: when the entry cannot be written, every table is as it was before."""
    act = await effect(world)
    before = await contents(administrator, "rate_count")
    await administrator.execute("revoke insert on audit_entry from strongroom_app")
    with pytest.raises(UnplannedFailure, match="InsufficientPrivilegeError"):
        await act()
    after = await contents(administrator, "rate_count")

    assert after == before
    await administrator.execute("grant insert on audit_entry to strongroom_app")
    await act()

    assert await contents(administrator, "rate_count") != before


async def test_an_effect_and_its_entry_share_a_transaction(
    world: World, administrator: OpenConnection
) -> None:
    """L-2: the row and its entry were written by the same transaction."""
    project = await world.project("billing")
    row = await administrator.fetchrow(
        "select p.xmin::text as effect, (e.tx::text::numeric % 4294967296)::text as entry"
        " from project p join audit_entry e on e.target_id = p.id where p.id = $1",
        project.id,
    )

    assert row is not None
    assert row["effect"] == row["entry"]


async def test_an_entry_says_who_what_and_from_where(core: Core, world: World) -> None:
    """L-1: action, severity, outcome, actor, target, project, address, request and particulars."""
    caller = world.person.caller(core, address="127.0.0.77")
    project = await create_project(core, caller, name="billing", environment="staging")
    (entry,) = await world.entries()

    assert entry["vault"] == world.person.vault
    assert (entry["action"], entry["severity"], entry["outcome"]) == (
        "project_create",
        "low",
        "done",
    )
    assert entry["reason"] is None
    assert (entry["actor_kind"], entry["actor_id"], entry["actor_name"]) == (
        "user",
        world.person.account,
        "ada",
    )
    assert (entry["target_kind"], entry["target_id"], entry["target_name"]) == (
        "project",
        project.id,
        "billing",
    )
    assert entry["project"] == project.id
    assert entry["address"] == "127.0.0.77"
    assert entry["request_id"] == caller.origin.request_id
    assert entry["incarnation"] == core.incarnation
    assert entry["detail"] == '{"application": null, "environment": "staging"}'
    assert isinstance(entry["salt"], bytes)
    assert len(entry["salt"]) == 16
    assert entry["at"] == project.created_at


async def test_each_entry_has_a_salt_of_its_own(world: World) -> None:
    """L-3: two entries never share the salt that keeps a leaf from confirming a guess."""
    for number in range(5):
        await world.project(f"project {number}")
    salts = {entry["salt"] for entry in await world.entries()}

    assert len(salts) == 5


async def test_looking_leaves_no_entry(core: Core, world: World) -> None:
    """L-1: lists and metadata leave an entry only when they are refused."""
    project = await world.project("billing")
    await read_project(core, world.owner, project.id)
    await list_projects(core, world.owner, PageRequest())

    assert [entry["action"] for entry in await world.entries()] == ["project_create"]
    with pytest.raises(NotFound):
        await read_project(core, powerless(world.owner), project.id)

    assert [(entry["action"], entry["outcome"]) for entry in await world.entries()] == [
        ("project_create", "done"),
        ("project_view", "refused"),
    ]


async def test_a_refusal_is_recorded_once_with_its_reason(
    core: Core, world: World, other_world: World
) -> None:
    """L-1: somebody known who may not: one entry, in their vault, that says why."""
    await other_world.project("theirs")
    with pytest.raises(Refused):
        await create_project(core, powerless(world.owner), name="billing")
    (entry,) = await world.entries()

    assert (entry["action"], entry["outcome"], entry["reason"]) == (
        "project_create",
        "refused",
        "no_capability",
    )
    assert entry["actor_id"] == world.person.account
    assert entry["detail"] == "{}"
    assert entry["target_name"] is None
    assert len(await other_world.entries()) == 1


async def test_a_missing_proof_is_recorded(core: Core, world: World) -> None:
    """A-5: a step-up that was missing is a refusal like others."""
    project = await world.trashed_project("billing")
    caller = world.owner
    stale = replace(caller, authenticated_at=caller.authenticated_at - timedelta(minutes=11))
    with pytest.raises(StepUpRequired):
        await purge_project(core, stale, project.id)
    entry = (await world.entries())[-1]

    assert (entry["action"], entry["outcome"], entry["reason"]) == (
        "project_purge",
        "refused",
        "step_up_required",
    )
    assert entry["target_id"] == project.id


ABOUT_OBJECTS = [
    action
    for action, rule in RULES.items()
    if rule.about is not None and Plane.HUMAN in rule.planes
]

PREFIX = {ObjectKind.APPLICATION: "app", ObjectKind.PROJECT: "proj", ObjectKind.SECRET: "sk"}


def fresh(kind: ObjectKind) -> str:
    """An id that has the form of one, and belongs to nothing."""
    return str(new_key_id()) if kind is ObjectKind.MACHINE else new_id(PREFIX[kind])


def malformed(kind: ObjectKind) -> list[str]:
    well = fresh(kind)
    return [
        "",
        "x",
        well.upper(),
        well[:-1],
        f"{well}a",
        f" {well}",
        f"{well}\n",
        f"{well[:-1]}\0",
        f"{well[:-1]}\ud800",
        f"{well[:-1]}ä",
        well.replace(well[-1], "１"),
        well * 1000,
        new_id("acc"),
        "' or true --",
    ]


async def of_another_vault(world: World, kind: ObjectKind, *, trashed: bool) -> str:
    """The id of an object of this kind, in this world's vault."""
    project = await world.project("one")
    match kind:
        case ObjectKind.APPLICATION:
            application = await create_application(
                world.core, world.owner, name="shop", environments=[]
            )
            return application.id
        case ObjectKind.PROJECT:
            return (await world.trashed_project("two")).id if trashed else project.id
        case ObjectKind.MACHINE:
            return str((await pending_machine(world)).id)
        case _:
            make = world.trashed_secret if trashed else world.secret
            return (await make(project, "API_KEY")).id


@pytest.mark.parametrize("action", ABOUT_OBJECTS, ids=str)
async def test_absent_malformed_and_foreign_ids_look_the_same(
    core: Core,
    world: World,
    other_world: World,
    administrator: OpenConnection,
    action: Action,
) -> None:
    """V-7: another vault's id answers as one that never existed, and leaves an entry of the same shape."""
    rule = RULES[action]
    kind = rule.about
    assert kind is not None
    foreign = await of_another_vault(other_world, kind, trashed=rule.in_trash)
    before = await contents(administrator, "audit_entry")
    theirs = await other_world.entries()
    errors: set[tuple[type[StrongroomError], str, str]] = set()
    for target in (foreign, fresh(kind), *malformed(kind)):
        with pytest.raises(StrongroomError) as caught:
            async with gate.perform(core, world.owner, action, target):
                pytest.fail("the act began")
        errors.add((type(caught.value), str(caught.value), caught.value.code))
    entries = await world.entries()
    shapes = {tuple(sorted(shape(entry).items(), key=lambda i: i[0])) for entry in entries}

    assert errors == {(NotFound, f"there is no such {kind.value} here", "not_found")}
    assert len(entries) == 2 + len(malformed(kind))
    assert len(shapes) == 1
    assert (entries[0]["reason"], entries[0]["target_name"], entries[0]["project"]) == (
        "not_found",
        None,
        None,
    )
    # A well-formed id is kept, for whoever investigates; anything else would be a stranger's text.
    assert [entry["target_id"] for entry in entries[:3]] == [foreign, entries[1]["target_id"], None]
    assert {entry["target_id"] for entry in entries[2:]} == {None}
    assert await other_world.entries() == theirs
    assert await contents(administrator, "audit_entry") == before


WITH_TRASH = [
    action
    for action in ABOUT_OBJECTS
    if RULES[action].about in (ObjectKind.PROJECT, ObjectKind.SECRET)
]


@pytest.mark.parametrize("action", WITH_TRASH, ids=str)
async def test_the_trash_and_the_living_are_apart(core: Core, world: World, action: Action) -> None:
    """S-7, V-3: what is in the trash is absent for all acts but those of the trash, and the reverse."""
    rule = RULES[action]
    project = await (world.project if rule.in_trash else world.trashed_project)("one")
    holder = await world.project("two")
    secret = await (world.secret if rule.in_trash else world.trashed_secret)(holder, "API_KEY")
    target = project.id if rule.about is ObjectKind.PROJECT else secret.id
    with pytest.raises(NotFound):
        async with gate.perform(core, world.owner, action, target):
            pytest.fail("the act began")


async def test_collisions_and_bad_input_leave_no_entry(core: Core, world: World) -> None:
    """L-1: nothing was denied, so nothing is recorded, and nothing is changed."""
    project = await world.project("billing")
    before = await world.entries()
    with pytest.raises(NameTaken):
        await world.project("billing")
    with pytest.raises(Invalid):
        await delete_project(core, world.owner, project.id, confirm_name="Billing")
    with pytest.raises(Changed):
        await update_project(core, world.owner, project.id, name="shop", if_match=7)
    with pytest.raises(Invalid):
        await create_project(core, world.owner, name="")

    assert await world.entries() == before
    assert await read_project(core, world.owner, project.id) == project


async def test_an_error_of_our_own_leaves_no_entry_and_no_effect(core: Core, world: World) -> None:
    """L-2: a defect inside an act undoes it whole."""
    with pytest.raises(ZeroDivisionError):
        async with gate.perform(core, world.owner, Action.PROJECT_CREATE) as act:
            await act.connection.execute(
                "insert into application (vault, id, name, name_folded, created_at)"
                " values ($1, 'app_x', 'x', 'x', $2)",
                act.vault,
                act.at,
            )
            raise ZeroDivisionError
    async with core.database.transaction(world.person.vault) as connection:
        left = await connection.fetchval("select count(*) from application")

    assert left == 0
    assert await world.entries() == []


async def test_acts_do_not_nest(core: Core, world: World) -> None:
    """L-2: an act inside an act could commit without the outer one; it is refused."""
    async with gate.perform(core, world.owner, Action.PROJECT_CREATE):
        with pytest.raises(TransactionError):
            await world.project("inner")

    assert [entry["target_name"] for entry in await world.entries()] == [None]


async def test_sealed_refuses_everything_and_writes_nothing(
    sealed_core: Core, administrator: OpenConnection
) -> None:
    """E-2: before the root is there, no act begins, and not even its refusal is written."""
    before = await contents(administrator)
    for caller, action in (
        (visitor(), Action.INSTALLATION_SETUP),
        (visitor(), Action.ACCOUNT_LOGIN),
        (worker("sweep", INSTALLATION), Action.INSTALLATION_SWEEP),
        (worker("unseal", INSTALLATION), Action.INSTALLATION_UNSEAL),
    ):
        with pytest.raises(Sealed):
            async with gate.perform(sealed_core, caller, action):
                pytest.fail("the act began")

    assert await contents(administrator) == before


async def test_a_core_without_keys_makes_no_secret(
    core: Core, world: World, administrator: OpenConnection
) -> None:
    """G-1: a process that never gets keys is refused what needs them, and leaves nothing half made."""
    keyring, core.keyring = core.keyring, None
    before = await contents(administrator)
    with pytest.raises(Sealed):
        await world.project("billing")
    core.keyring = keyring

    assert await contents(administrator) == before


async def test_strangers_and_jobs_act_on_their_own_planes_only(core: Core, world: World) -> None:
    """L-1: a stranger's attempt at what people do is refused, and recorded for the installation."""
    with pytest.raises(Refused) as caught:
        async with gate.perform(core, visitor(), Action.PROJECT_CREATE):
            pytest.fail("the act began")
    entry = (await entries_of(core, INSTALLATION, "auth_failure"))[-1]

    assert caught.value.reason == "wrong_plane"
    assert (entry["reason"], entry["actor_kind"], entry["actor_id"]) == (
        "wrong_plane",
        "external",
        None,
    )
    with pytest.raises(Refused):
        async with gate.perform(core, worker("sweep", world.person.vault), Action.PROJECT_CREATE):
            pytest.fail("the act began")
    entry = (await world.entries())[-1]

    assert (entry["actor_kind"], entry["actor_name"], entry["reason"]) == (
        "system",
        "sweep",
        "wrong_plane",
    )


async def test_what_concerns_no_vault_is_recorded_for_the_installation(
    core: Core, owner: Any
) -> None:
    """A-11, L-1: set-up, unsealing and log-ins are in the installation's record, not in a vault's."""
    await log_in(core, visitor(), email=owner.email, password=owner.password, device_token=None)
    await sweep(core)
    actions = [entry["action"] for entry in await entries_of(core, INSTALLATION)]

    assert actions == [
        "installation_init",
        "installation_unseal",
        "installation_setup",
        "account_login",
    ]
    assert await entries_of(core, owner.vault) == []


@pytest.mark.parametrize(
    ("action", "about", "said"),
    [
        (Action.PROJECT_VIEW, None, "project_view is about project"),
        (Action.PROJECTS_VIEW, "proj_1", "projects_view is about no object"),
    ],
)
async def test_an_act_is_about_what_its_action_is_about(
    core: Core, world: World, action: Action, about: str | None, said: str
) -> None:
    """L-1: a use case that names no object, or one too many, is a mistake and does nothing."""
    before = len(await entries_of(core, world.person.vault))
    with pytest.raises(ValueError, match=said):
        async with gate.perform(core, world.owner, action, about):
            pytest.fail("the act began")

    assert before == len(await entries_of(core, world.person.vault))


async def test_an_act_about_no_object_has_none(core: Core, world: World) -> None:
    """L-1: a use case that asks for the object of such an act is a mistake."""
    with pytest.raises(ValueError, match="about no object"):
        async with gate.perform(core, world.owner, Action.PROJECTS_VIEW) as act:
            _ = act.target


async def test_a_machine_that_is_gone_meanwhile_has_no_name(core: Core, world: World) -> None:
    """L-1: revoked between its refusal and the entry of it, a machine is on the record all the same."""
    machine = await approved_machine(world)
    caller = await machine.caller(world)
    await revoke_machine(core, world.owner, str(machine.id))
    await gate.record_failure(core, caller, Action.SECRETS_POLL, None, NotFound("secret"))
    entry = (await world.entries("secrets_poll"))[-1]

    assert ("machine", str(machine.id), "unknown") == (
        entry["actor_kind"],
        entry["actor_id"],
        entry["actor_name"],
    )


async def test_a_sealed_server_reads_nothing(core: Core, world: World) -> None:
    """E-2: a batch of reads does not even begin while the server is sealed."""
    core.sealed = True
    with pytest.raises(Sealed):
        async with gate.perform_reads(core, world.person.vault):
            pytest.fail("the batch began")


async def test_what_went_wrong_is_told_although_the_nonce_cannot_be_spent(
    core: Core, world: World
) -> None:
    """R-3: a database that is away in the middle of a request hides no other error."""
    caller = await (await approved_machine(world)).caller(world)
    away = Database(PooledEngine(config={}), Role.APP)
    there = core.database
    try:
        with pytest.raises(Conflict, match="first"):
            async with gate.perform(core, caller, Action.SECRETS_LIST):
                core.database = away
                raise Conflict("first")
    finally:
        core.database = there


async def test_a_request_that_failed_is_not_good_twice(core: Core, world: World) -> None:
    """R-3: whatever went wrong, the nonce of a signed request is spent."""
    machine = await approved_machine(world)
    caller = await machine.caller(world, nonce="0123456789abcdef")
    with pytest.raises(Conflict):
        async with gate.perform(core, caller, Action.SECRETS_LIST):
            raise Conflict("not now")
    with pytest.raises(NonceUsed):
        async with gate.perform(core, caller, Action.SECRETS_LIST):
            pytest.fail("it was let in again")


async def test_a_strangers_failure_says_what_was_attempted(core: Core) -> None:
    """L-1: strangers' failures have one name in the record, so the entry names the action."""
    with pytest.raises(WrongCredentials):
        async with gate.perform(core, visitor("127.0.0.31"), Action.ACCOUNT_LOGIN):
            raise WrongCredentials
    [failed] = await entries_of(core, INSTALLATION, "auth_failure")

    assert '{"attempted": "account_login"}' == failed["detail"]


async def test_only_an_object_can_be_loaded(core: Core, world: World) -> None:
    """V-7: an action about no object has none, whatever id is given."""
    async with core.database.transaction(world.person.vault) as connection:
        with pytest.raises(ValueError, match="about no object"):
            await load(connection, RULES[Action.PROJECTS_VIEW], "proj_1")


async def test_a_right_for_one_kind_creates_no_other(world: World) -> None:
    """O-2: rights on secrets are held kind by kind, also for one that does not exist yet."""
    project = await world.project("billing")
    rights = frozenset({(ProjectCapability.SECRETS_CREATE, SecretKind.STRUCTURED)})
    authority = Authority("maker", frozenset(), Access(everywhere=True, rights=rights))
    caller = replace(world.owner, authority=authority)
    about = (world.core, caller, Action.SECRET_CREATE, project.id)
    with pytest.raises(Refused, match="lacks"):
        async with gate.perform(*about, kind=SecretKind.SINGLE):
            pytest.fail("it was allowed")
    async with gate.perform(*about, kind=SecretKind.STRUCTURED) as act:
        assert project.id == act.target.id
