"""Two vaults with a row in every table, and the *blind* role."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest

from strongroom_core.access.callers import system
from strongroom_core.accounts.authenticator_app import start_app
from strongroom_core.accounts.opening import put_sign_up_open
from strongroom_core.accounts.passkeys import add_passkey, start_passkey
from strongroom_core.accounts.sessions import authenticate_person
from strongroom_core.accounts.sign_up import sign_up
from strongroom_core.alerts.foresee import announce_cap_near
from strongroom_core.alerts.read import read_alerts
from strongroom_core.alerts.views import Template
from strongroom_core.alerts.webhooks import WebhookWish, create_webhook
from strongroom_core.core import Core
from strongroom_core.db.engine import Database
from strongroom_core.db.scope import Role
from strongroom_core.grants.scope import Scope
from strongroom_core.kernel.errors import WrongCredentials
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.limits.caps import Cap, Limits
from strongroom_core.limits.plans import choose_plan, create_plan
from strongroom_core.machines.allowlist import create_allowlist_entry
from strongroom_core.machines.enrollment import NewToken, create_enrollment_token
from strongroom_core.machines.identify import enroll_job
from strongroom_core.machines.lifecycle import rename_machine
from strongroom_core.machines.provision import provision_machine
from strongroom_core.machines.terms import Terms
from strongroom_core.maintain import tally_reads
from strongroom_core.members.invite import invite_member
from strongroom_core.members.vault_roles import create_vault_role
from strongroom_core.policies.apply import apply_policy
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.trash import purge_project
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.secrets.generate import Recipe
from strongroom_core.secrets.rotation import set_rotation
from strongroom_core.shares.content import NewContent
from strongroom_core.shares.create import create_share
from strongroom_core.shares.drop_boxes import create_drop_box
from strongroom_testkit.authenticator import Authenticator
from strongroom_testkit.issuer import Issuer, new_key, public_key_of, trust
from strongroom_testkit.machine import granted_machine, temporary_machine
from strongroom_testkit.markers import Markers
from strongroom_testkit.members import access_role, organize
from strongroom_testkit.people import visitor
from strongroom_testkit.person_key import approved_key, session_of
from strongroom_testkit.policies import policy
from strongroom_testkit.sign_in import log_in
from strongroom_testkit.world import World


@pytest.fixture
async def populated(core: Core, world: World, other_world: World, markers: Markers) -> World:
    """The owner's vault. It and the other vault have rows in every table with a vault column."""
    for each, address in ((world, "127.0.0.31"), (other_world, "127.0.0.32")):
        await create_application(core, each.owner, name="shop", environments=["production"])
        project = await each.project("billing")
        secret = await each.secret(project, "API_KEY")
        machine = await granted_machine(each, project, secret)
        await rename_machine(core, each.owner, str(machine.id), name="front")
        await read_secret_value(core, await machine.caller(each, address=address), secret.id)
        await set_rotation(core, each.owner, secret.id, Recipe())
        await apply_policy(core, each.owner, (await policy(each, project)).id, secrets=[secret.id])
        await _other_ways_in(each)
        await create_share(core, each.owner, NewContent(text="a note"))
        await create_drop_box(core, each.owner, secret.id, overwrite=True)
        await _alerts(each)
        await _members(each)
        purged = await each.trashed_project("old")
        await purge_project(core, each.owner, purged.id)
        person = each.person
        await log_in(
            core, visitor(), email=person.email, password=person.password, device_token=None
        )
    operator = replace(world.owner, operator=True)
    plan = await create_plan(core, operator, name="Large", limits=Limits(), self_service=True)
    for each in (world, other_world):
        await choose_plan(core, each.owner, plan.id)
    await tally_reads(core)
    async with core.database.transaction(INSTALLATION) as connection:
        await connection.execute(
            "insert into lockout (vault, network, failures, window_start) values"
            " ($1, '127.0.0.30', 1, $2)",
            INSTALLATION,
            core.clock.now(),
        )
        await connection.execute(
            "insert into former_address (vault, id, account, email, email_folded, replaced_at)"
            " values ($1, 'adr_a', $2, 'old@x.example', 'old@x.example', $3)",
            INSTALLATION,
            world.person.account,
            core.clock.now(),
        )
        await connection.execute(
            "insert into recovery (vault, account, started_at, due_at) values ($1, $2, $3, $3)",
            INSTALLATION,
            world.person.account,
            core.clock.now(),
        )
        await put_sign_up_open(connection, is_open=True)
        await connection.execute(
            "insert into clock_doubt (vault, boot, since, apart) values ($1, 'a boot', $2, 1)",
            INSTALLATION,
            core.clock.now(),
        )
    await sign_up(
        core, visitor(), email="lin@x.example", username="lin", password=markers.password()
    )
    with contextlib.suppress(WrongCredentials):
        await log_in(core, visitor(), email="x@y", password=markers.password(), device_token=None)
    await _key(world)
    await _factors(world)
    return world


async def _key(world: World) -> None:
    """Approve a program's key."""
    owner = await session_of(world.core, world.person, world.markers)
    await approved_key(world.core, owner)


async def _factors(world: World) -> None:
    """Begin to add an app, and add a passkey, which comes with recovery codes."""
    core, person, markers = world.core, world.person, world.markers
    opened = await log_in(
        core, visitor(), email=person.email, password=person.password, device_token=None
    )
    owner = await authenticate_person(core, opened.token, visitor().origin)
    markers.note((await start_app(core, owner)).secret)
    created = Authenticator().create(await start_passkey(core, owner))
    for code in (await add_passkey(core, owner, name="laptop", credential=created)).codes:
        markers.note(code)


async def _members(world: World) -> None:
    """Make the vault an organization with a role of each kind and an invitation."""
    core, owner = world.core, world.owner
    await organize(world)
    await create_vault_role(core, owner, name="release", capabilities=["audit.view"])
    role = await access_role(world, "payments")
    sent = await invite_member(
        core,
        owner,
        address=f"guest-{world.person.username}@example.org",
        vault_role="developer",
        access_role=role.id,
    )
    world.markers.note(sent.token or "")


async def _alerts(world: World) -> None:
    """Add a webhook, and read the log, which creates deliveries, and alerts to send by email."""
    wish = WebhookWish(name="ops", url="https://hooks.example/", actions=["severity:low"])
    made = await create_webhook(world.core, world.owner, wish, template=Template.STRONGROOM)
    world.markers.note(made.secret)
    await read_alerts(world.core, system("read_alerts", world.person.vault))
    await announce_cap_near(
        world.core, system("announce_cap_near", world.person.vault), Cap.PROJECTS
    )


async def _other_ways_in(world: World) -> None:
    """Register machines in every other way, and add a network."""
    core, owner = world.core, world.owner
    await create_allowlist_entry(core, owner, network="127.0.0.0/8")
    await temporary_machine(world)
    bundle = await provision_machine(core, owner, name="container", scope=Scope())
    world.markers.note(bundle.token)
    wanted = NewToken(
        name="fleet", lifetime=86_400, terms=Terms(machine_lifetime=3600, max_uses=10)
    )
    world.markers.note((await create_enrollment_token(core, owner, wanted)).token)
    issuer, key = Issuer(), new_key()
    await trust(world, issuer)
    await enroll_job(
        core,
        visitor(),
        world.person.vault,
        id_token=issuer.token(world, key),
        public_key=public_key_of(key),
        hostname="runner-1",
    )


@pytest.fixture
def blind(core: Core) -> Database:
    """The same pool, with transactions in the *blind* role."""
    return core.database.taking_on(Role.BLIND)
