"""Places: one vault's objects in each possible state."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from strongroom_core.accounts.entering import DEVICE_LIFETIME
from strongroom_core.accounts.sign_up import LIFETIME
from strongroom_core.alerts.deliveries import send_test_delivery
from strongroom_core.alerts.views import Template
from strongroom_core.alerts.webhooks import (
    WebhookWish,
    create_webhook,
    list_webhooks,
    update_webhook,
)
from strongroom_core.crypto.random import new_id, new_key_id, random_bytes
from strongroom_core.crypto.token import token_hash
from strongroom_core.kernel.ids import INSTALLATION, SecretId, ShareId, VaultId, WebhookId
from strongroom_core.kernel.policies import Conditions
from strongroom_core.keys.suggestions import USUAL
from strongroom_core.limits.caps import NAMES, Limits
from strongroom_core.limits.plans import create_plan
from strongroom_core.machines.allowlist import create_allowlist_entry, read_allowlist
from strongroom_core.machines.enrollment import NewToken, create_enrollment_token
from strongroom_core.machines.lifecycle import deny_machine, revoke_machine
from strongroom_core.machines.terms import Terms
from strongroom_core.machines.trusts import read_trust
from strongroom_core.mail.link import INVITATION_LIFETIME
from strongroom_core.members.access_roles import AccessRoleWish, create_access_role
from strongroom_core.members.invite import invite_member
from strongroom_core.members.vault_roles import create_vault_role
from strongroom_core.policies.manage import create_policy
from strongroom_core.policies.modes import enforce_policy
from strongroom_core.projects.applications import create_application, delete_application
from strongroom_core.projects.create import create_project
from strongroom_core.projects.freeze import freeze_project
from strongroom_core.projects.trash import delete_project, purge_project
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.generate import Recipe
from strongroom_core.secrets.replace import replace_secret
from strongroom_core.secrets.rotation import set_rotation
from strongroom_core.secrets.trash import delete_secret
from strongroom_core.shares.content import NewContent
from strongroom_core.shares.create import create_share
from strongroom_core.shares.drop_boxes import create_drop_box
from strongroom_core.shares.listing import read_share
from strongroom_testkit.issuer import Issuer, trust
from strongroom_testkit.machine import (
    approved_machine,
    grant,
    pending_machine,
    temporary_machine,
)
from strongroom_testkit.people import confirm_address, make_account
from strongroom_testkit.person_key import asked_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from strongroom_core.machines.views import AllowlistEntryView, EnrollmentTokenMade, TrustView
    from strongroom_core.policies.views import PolicyView
    from strongroom_core.projects.views import ProjectView
    from strongroom_core.secrets.views import CanaryView, SecretView
    from strongroom_core.shares.views import NewShare
    from strongroom_testkit.machine import TestMachine
    from strongroom_testkit.world import World


ISSUER = Issuer()
WAITING = "waiting@example.org"
"""The address of someone who signed up and waits for their link."""


class State(StrEnum):
    """An object's state. Objects that can't be trashed or frozen are gone or live instead."""

    LIVE = "live"
    FROZEN = "frozen"
    TRASHED = "trashed"
    BURIED = "buried"
    """A secret in a trashed project, and a purged project."""
    ABSENT = "absent"
    """Well-formed IDs that never existed."""


@dataclass(frozen=True, slots=True)
class Place:
    """One vault's objects in one state. `machine` is attached and has access to the secret.

    `entry` is an event if the objects exist, and None otherwise.
    """

    state: State
    application: str
    project: str
    secret: str
    canary: str
    machine: str
    pending: str
    enrollment_token: str
    temporary: str
    allowlist_entry: str
    trust: str
    entry: str
    share: str
    drop_box: str
    policy: str
    """Enforced, and without secrets."""
    webhook: str
    delivery: str
    """A delivery of the webhook, which has ended."""
    other_session: str
    device: str
    passkey: str
    person_key: str
    """A session, a known browser, a passkey and a key of the vault's owner, none of which send requests."""
    login_request: str
    """An open request for a key, which belongs to nobody and has a different code from the one in `words`."""
    own_vault: str
    account: str
    plan: str
    """An account without a vault and a plan that owners can choose. Neither belongs to a vault."""
    member: str
    suspended: str
    """An active and a suspended member of this vault, both developers without an access role."""
    invitation: str
    own_invitation: str
    """An invitation to this vault, and one of this vault's owner to a third vault."""
    access_role: str
    vault_role: str
    """Roles that nobody has."""
    project_name: str
    vault_name: str
    secret_path: str
    value: str = field(repr=False)
    """The secret's current value."""
    signer: TestMachine | None = None
    """The key of `machine`."""
    links: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """The secret parts of the links to `share` and `drop_box`, if they exist."""

    @property
    def words(self) -> dict[str, str]:
        """The words for a request about this place."""
        return {
            **self.ids,
            "project_name": self.project_name,
            "project_path": self.project_name,
            "secret_path": self.secret_path,
            "vault_name": self.vault_name,
            "login_code": "BCDF-GHJK",
            "key_set": ISSUER.key_set().decode(),
            # The vault's owner has confirmed their address, so their invitation needs no link.
            "invitation_token": f"inv_{'A' * 48}",
            "waiting_email": WAITING,
            **self.links,
        }

    @property
    def ids(self) -> dict[str, str]:
        """The IDs, by the kind of object."""
        return {each.name: getattr(self, each.name) for each in fields(self)[1:31]}


class PlaceMaker:
    """A maker of places in one vault. Every name contains the vault's tag, so that it can be recognized."""

    def __init__(self, world: World, tag: str) -> None:
        self.world = world
        self.tag = tag
        self.readers: list[TestMachine] = []
        """Machines that are granted every secret created from now on."""
        self.bystanders: list[TestMachine] = []
        """Machines that are attached to every project created from now on, and granted nothing."""
        self._number = 0
        self._accounts: dict[State, str] = {}
        self._plans: dict[State, str] = {}
        # A vault can have 200 roles, so several places use these, as long as nobody has them.
        self._lasting: dict[tuple[str, State], str] = {}
        self._shares: dict[State, NewShare] = {}
        self._trusts: dict[State, TrustView] = {}
        self._webhooks: dict[State, str] = {}
        self._networks: dict[State, AllowlistEntryView] = {}

    def name(self, what: str) -> str:
        """Return an unused name."""
        self._number += 1
        return f"{what}-{self.tag}-{self._number}"

    async def place(self, state: State) -> Place:
        """Create a place in this state."""
        match state:
            case State.ABSENT:
                return self._absent()
            case State.TRASHED | State.BURIED:
                return await self._gone(state)
            case State.LIVE | State.FROZEN:
                return await self._there(state)

    async def _there(self, state: State) -> Place:
        world = self.world
        await self._sign_up()
        application = await create_application(
            world.core, world.owner, name=self.name("application"), environments=[]
        )
        project = await self._project()
        secret, value = await self._secret(project)
        canary = await self._canary(project)
        machine = await approved_machine(world, self.name("machine"))
        await grant(world, machine, project, secret)
        await set_rotation(world.core, world.owner, secret.id, Recipe())
        await self._let_in(project, secret)
        pending = await pending_machine(world, self.name("pending"))
        share = await self._share(state)
        box = await create_drop_box(world.core, world.owner, secret.id, overwrite=True)
        if state is State.FROZEN:
            await freeze_project(world.core, world.owner, project.id, reason="for the matrix")
        return Place(
            state,
            application.id,
            project.id,
            secret.id,
            canary.id,
            str(machine.id),
            str(pending.id),
            (await self._enrollment_token()).view.id,
            str((await temporary_machine(world, self.name("temporary"))).id),
            (await self._network(state)).id,
            (await self._trust(state)).id,
            await self._entry(),
            share.share.id,
            box.drop_box.id,
            (await self._policy(project)).id,
            *await self._webhook(state),
            await self._session(),
            await self._device(),
            await self._passkey(),
            await self._person_key(),
            (await asked_key(world.core))[1].id,
            world.person.vault,
            await self._account(state),
            await self._plan(state),
            await self._member("active"),
            await self._member("suspended"),
            await self._invitation(),
            await self._own_invitation(),
            await self._access_role(state),
            await self._vault_role(state),
            project.name,
            f"{world.person.username}'s vault",
            f"{project.name}/{secret.name}",
            value,
            machine,
            {
                "locator": share.locator,
                "key": share.key,
                "passphrase": share.passphrase,
                "box_locator": box.locator,
                "box_key": box.key,
            },
        )

    async def _gone(self, state: State) -> Place:
        world, there = self.world, await self._there(State.LIVE)
        core, owner = world.core, world.owner
        await delete_application(core, owner, there.application)  # pyright: ignore[reportArgumentType]
        await revoke_machine(core, owner, there.machine)
        await deny_machine(core, owner, there.pending)
        await revoke_machine(core, owner, there.temporary)
        project, secret, path = await self._project(), there.secret, there.secret_path
        await self._let_in(project)
        canary = SecretId(there.canary)
        if state is State.TRASHED:
            await delete_secret(core, owner, secret)  # pyright: ignore[reportArgumentType]
            await delete_secret(core, owner, canary)
        else:
            inner, _ = await self._secret(lost := await self._project())
            await self._let_in(lost, inner)
            secret, path = inner.id, f"{lost.name}/{inner.name}"
            canary = (await self._canary(lost)).id
            await delete_project(core, owner, lost.id, confirm_name=lost.name)
        await delete_project(core, owner, project.id, confirm_name=project.name)
        if state is State.BURIED:
            await purge_project(core, owner, project.id)
        return Place(
            state,
            there.application,
            project.id,
            secret,
            canary,
            there.machine,
            there.pending,
            new_id("ent"),
            there.temporary,
            new_id("net"),
            new_id("trust"),
            str(new_key_id()),
            new_id("shr"),
            new_id("drop"),
            new_id("pol"),
            new_id("hook"),
            new_id("dlv"),
            new_id("ses"),
            new_id("dev"),
            new_id("pky"),
            new_id("key"),
            new_id("login"),
            new_id("vault"),
            new_id("acc"),
            new_id("plan"),
            new_id("mem"),
            new_id("mem"),
            new_id("inv"),
            new_id("inv"),
            new_id("arole"),
            new_id("vrole"),
            project.name,
            there.vault_name,
            path,
            there.value,
            there.signer,
        )

    def _absent(self) -> Place:
        return Place(
            State.ABSENT,
            new_id("app"),
            new_id("proj"),
            new_id("sk"),
            new_id("sk"),
            str(new_key_id()),
            str(new_key_id()),
            new_id("ent"),
            str(new_key_id()),
            new_id("net"),
            new_id("trust"),
            str(new_key_id()),
            new_id("shr"),
            new_id("drop"),
            new_id("pol"),
            new_id("hook"),
            new_id("dlv"),
            new_id("ses"),
            new_id("dev"),
            new_id("pky"),
            new_id("key"),
            new_id("login"),
            new_id("vault"),
            new_id("acc"),
            new_id("plan"),
            new_id("mem"),
            new_id("mem"),
            new_id("inv"),
            new_id("inv"),
            new_id("arole"),
            new_id("vrole"),
            self.name("nothing"),
            self.name("nothing"),
            f"{self.name('nothing')}/NOTHING",
            "",
        )

    async def _entry(self) -> str:
        """Return the vault's last entry, without reading the others: a run makes many thousands."""
        async with self.world.core.database.transaction(self.world.person.vault) as connection:
            return str(
                await connection.fetchval(
                    "select id from audit_entry order by incarnation desc, tx desc, at desc, id desc limit 1"
                )
            )

    async def _account(self, state: State) -> str:
        """Return an active account without a vault."""
        async with self.world.core.database.transaction(INSTALLATION) as connection:
            found = await connection.fetchval(
                "select id from account where id = $1 and status = 'active'",
                self._accounts.get(state, ""),
            )
        if found is None:
            self._accounts[state] = await make_account(self.world.core, self.name("person"))
        return self._accounts[state]

    async def _plan(self, state: State) -> str:
        """Return a plan that owners can choose."""
        async with self.world.core.database.transaction(INSTALLATION) as connection:
            found = await connection.fetchval(
                "select id from plan where id = $1", self._plans.get(state, "")
            )
        if found is None:
            operator = replace(self.world.owner, operator=True)
            made = await create_plan(
                self.world.core,
                operator,
                name=self.name("plan"),
                limits=Limits(**dict.fromkeys(NAMES)),
                self_service=True,
            )
            self._plans[state] = made.id
        return self._plans[state]

    async def _member(self, status: str) -> str:
        """Return a developer who has just joined, without the steps of joining."""
        core, member, now = self.world.core, new_id("mem"), self.world.core.clock.now()
        account = await make_account(core, self.name("member"))
        async with core.database.transaction(self.world.person.vault) as connection:
            await connection.execute(
                "insert into member (vault, id, account, vault_role, status, joined_at)"
                " values ($1, $2, $3, 'developer', $4, $5)",
                self.world.person.vault,
                member,
                account,
                status,
                now,
            )
        return member

    async def _invitation(self) -> str:
        sent = await invite_member(
            self.world.core,
            self.world.owner,
            address=f"{self.name('guest')}@example.org",
            vault_role="developer",
        )
        return sent.invitation.id

    async def _own_invitation(self) -> str:
        """Return an invitation of this vault's owner to an organization of someone else."""
        core, now = self.world.core, self.world.core.clock.now()
        vault, invitation = VaultId(new_id("vault")), new_id("inv")
        host = await make_account(core, self.name("host"))
        await confirm_address(core, self.world.person.account)
        async with core.database.transaction(vault) as connection:
            await connection.execute(
                "select found_vault($1, 'organization', $2, $3, $4, $5)",
                vault,
                self.name("third"),
                new_id("mem"),
                host,
                now,
            )
            await connection.execute(
                "insert into invitation (vault, id, address, address_folded, vault_role, invited_by,"
                " created_at, sent_at, expires_at) values ($1, $2, $3, $3, 'developer', $4, $5, $5, $6)",
                vault,
                invitation,
                self.world.person.email,
                host,
                now,
                now + INVITATION_LIFETIME,
            )
        return invitation

    async def _access_role(self, state: State) -> str:
        wish = AccessRoleWish(name=self.name("access"), everywhere=True, rights=["grants.manage"])
        if (found := await self._still_there("access_role", state)) is not None:
            return found
        made = await create_access_role(self.world.core, self.world.owner, wish)
        self._lasting["access_role", state] = made.id
        return made.id

    async def _still_there(self, table: str, state: State) -> str | None:
        """Return the role that was created before, unless it has been deleted or given to someone since."""
        async with self.world.core.database.transaction(self.world.person.vault) as connection:
            return await connection.fetchval(
                f"select id from {table} r where id = $1"
                f" and not exists (select from member where {table} = r.id)"
                f" and not exists (select from invitation where {table} = r.id)",
                self._lasting.get((table, state), ""),
            )

    async def _vault_role(self, state: State) -> str:
        if (found := await self._still_there("vault_role", state)) is not None:
            return found
        made = await create_vault_role(
            self.world.core,
            self.world.owner,
            name=self.name("role"),
            capabilities=["machines.view"],
        )
        self._lasting["vault_role", state] = made.id
        return made.id

    async def _session(self) -> str:
        """Return another session of the owner."""
        core, person = self.world.core, self.world.person
        session, now = new_id("ses"), core.clock.now()
        async with core.database.transaction(INSTALLATION) as connection:
            await connection.execute(
                "insert into session (vault, id, token_hash, account, acting_vault, authenticated_at,"
                " created_at, last_used_at, expires_at, address, user_agent)"
                " values ($1, $2, $3, $4, $5, $6, $6, $6, $7, '127.0.0.9', '')",
                INSTALLATION,
                session,
                token_hash(session),
                person.account,
                person.vault,
                now,
                now + core.settings.session_absolute,
            )
        return session

    async def _device(self) -> str:
        """Return a known browser of the owner."""
        core, person = self.world.core, self.world.person
        device, now = new_id("dev"), core.clock.now()
        async with core.database.transaction(INSTALLATION) as connection:
            await connection.execute(
                "insert into device (vault, id, token_hash, account, created_at, expires_at)"
                " values ($1, $2, $3, $4, $5, $6)",
                INSTALLATION,
                device,
                token_hash(device),
                person.account,
                now,
                now + DEVICE_LIFETIME,
            )
        return device

    async def _sign_up(self) -> None:
        """Have someone wait for the link with which they sign up."""
        core = self.world.core
        async with core.database.transaction(INSTALLATION) as connection:
            await connection.execute(
                "insert into sign_up (vault, id, email, email_folded, username, password_hash, created_at,"
                " expires_at) values ($1, 'sign_waiting', $2, $2, 'waiting', 'hash', $3, $4)"
                " on conflict do nothing",
                INSTALLATION,
                WAITING,
                core.clock.now(),
                core.clock.now() + LIFETIME,
            )

    async def _passkey(self) -> str:
        """Return a passkey of the owner."""
        core, person = self.world.core, self.world.person
        passkey = new_id("pky")
        async with core.database.transaction(INSTALLATION) as connection:
            await connection.execute(
                "insert into passkey (vault, id, account, name, credential_id, public_key, algorithm,"
                " sign_count, created_at) values ($1, $2, $3, $4, $5, $6, -7, 0, $7)",
                INSTALLATION,
                passkey,
                person.account,
                self.name("passkey"),
                passkey.encode(),
                b"key",
                core.clock.now(),
            )
        return passkey

    async def _person_key(self) -> str:
        """Return a key of the owner."""
        core, person = self.world.core, self.world.person
        key, now = new_id("key"), core.clock.now()
        async with core.database.transaction(INSTALLATION) as connection:
            await connection.execute(
                "insert into person_key (vault, id, account, acting_vault, member, name, hostname, client,"
                " public_key, looking, second_factor, created_at, created_from, expires_at, network)"
                " values ($1, $2, $3, $4, membership_of($3, $4, $7), $5, 'laptop', 'tests', $6, false, true,"
                " $7, '127.0.0.9', $8, '127.0.0.9')",
                INSTALLATION,
                key,
                person.account,
                person.vault,
                self.name("laptop"),
                random_bytes(32),
                now,
                now + USUAL,
            )
        return key

    async def _share(self, state: State) -> NewShare:
        """Return the pending share, or a new one if it has ended (Q-1)."""
        core, owner, last = self.world.core, self.world.owner, self._shares.get(state)
        if last is None or (await read_share(core, owner, ShareId(last.share.id))).ended_at:
            value = self.world.markers.value("matrix")
            self._shares[state] = last = await create_share(core, owner, NewContent(text=value))
        return last

    async def _let_in(self, project: ProjectView, *secrets: SecretView) -> None:
        for machine in self.readers:
            await grant(self.world, machine, project, *secrets)
        for machine in self.bystanders:
            await grant(self.world, machine, project)

    async def _project(self) -> ProjectView:
        return await create_project(
            self.world.core,
            self.world.owner,
            name=self.name("project"),
            description=self.name("description"),
        )

    async def _enrollment_token(self) -> EnrollmentTokenMade:
        wanted = NewToken(
            name=self.name("token"),
            lifetime=86_400,
            terms=Terms(machine_lifetime=3600, max_uses=10),
        )
        made = await create_enrollment_token(self.world.core, self.world.owner, wanted)
        self.world.markers.note(made.token)
        return made

    async def _trust(self, state: State) -> TrustView:
        """Return the state's trusted issuer, or a new one if it was revoked: a vault can have only a few."""
        core, owner, last = self.world.core, self.world.owner, self._trusts.get(state)
        if last is None or (await read_trust(core, owner, last.id)).revoked_at:
            self._trusts[state] = last = await trust(self.world, ISSUER, name=self.name("issuer"))
        return last

    async def _webhook(self, state: State) -> tuple[str, str]:
        """Return the state's webhook, or a new one if it was deleted, and an ended delivery."""
        core, owner = self.world.core, self.world.owner
        there = {each.id for each in await list_webhooks(core, owner)}
        webhook = self._webhooks.get(state, "")
        if webhook not in there:
            wish = WebhookWish(name=self.name("webhook"), url="https://hooks.example/")
            made = await create_webhook(core, owner, wish, template=Template.STRONGROOM)
            self.world.markers.note(made.secret)
            self._webhooks[state] = webhook = made.webhook.id
        await update_webhook(core, owner, WebhookId(webhook), WebhookWish(enabled=True))
        delivery = await send_test_delivery(core, owner, WebhookId(webhook))
        async with core.database.transaction(owner.vault) as connection:
            await connection.execute(
                "update delivery set state = 'delivered', ended_at = created_at where id = $1",
                delivery.id,
            )
        return webhook, delivery.id

    async def _policy(self, project: ProjectView) -> PolicyView:
        core, owner = self.world.core, self.world.owner
        conditions = Conditions(ip_allowlist_enabled=True, ip_allowlist_cidrs=["127.0.0.0/8"])
        made = await create_policy(
            core, owner, project.id, name=self.name("policy"), conditions=conditions
        )
        return await enforce_policy(core, owner, made.id)

    async def _network(self, state: State) -> AllowlistEntryView:
        """Return the state's network of the IP allowlist, or a new one if it was removed."""
        core, owner, last = self.world.core, self.world.owner, self._networks.get(state)
        if last is None or last not in (await read_allowlist(core, owner)).entries:
            self._number += 1
            number = self._number
            network = f"10.{200 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"
            made = await create_allowlist_entry(core, owner, network=network)
            last = next(each for each in made.entries if each.network == f"{network}/32")
            self._networks[state] = last
        return last

    async def _canary(self, project: ProjectView) -> CanaryView:
        """Plant a canary that no machine can read."""
        return await self.world.canary(project, self.name("CANARY").upper().replace("-", "_"))

    async def _secret(self, project: ProjectView) -> tuple[SecretView, str]:
        """Create a secret with two versions; return it with its current value."""
        secret = await self.world.secret(project, self.name("SECRET").upper().replace("-", "_"))
        value = self.world.markers.value("matrix")
        await replace_secret(self.world.core, self.world.owner, secret.id, Content(value=value))
        return secret, value
