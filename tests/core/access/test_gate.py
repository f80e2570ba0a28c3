"""The gate: no effect or denial without an event, and nothing revealed to unknown clients."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from strongroom_core.access import gate
from strongroom_core.access.action import Action, ObjectKind, Plane
from strongroom_core.access.action_table import ACTIONS
from strongroom_core.access.actions.accounts import ACCOUNT_LOGIN
from strongroom_core.access.actions.installation import (
    INSTALLATION_SETUP,
    INSTALLATION_SWEEP,
    INSTALLATION_UNSEAL,
)
from strongroom_core.access.actions.projects import PROJECT_CREATE, PROJECT_VIEW, PROJECTS_VIEW
from strongroom_core.access.actions.secrets import SECRET_CREATE, SECRETS_LIST, SECRETS_POLL
from strongroom_core.access.callers import system
from strongroom_core.access.targets import Path, load
from strongroom_core.accounts.sessions import authenticate_person
from strongroom_core.accounts.step_up import step_up
from strongroom_core.alerts.views import Template
from strongroom_core.alerts.webhooks import WebhookWish, create_webhook
from strongroom_core.core import Core
from strongroom_core.crypto.random import new_id, new_key_id
from strongroom_core.db.connection import OpenConnection
from strongroom_core.db.engine import Database
from strongroom_core.db.failures import UnplannedFailure
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
from strongroom_core.kernel.policies import Conditions
from strongroom_core.machines.allowlist import create_allowlist_entry
from strongroom_core.machines.enrollment import NewToken, create_enrollment_token
from strongroom_core.machines.lifecycle import revoke_machine
from strongroom_core.machines.terms import Terms
from strongroom_core.maintain import sweep
from strongroom_core.members.invite import invite_member
from strongroom_core.members.vault_roles import create_vault_role
from strongroom_core.policies.manage import create_policy
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.change import update_project
from strongroom_core.projects.create import create_project
from strongroom_core.projects.listing import list_projects, read_project
from strongroom_core.projects.trash import delete_project, purge_project
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.generate import Recipe
from strongroom_core.secrets.listing import read_secret
from strongroom_core.secrets.replace import perform_rotation, replace_secret, rotate_secret
from strongroom_core.secrets.rotation import delete_rotation, queue_rotation, set_rotation
from strongroom_core.secrets.trash import delete_secret
from strongroom_core.secrets.versions import roll_back
from strongroom_core.shares.content import NewContent
from strongroom_core.shares.create import create_share
from strongroom_testkit.contents import contents
from strongroom_testkit.issuer import Issuer, trust
from strongroom_testkit.machine import approved_machine, pending_machine
from strongroom_testkit.members import access_role, member_id, organize
from strongroom_testkit.people import visitor
from strongroom_testkit.person_key import approved_key, session_of
from strongroom_testkit.sign_in import log_in
from strongroom_testkit.world import World, entries_of

NOTHING = Authority("nobody", frozenset(), None)

PER_ENTRY = {"id", "at", "tx", "salt", "request_id", "target_id"}


def powerless(caller: Human) -> Human:
    """Return the same person without any permissions in the vault."""
    return replace(caller, authority=NOTHING)


def shape(entry: dict[str, object]) -> dict[str, object]:
    """Return an event without the parts that are different in every event."""
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


async def _set_rotation(world: World) -> Callable[[], Awaitable[object]]:
    secret = await world.secret(await world.project("billing"), "API_KEY")
    return lambda: set_rotation(world.core, world.owner, secret.id, Recipe())


async def _delete_rotation(world: World) -> Callable[[], Awaitable[object]]:
    secret = await world.secret(await world.project("billing"), "API_KEY")
    await set_rotation(world.core, world.owner, secret.id, Recipe())
    return lambda: delete_rotation(world.core, world.owner, secret.id)


async def _queue_rotation(world: World) -> Callable[[], Awaitable[object]]:
    secret = await world.secret(await world.project("billing"), "API_KEY")
    await set_rotation(world.core, world.owner, secret.id, Recipe())
    return lambda: queue_rotation(world.core, world.owner, secret.id)


async def _perform_rotation(world: World) -> Callable[[], Awaitable[object]]:
    secret = await world.secret(await world.project("billing"), "API_KEY")
    await set_rotation(world.core, world.owner, secret.id, Recipe())
    await queue_rotation(world.core, world.owner, secret.id)
    caller = system("rotate_secret", world.person.vault)
    return lambda: perform_rotation(world.core, caller, secret.id)


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
    _set_rotation,
    _delete_rotation,
    _queue_rotation,
    _perform_rotation,
    _roll_back,
    _delete_secret,
    _log_in,
    _step_up,
]


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: effect.__name__.strip("_"))
async def test_no_change_without_its_event(
    world: World, administrator: OpenConnection, effect: Effect
) -> None:
    """L-2: if the event can't be written, every table stays as it was."""
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


async def test_a_change_and_its_event_share_a_transaction(
    world: World, administrator: OpenConnection
) -> None:
    """L-2: the row and its event are written in the same transaction."""
    project = await world.project("billing")
    row = await administrator.fetchrow(
        "select p.xmin::text as effect, (e.tx::text::numeric % 4294967296)::text as entry"
        " from project p join audit_entry e on e.target_id = p.id where p.id = $1",
        project.id,
    )

    assert row is not None
    assert row["effect"] == row["entry"]


async def test_the_content_of_an_event(core: Core, world: World) -> None:
    """L-1: an event shows action, severity, outcome, actor, target, project, address, request and details."""
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


async def test_each_event_has_its_own_salt(world: World) -> None:
    """L-3: each event has its own salt, which prevents anyone from confirming a guess at its content."""
    for number in range(5):
        await world.project(f"project {number}")
    salts = {entry["salt"] for entry in await world.entries()}

    assert len(salts) == 5


async def test_viewing_is_not_logged(core: Core, world: World) -> None:
    """L-1: viewing lists and metadata is logged only when it is denied."""
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


async def test_a_denial_is_logged_once_with_its_reason(
    core: Core, world: World, other_world: World
) -> None:
    """L-1: denying a user causes one event in their vault, with the reason."""
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


async def test_a_missing_step_up_is_logged(core: Core, world: World) -> None:
    """A-5: a missing step-up is logged like any other denial."""
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
    for action in ACTIONS.values()
    if action.about is not None and Plane.HUMAN in action.planes
]

PREFIX = {
    ObjectKind.APPLICATION: "app",
    ObjectKind.PROJECT: "proj",
    ObjectKind.SECRET: "sk",
    ObjectKind.SHARE: "shr",
    ObjectKind.ALLOWLIST_ENTRY: "net",
    ObjectKind.ENROLLMENT_TOKEN: "ent",
    ObjectKind.TRUST: "trust",
    ObjectKind.POLICY: "pol",
    ObjectKind.WEBHOOK: "hook",
    ObjectKind.ACCOUNT: "acc",
    ObjectKind.PLAN: "plan",
    ObjectKind.VAULT: "vault",
    ObjectKind.SESSION: "ses",
    ObjectKind.DEVICE: "dev",
    ObjectKind.PASSKEY: "pky",
    ObjectKind.MEMBER: "mem",
    ObjectKind.INVITATION: "inv",
    ObjectKind.ACCESS_ROLE: "arole",
    ObjectKind.VAULT_ROLE: "vrole",
    ObjectKind.KEY: "key",
}


def fresh(kind: ObjectKind) -> str:
    """Return a well-formed ID of an object that doesn't exist."""
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
        new_id("xyz"),
        "' or true --",
    ]


async def organization_with_all(world: World) -> dict[ObjectKind, str]:
    """Make the vault an organization with a member, an invitation and roles; return their IDs."""
    core, owner = world.core, world.owner
    await organize(world)
    sent = await invite_member(core, owner, address="guest@example.org", vault_role="developer")
    world.markers.note(sent.token or "")
    role = await create_vault_role(core, owner, name="release", capabilities=["audit.view"])
    return {
        ObjectKind.MEMBER: await member_id(world, world.person.account),
        ObjectKind.INVITATION: sent.invitation.id,
        ObjectKind.ACCESS_ROLE: (await access_role(world, "payments")).id,
        ObjectKind.VAULT_ROLE: role.id,
    }


async def of_another_vault(  # noqa: C901, PLR0911, PLR0912 -- one for each kind
    world: World, kind: ObjectKind, *, trashed: bool
) -> str:
    """Return the ID of an object of this kind in this world's vault."""
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
        case ObjectKind.SHARE:
            return (await create_share(world.core, world.owner, NewContent(text="x"))).share.id
        case ObjectKind.ALLOWLIST_ENTRY:
            allowlist = await create_allowlist_entry(world.core, world.owner, network="10.0.0.0/8")
            return allowlist.entries[0].id
        case ObjectKind.ENROLLMENT_TOKEN:
            terms = Terms(machine_lifetime=3600, max_uses=1)
            wanted = NewToken(name="fleet", lifetime=3600, terms=terms)
            return (await create_enrollment_token(world.core, world.owner, wanted)).view.id
        case ObjectKind.TRUST:
            return (await trust(world, Issuer())).id
        case ObjectKind.VAULT:
            return world.person.vault
        case (
            ObjectKind.MEMBER
            | ObjectKind.INVITATION
            | ObjectKind.ACCESS_ROLE
            | ObjectKind.VAULT_ROLE
        ):
            return (await organization_with_all(world))[kind]
        case ObjectKind.ACCOUNT | ObjectKind.PLAN:
            return fresh(kind)  # They belong to no vault.
        case ObjectKind.PASSKEY:
            async with world.core.database.transaction(INSTALLATION) as connection:
                return await connection.fetchval(
                    "insert into passkey (vault, id, account, name, credential_id, public_key, algorithm,"
                    " sign_count, created_at) values ($1, $2, $3, 'key', 'id', 'key', -7, 0, $4)"
                    " returning id",
                    INSTALLATION,
                    new_id("pky"),
                    world.person.account,
                    world.core.clock.now(),
                )
        case ObjectKind.KEY:
            owner = await session_of(world.core, world.person, world.markers)
            return (await approved_key(world.core, owner)).id
        case ObjectKind.SESSION | ObjectKind.DEVICE:
            person = world.person
            await log_in(
                world.core,
                visitor(),
                email=person.email,
                password=person.password,
                device_token=None,
            )
            async with world.core.database.transaction(INSTALLATION) as connection:
                return await connection.fetchval(
                    f"select id from {kind.value} where account = $1", person.account
                )
        case ObjectKind.WEBHOOK:
            wish = WebhookWish(name="ops", url="https://hooks.example/")
            made = await create_webhook(world.core, world.owner, wish, template=Template.STRONGROOM)
            world.markers.note(made.secret)
            return made.webhook.id
        case ObjectKind.POLICY:
            rate = Conditions(rate_cap_enabled=True, max_reads_per_minute=1)
            core, owner = world.core, world.owner
            policy = await create_policy(core, owner, project.id, name="slow", conditions=rate)
            return policy.id
        case _:
            make = world.trashed_secret if trashed else world.secret
            return (await make(project, "API_KEY")).id


@pytest.mark.parametrize("action", ABOUT_OBJECTS, ids=str)
async def test_missing_malformed_and_foreign_ids_look_the_same(
    core: Core,
    world: World,
    other_world: World,
    administrator: OpenConnection,
    action: Action,
) -> None:
    """V-7: another vault's ID gives the same error and the same event as one that never existed."""
    rule = action
    kind = rule.about
    assert kind is not None
    foreign = await of_another_vault(other_world, kind, trashed=rule.in_trash)
    before = await contents(administrator, "audit_entry")
    theirs = await other_world.entries()
    errors: set[tuple[type[StrongroomError], str, str]] = set()
    for target in (foreign, fresh(kind), *malformed(kind)):
        with pytest.raises(StrongroomError) as caught:
            async with gate.perform(core, replace(world.owner, operator=True), action, target):
                pytest.fail("the act began")
        errors.add((type(caught.value), str(caught.value), caught.value.code))
    # What the administrator does is logged in the installation.
    log = INSTALLATION if rule.operator else world.person.vault
    entries = [e for e in await entries_of(core, log) if e["action"] == rule.name]
    shapes = {tuple(sorted(shape(entry).items(), key=lambda i: i[0])) for entry in entries}

    assert errors == {(NotFound, f"{kind.value} not found", "not_found")}
    assert len(entries) == 2 + len(malformed(kind))
    assert len(shapes) == 1
    assert (entries[0]["reason"], entries[0]["target_name"], entries[0]["project"]) == (
        "not_found",
        None,
        None,
    )
    # A well-formed ID is kept for later investigation. Anything else could be any text a client
    # sent.
    assert [entry["target_id"] for entry in entries[:3]] == [foreign, entries[1]["target_id"], None]
    assert {entry["target_id"] for entry in entries[2:]} == {None}
    assert await other_world.entries() == theirs
    assert await contents(administrator, "audit_entry") == before


WITH_TRASH = [
    action for action in ABOUT_OBJECTS if action.about in (ObjectKind.PROJECT, ObjectKind.SECRET)
]


@pytest.mark.parametrize("action", WITH_TRASH, ids=str)
async def test_trashed_and_live_objects_are_separate(
    core: Core, world: World, action: Action
) -> None:
    """S-7, V-3: only the actions for the trash find trashed objects, and they find no others."""
    rule = action
    project = await (world.project if rule.in_trash else world.trashed_project)("one")
    holder = await world.project("two")
    secret = await (world.secret if rule.in_trash else world.trashed_secret)(holder, "API_KEY")
    target = project.id if rule.about is ObjectKind.PROJECT else secret.id
    with pytest.raises(NotFound):
        async with gate.perform(core, world.owner, action, target):
            pytest.fail("the act began")


async def test_collisions_and_invalid_input_are_not_logged(core: Core, world: World) -> None:
    """L-1: invalid input and conflicts change nothing and cause no event, because nothing was denied."""
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


async def test_an_unexpected_error_rolls_back_the_act(core: Core, world: World) -> None:
    """L-2: an unexpected error inside an act rolls back the whole act."""
    with pytest.raises(ZeroDivisionError):
        async with gate.perform(core, world.owner, PROJECT_CREATE) as act:
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
    """L-2: acts can't be nested, because the inner act could commit without the outer one."""
    async with gate.perform(core, world.owner, PROJECT_CREATE):
        with pytest.raises(RuntimeError, match="nest"):
            await world.project("inner")

    assert [entry["target_name"] for entry in await world.entries()] == [None]


async def test_while_sealed_no_act_begins(sealed_core: Core, administrator: OpenConnection) -> None:
    """E-2: while the server is sealed, no act begins, and not even the denial is logged."""
    before = await contents(administrator)
    for caller, action in (
        (visitor(), INSTALLATION_SETUP),
        (visitor(), ACCOUNT_LOGIN),
        (system("sweep", INSTALLATION), INSTALLATION_SWEEP),
        (system("unseal", INSTALLATION), INSTALLATION_UNSEAL),
    ):
        with pytest.raises(Sealed):
            async with gate.perform(sealed_core, caller, action):
                pytest.fail("the act began")

    assert await contents(administrator) == before


async def test_a_core_without_keys_makes_no_secret(
    core: Core, world: World, administrator: OpenConnection
) -> None:
    """G-1: without keys, a process can't perform actions that need them, and leaves nothing half done."""
    keyring, core.keyring = core.keyring, None
    before = await contents(administrator)
    with pytest.raises(Sealed):
        await world.project("billing")
    core.keyring = keyring

    assert await contents(administrator) == before


async def test_unknown_clients_and_jobs_act_on_their_own_planes(core: Core, world: World) -> None:
    """L-1: an unknown client's attempt at a user's action is denied and logged for the installation."""
    with pytest.raises(Refused) as caught:
        async with gate.perform(core, visitor(), PROJECT_CREATE):
            pytest.fail("the act began")
    entry = (await entries_of(core, INSTALLATION, "auth_failure"))[-1]

    assert caught.value.code == "wrong_plane"
    assert (entry["reason"], entry["actor_kind"], entry["actor_id"]) == (
        "wrong_plane",
        "external",
        None,
    )
    with pytest.raises(Refused):
        async with gate.perform(core, system("sweep", world.person.vault), PROJECT_CREATE):
            pytest.fail("the act began")
    entry = (await world.entries())[-1]

    assert (entry["actor_kind"], entry["actor_name"], entry["reason"]) == (
        "system",
        "sweep",
        "wrong_plane",
    )


async def test_events_without_a_vault_are_logged_for_the_installation(
    core: Core, owner: Any
) -> None:
    """A-11, L-1, L-6: setup and unsealing are in the installation's log; sign-ins are in a vault's too."""
    await log_in(core, visitor(), email=owner.email, password=owner.password, device_token=None)
    await sweep(core)
    actions = [entry["action"] for entry in await entries_of(core, INSTALLATION)]

    assert actions == [
        "installation_init",
        "installation_unseal",
        "installation_setup",
        "account_login",
    ]
    assert [entry["action"] for entry in await entries_of(core, owner.vault)] == ["account_login"]


@pytest.mark.parametrize(
    ("action", "about", "said"),
    [
        (PROJECT_VIEW, None, "project_view needs project"),
        (PROJECTS_VIEW, "proj_1", "projects_view needs no object"),
    ],
)
async def test_an_act_names_the_objects_of_its_action(
    core: Core, world: World, action: Action, about: str | None, said: str
) -> None:
    """L-1: a use case that omits its object or passes one too many raises an error and does nothing."""
    before = len(await entries_of(core, world.person.vault))
    with pytest.raises(ValueError, match=said):
        async with gate.perform(core, world.owner, action, about):
            pytest.fail("the act began")

    assert before == len(await entries_of(core, world.person.vault))


async def test_an_act_without_an_object(core: Core, world: World) -> None:
    """L-1: in an act without an object, accessing the object raises an error."""
    with pytest.raises(ValueError, match="no target"):
        async with gate.perform(core, world.owner, PROJECTS_VIEW) as act:
            _ = act.target


async def test_a_denial_of_a_revoked_machine_is_logged(core: Core, world: World) -> None:
    """L-1: a denial is logged even if the machine is revoked before the event is written."""
    machine = await approved_machine(world)
    caller = await machine.caller(world)
    await revoke_machine(core, world.owner, str(machine.id))
    await gate.record_failure(core, caller, SECRETS_POLL, None, NotFound("secret"))
    entry = (await world.entries("secrets_poll"))[-1]

    assert ("machine", str(machine.id), "unknown") == (
        entry["actor_kind"],
        entry["actor_id"],
        entry["actor_name"],
    )


async def test_no_batch_begins_while_sealed(core: Core, world: World) -> None:
    """E-2: no batch of reads begins while the server is sealed."""
    core.sealed = True
    with pytest.raises(Sealed):
        async with gate.perform_batch(core, world.person.vault):
            pytest.fail("the batch began")


async def test_a_lost_database_does_not_hide_the_original_error(core: Core, world: World) -> None:
    """R-3: a database that becomes unavailable during a request doesn't hide the original error."""
    caller = await (await approved_machine(world)).caller(world)
    away = await Database.open(str(core.settings.database_url), role=Role.APP, connections=1)
    await away.close()
    there = core.database
    try:
        with pytest.raises(Conflict, match="first"):
            async with gate.perform(core, caller, SECRETS_LIST):
                core.database = away
                raise Conflict("first")
    finally:
        core.database = there


async def test_a_request_that_failed_is_not_good_twice(core: Core, world: World) -> None:
    """R-3: a signed request's nonce can't be used again, no matter what went wrong."""
    machine = await approved_machine(world)
    caller = await machine.caller(world, nonce="0123456789abcdef")
    with pytest.raises(Conflict):
        async with gate.perform(core, caller, SECRETS_LIST):
            raise Conflict("not now")
    with pytest.raises(NonceUsed):
        async with gate.perform(core, caller, SECRETS_LIST):
            pytest.fail("it was accepted again")


async def test_an_unknown_clients_failure_has_the_attempt(core: Core) -> None:
    """L-1: unknown clients' failures share one action; the event's details contain the attempted action."""
    with pytest.raises(WrongCredentials):
        async with gate.perform(core, visitor("127.0.0.31"), ACCOUNT_LOGIN):
            raise WrongCredentials
    [failed] = await entries_of(core, INSTALLATION, "auth_failure")

    assert '{"attempted": "account_login"}' == failed["detail"]


async def test_only_an_object_can_be_loaded(core: Core, world: World) -> None:
    """V-7: an action without an object has no target, even if an ID is given."""
    async with core.database.transaction(world.person.vault) as connection:
        with pytest.raises(ValueError, match="no object"):
            await load(connection, PROJECTS_VIEW, "proj_1")


async def test_a_right_for_one_kind_creates_no_other(world: World) -> None:
    """O-2: capabilities for secrets are checked by kind, even for a secret that is about to be created."""
    project = await world.project("billing")
    rights = frozenset({(ProjectCapability.SECRETS_CREATE, SecretKind.STRUCTURED)})
    authority = Authority("maker", frozenset(), Access(everywhere=True, rights=rights))
    caller = replace(world.owner, authority=authority)
    about = (world.core, caller, SECRET_CREATE, project.id)
    with pytest.raises(Refused, match="you need secrets"):
        async with gate.perform(*about, kind=SecretKind.SINGLE):
            pytest.fail("it was allowed")
    async with gate.perform(*about, kind=SecretKind.STRUCTURED) as act:
        assert project.id == act.target.id


async def test_an_object_by_its_path(core: Core, world: World, other_world: World) -> None:
    """V-7, S-11, L-1: a path gives the same result as the object's ID, and reveals no more."""
    shop = await create_application(core, world.owner, name="shop", environments=["production"])
    secret = await world.secret(shop.projects[0], "API_KEY")
    alone = await world.secret(await world.project("shop"), "API_KEY")
    older = await world.secret(await world.project("trashed"), "API_KEY")
    await delete_project(core, world.owner, older.project_id, confirm_name="trashed")
    await other_world.secret(await other_world.project("theirs"), "API_KEY")

    async def look(caller: Human, path: str, *, project: bool = False) -> str:
        if project:
            return (await read_project(core, caller, Path.of_project(path))).id
        return (await read_secret(core, caller, Path.of_secret(path))).id

    assert await look(world.owner, "shop/production/API_KEY") == secret.id
    assert await look(world.owner, "shop/API_KEY") == alone.id
    assert await look(world.owner, "shop/production", project=True) == secret.project_id
    assert await look(world.owner, "shop", project=True) == alone.project_id
    for path in ("", "shop", "a/b/c/d", "shop//API_KEY", "shop/API_KEY/", "shop/\0", "x/" * 300):
        with pytest.raises(Invalid) as wrong:
            await look(world.owner, path)

        assert wrong.value.field == "path"
    before = len(await world.entries())
    missing = ["Shop/API_KEY", "shop/api_key", "production/API_KEY", "trashed/API_KEY"]
    asked = [(world.owner, path) for path in [*missing, "theirs/API_KEY", "shop/production"]]
    asked += [(powerless(world.owner), "shop/API_KEY"), (powerless(world.owner), "none/API_KEY")]
    said = set[str]()
    for caller, path in asked:
        with pytest.raises(NotFound) as hidden:
            await look(caller, path)
        said.add(str(hidden.value))
    entries = (await world.entries())[before:]

    assert said == {"secret not found"}
    assert [json.loads(str(entry["detail"])) for entry in entries] == [
        {"path": path} for _, path in asked
    ]
    assert {(entry["action"], entry["reason"], entry["target_id"]) for entry in entries} == {
        ("secret_view", "not_found", None)
    }
