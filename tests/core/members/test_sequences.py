"""Random sequences of edits: nobody ever holds anything that the owner didn't give (O-3).

The expectation doesn't use the rules of delegation. It watches what people hold. Whatever people hold after
an edit by an owner counts as given. After an edit by anyone else, nobody may hold anything that was never
given, and nobody may have gained anything that its author didn't hold, except in a project that the edit
itself created. A pending invitation counts as a person.

`STRONGROOM_SEQUENCES` is the number of sequences, of up to 50 edits each. They share a database, and several
vaults are edited at once. A vault is started over by copying its rows back, and one statement reads it after
each edit. Otherwise, the proof would take hours.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from random import Random  # noqa: TID251 -- reproducible choices of a test
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from strongroom_core.access.roles import BUILT_IN, RIGHT_NAMES, authority_of
from strongroom_core.db.connection import connect
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.errors import StrongroomError
from strongroom_core.members.access_roles import (
    AccessRoleWish,
    create_access_role,
    delete_access_role,
    update_access_role,
)
from strongroom_core.members.invite import (
    invite_member,
    resend_invitation,
    withdraw_invitation,
)
from strongroom_core.members.joining import accept_invitation
from strongroom_core.members.manage import (
    MemberChanges,
    remove_member,
    resume_member,
    suspend_member,
    update_member,
)
from strongroom_core.members.ownership import leave_vault, transfer_ownership
from strongroom_core.members.vault_roles import (
    create_vault_role,
    delete_vault_role,
    update_vault_role,
)
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.change import move_project
from strongroom_core.projects.create import create_project
from strongroom_core.projects.trash import delete_project, restore_project
from strongroom_testkit.members import make_guest, organize, outsider
from strongroom_testkit.people import confirm_address, make_person
from strongroom_testkit.plans import set_limits
from strongroom_testkit.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Iterator

    from strongroom_core.db.connection import OpenConnection
    from strongroom_core.kernel.caller import Human
    from strongroom_testkit.cluster import Cluster

NAMES = ("nina", "rosa", "sam", "piotr", "jonas")
ENVIRONMENTS = (None, "production", "staging")
EDITS = 50
SEQUENCES = 8
VAULTS = 4
"""How many vaults are edited at once."""
TABLES = (
    *("application", "project", "project_key"),
    *("vault_role", "access_role", "member", "invitation"),
)
"""What a sequence edits. A table comes after those that its rows refer to."""

Atom = tuple[str, ...]
"""A vault capability, or a right in a project. What someone holds is a set of these."""

# Ordered by names and not by IDs, which are random, so that a seed always makes the same sequence.
_STATE = """
select json_build_object(
    'members', (select coalesce(json_agg(json_build_array(
        m.account, m.vault_role, m.access_role, m.status, m.id,
        roles_of_member(m.vault, m.account, now())::text) order by a.username), '[]')
        from member m join account a on a.id = m.account where m.vault = $1),
    'invitations', (select coalesce(json_agg(json_build_array(
        i.id, i.vault_role, i.access_role, i.address) order by i.address), '[]')
        from invitation i where i.vault = $1),
    'vault_roles', (select coalesce(json_object_agg(r.id, r.capabilities order by r.name), '{}')
        from vault_role r where r.vault = $1),
    'access_roles', (select coalesce(json_object_agg(r.id, json_build_array(
        r.everywhere, r.applications, r.projects, r.rights, r.overrides) order by r.name), '{}')
        from access_role r where r.vault = $1),
    'projects', (select coalesce(json_agg(json_build_array(
        p.id, p.application, p.environment, p.trashed_at is not null, p.name) order by p.name), '[]')
        from project p where p.vault = $1),
    'applications', (select coalesce(json_agg(a.id order by a.name), '[]')
        from application a where a.vault = $1)
)::text
"""

_COLUMNS = """
select string_agg(quote_ident(column_name), ', ') from information_schema.columns
where table_schema = 'public' and table_name = $1 and is_generated = 'NEVER'
"""


@dataclass(slots=True)
class Now:
    """What the database contains."""

    members: list[list[Any]]
    invitations: list[list[Any]]
    vault_roles: dict[str, list[str]]
    access_roles: dict[str, list[Any]]
    projects: list[list[Any]]
    applications: list[str]

    def held(self) -> dict[str, set[Atom]]:
        """Return what each person who isn't an owner holds, by account or invitation."""
        found: dict[str, set[Atom]] = {}
        for who, vault_role, access_role, *_ in (*self.members, *self.invitations):
            if vault_role == "owner":
                continue
            names = self.vault_roles.get(vault_role)
            if names is None:
                names = [each.value for each in BUILT_IN[vault_role]]
            atoms: set[Atom] = {(name,) for name in names}
            role = self.access_roles.get(access_role or "")
            for project, application, environment, _, _ in self.projects if role else ():
                atoms |= {
                    (project, right) for right in _rights(role, project, application, environment)
                }
            found[who] = atoms
        return found


def _rights(
    role: list[Any] | None, project: str, application: str | None, environment: str | None
) -> list[str]:
    if role is None:
        return []
    everywhere, applications, projects, rights, overrides = role
    if not (everywhere or project in projects or application in applications):
        return []
    return overrides.get(environment, rights) if environment is not None else rights


@dataclass(slots=True)
class Sequence:
    """One sequence of edits in one vault."""

    lane: Lane
    random: Random
    now: Now
    handed_out: set[Atom] = field(default_factory=set[Atom])
    done: Counter[str] = field(default_factory=Counter[str])
    number: int = 0

    @property
    def guests(self) -> dict[str, Human]:
        """The people who can be invited."""
        return self.lane.guests

    def pick(self, some: Any) -> Any:
        """Return one of some, or None if there are none."""
        options = list(some)
        return self.random.choice(options) if options else None

    def name(self) -> str:
        """Return an unused name."""
        self.number += 1
        return f"name {self.number}"

    def wish(self, now: Now) -> AccessRoleWish:
        """Return a random access role."""
        everywhere = self.random.random() < 0.3
        rights = self.random.sample(RIGHT_NAMES, self.random.randint(0, 4))
        environment = self.pick(ENVIRONMENTS[1:])
        return AccessRoleWish(
            name=self.name(),
            everywhere=everywhere,
            applications=[] if everywhere else self._some(now.applications),
            projects=[] if everywhere else self._some(p[0] for p in now.projects if not p[3]),
            rights=rights,
            overrides={environment: self.random.sample(RIGHT_NAMES, 1)}
            if self.random.random() < 0.3
            else {},
        )

    def _some(self, ids: Any) -> list[str]:
        return [each for each in ids if self.random.random() < 0.4]

    def capabilities(self) -> list[str]:
        """Return some capabilities, and few enough that some roles are below others."""
        useful = [each.value for each in VaultCapability]
        return self.random.sample(useful, self.random.randint(1, 8))

    async def edit(  # noqa: C901, PLR0911, PLR0912 -- one for each kind
        self, caller: Human, now: Now, kind: str
    ) -> Awaitable[Any] | None:
        """Return an edit of this kind by this caller, or None if there is nothing to edit."""
        core = self.lane.world.core
        member = self.pick(each[4] for each in now.members)
        invitation, access = self.pick(now.invitations), self.pick(now.access_roles)
        vault_role = self.pick([*now.vault_roles, "admin", "developer", "collaborator"])
        custom, project = self.pick(now.vault_roles), self.pick(now.projects)
        match kind:
            case "invite":
                address = f"{self.pick(self.guests)}@example.org"
                return invite_member(
                    core, caller, address=address, vault_role=vault_role, access_role=access
                )
            case "accept" if invitation:
                guest = self.guests[invitation[3].partition("@")[0]]
                return accept_invitation(core, guest, invitation[0])
            case "resend" if invitation:
                return resend_invitation(core, caller, invitation[0])
            case "withdraw" if invitation:
                return withdraw_invitation(core, caller, invitation[0])
            case "update":
                roles = MemberChanges(
                    vault_role=self.pick([None, vault_role]),
                    access_role=self.pick([None, "", access]),
                )
                return update_member(core, caller, member, roles)
            case "suspend":
                return suspend_member(core, caller, member)
            case "resume" if suspended := [
                each[4] for each in now.members if each[3] == "suspended"
            ]:
                return resume_member(core, caller, self.pick(suspended))
            case "remove":
                return remove_member(core, caller, member)
            case "leave" if self.random.random() < 0.3:
                return leave_vault(core, caller)
            case "transfer":
                stay = self.random.random() < 0.5
                return transfer_ownership(core, caller, member, stay_owner=stay)
            case "new access role":
                return create_access_role(core, caller, self.wish(now))
            case "edit access role" if access:
                return update_access_role(core, caller, access, self.wish(now))
            case "delete access role" if access:
                return delete_access_role(core, caller, access)
            case "new vault role":
                return create_vault_role(
                    core, caller, name=self.name(), capabilities=self.capabilities()
                )
            case "edit vault role" if custom:
                return update_vault_role(
                    core, caller, custom, name=self.name(), capabilities=self.capabilities()
                )
            case "delete vault role" if custom:
                return delete_vault_role(core, caller, custom)
            case _:
                return self.place(caller, now, kind, project)

    def place(self, caller: Human, now: Now, kind: str, project: Any) -> Awaitable[Any] | None:
        """Return an edit of places."""
        core, application = self.lane.world.core, self.pick([None, *now.applications])
        environment = self.pick(ENVIRONMENTS if application is None else ENVIRONMENTS[1:])
        match kind:
            case "new project":
                return create_project(
                    core,
                    caller,
                    name=self.name(),
                    application=application,
                    environment=environment,
                )
            case "move" if project:
                return move_project(
                    core, caller, project[0], application=application, environment=environment
                )
            case "trash" if project:
                return delete_project(core, caller, project[0], confirm_name=project[4])
            case "restore" if trashed := [each[0] for each in now.projects if each[3]]:
                return restore_project(core, caller, self.pick(trashed))
            case _:
                return None

    async def step(self, kinds: tuple[str, ...]) -> None:
        """Make one edit as a random member, and check what everyone holds."""
        now, kind = self.now, self.pick(kinds)
        account, *_, roles = self.pick(now.members)
        if roles is None:  # suspended
            return
        world = self.lane.world
        caller = replace(
            outsider(world.core, account, self.lane.names[account]),
            vault=world.person.vault,
            authority=authority_of(roles),
        )
        edit = await self.edit(caller, now, kind)
        if edit is None:
            return
        try:
            await edit
        except StrongroomError:
            self.done[f"{kind}: refused"] += 1
            after = await self.lane.look()
            assert after == now, f"{kind} by {caller.username} was refused, but had an effect"
            return
        self.done[kind] += 1
        self.now = await self.lane.look()
        self.check(now, self.now, caller, kind)

    def check(self, before: Now, after: Now, caller: Human, kind: str) -> None:
        """Check the two invariants after an edit."""
        owners = [each for each in after.members if each[1] == "owner" and each[3] == "active"]
        assert owners, f"{kind} by {caller.username} left no active owner"
        held = after.held()
        everything = set[Atom]().union(*held.values())
        if caller.authority.role == "owner" and kind != "accept":
            self.handed_out |= everything
            return
        new = {each[0] for each in after.projects} - {each[0] for each in before.projects}
        self.handed_out |= {atom for atom in everything if atom[0] in new}
        had = before.held()
        # Accepting counts as an edit by the invitation: it gives what the invitation contains.
        gone = had.keys() - held.keys()
        giver = (
            set[Atom]().union(*(had[each] for each in gone))
            if kind == "accept"
            else had[caller.account]
        )
        for who, atoms in held.items():
            beyond = atoms - self.handed_out
            gained = {atom for atom in atoms - had.get(who, set()) - giver if atom[0] not in new}
            assert not beyond, f"{kind} by {caller.username}: {who} has {sorted(beyond)}"
            assert not gained, f"{kind} by {caller.username}: {who} has gained {sorted(gained)}"


KINDS = (
    *("invite", "invite", "accept", "accept", "accept", "resend", "withdraw"),
    *("update", "update", "update", "suspend", "resume", "remove", "leave", "transfer"),
    *("new access role", "edit access role", "edit access role", "delete access role"),
    *("new vault role", "edit vault role", "edit vault role", "delete vault role"),
    *("new project", "move", "move", "trash", "restore"),
)


@dataclass(slots=True)
class Lane:
    """A vault in which one sequence after another is made."""

    world: World
    guests: dict[str, Human]
    reader: OpenConnection
    """A connection that sees all vaults."""
    names: dict[str, str]
    again: str
    """The statements that put the first rows back."""

    @classmethod
    async def make(cls, world: World, guests: dict[str, Human], reader: OpenConnection) -> Lane:
        """Fill a vault with a few members and roles, and keep a copy of its rows."""
        core, owner, vault = world.core, world.owner, world.person.vault
        await organize(world)
        shop = await create_application(
            core, owner, name="shop", environments=["production", "staging"]
        )
        await create_application(core, owner, name="depot", environments=["production"])
        await create_project(core, owner, name="alone")
        wide = AccessRoleWish(name="Wide", everywhere=True, rights=RIGHT_NAMES)
        narrow = AccessRoleWish(
            name="Narrow",
            applications=[shop.id],
            rights=RIGHT_NAMES,
            overrides={"production": ["grants.manage"]},
        )
        roles = [(await create_access_role(core, owner, each)).id for each in (wide, narrow)]
        author = [each.value for each in BUILT_IN["admin"] | {VaultCapability.VAULT_ROLES_AUTHOR}]
        custom = await create_vault_role(core, owner, name="Author", capabilities=author)
        for name, role, access in (
            ("nina", custom.id, roles[0]),
            ("rosa", "admin", roles[1]),
            ("sam", "developer", None),
        ):
            sent = await invite_member(
                core, owner, address=f"{name}@example.org", vault_role=role, access_role=access
            )
            world.markers.note(sent.token or "")
            await accept_invitation(core, guests[name], sent.invitation.id)
        back: list[str] = []
        for table in TABLES:
            columns, copy = await reader.fetchval(_COLUMNS, table), f"start.{vault}_{table}"
            rows = f"select {columns} from {table} where vault = '{vault}'"
            await reader.execute(f"create table {copy} as {rows}")
            back.append(f"insert into {table} ({columns}) select {columns} from {copy}")
        gone = [f"delete from {each} where vault = '{vault}'" for each in reversed(TABLES)]
        names = {str(each.account): name for name, each in guests.items()}
        names[world.person.account] = world.person.username
        return cls(world, guests, reader, names, ";".join((*gone, *back)))

    async def start_over(self) -> None:
        """Put the vault's first rows back."""
        await self.reader.execute(self.again)

    async def look(self) -> Now:
        """Return what the vault contains."""
        found = await self.reader.fetchval(_STATE, self.world.person.vault)
        return Now(**msgspec.json.decode(found))

    async def run(self, seeds: Iterator[int]) -> Counter[str]:
        """Make a sequence for each seed; other lanes take seeds from the same iterator."""
        done = Counter[str]()
        for seed in seeds:
            await self.start_over()
            sequence = Sequence(self, Random(seed), await self.look())
            sequence.handed_out = set[Atom]().union(*sequence.now.held().values())
            try:
                for _ in range(EDITS):
                    await sequence.step(KINDS)
            except AssertionError as error:
                raise AssertionError(f"sequence {seed}: {error}") from None
            done += sequence.done
        return done


async def repeat(world: World, open_reader: Any, sequences: int) -> Counter[str]:
    """Make this many sequences, in several vaults at once."""
    core = world.core
    await set_limits(core, projects=None, members=None)
    guests = {name: await make_guest(core, name) for name in NAMES}
    for each in guests.values():
        await confirm_address(core, each.account)
    owners = [
        world.person,
        *[await make_person(core, f"owner-{n}", world.markers) for n in range(1, VAULTS)],
    ]
    readers: list[OpenConnection] = [await open_reader() for _ in owners]
    await readers[0].execute("create schema start")
    lanes = [
        await Lane.make(World(core, owner, world.markers), guests, reader)
        for owner, reader in zip(owners, readers, strict=True)
    ]
    seeds = iter(range(sequences))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(lane.run(seeds)) for lane in lanes]
    return sum((task.result() for task in tasks), Counter[str]())


@pytest.fixture
async def readers(cluster: Cluster, database: str) -> AsyncIterator[Any]:
    """A function that returns a superuser's connection to the database."""
    async with AsyncExitStack() as stack:

        async def open_one() -> OpenConnection:
            connection = await connect(cluster.administrator_url(database))
            stack.push_async_callback(connection.close)
            return connection

        yield open_one


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """People can invite as often as a sequence likes."""
    for limit in ("MOST", "INVITED_BY_ONE", "INVITED_TO_VAULT"):
        monkeypatch.setattr(f"strongroom_core.access.mail_limits.{limit}", 10**9)


@pytest.mark.usefixtures("unlimited")
async def test_nobody_holds_what_the_owner_did_not_hand_out(world: World, readers: Any) -> None:
    """O-3: in random sequences of edits, rights only come from someone who has them; an owner remains."""
    done = await repeat(world, readers, SEQUENCES)

    assert done["update"] > 0
    assert done["update: refused"] > 0
    assert done["accept"] > 0


def _allow(*_: object) -> None:
    """Allow everything."""


RULES = (
    "members.manage.refuse_role",
    "members.manage.refuse_access",
    "members.invite.refuse_access",
    "members.access_roles.refuse_access",
    "members.vault_roles.refuse_role",
)
"""Rules of delegation, without which people get things that the owner didn't give."""


@pytest.mark.prove
@pytest.mark.usefixtures("unlimited")
@pytest.mark.parametrize("rule", RULES)
async def test_without_a_rule_the_sequences_fail(
    world: World, readers: Any, monkeypatch: pytest.MonkeyPatch, rule: str
) -> None:
    """O-3: the test can fail: it notices that any one of these rules is missing."""
    monkeypatch.setattr(f"strongroom_core.{rule}", _allow)
    with pytest.RaisesGroup(pytest.RaisesExc(AssertionError, match="has")):
        await repeat(world, readers, 100)


@pytest.mark.prove
@pytest.mark.usefixtures("unlimited")
async def test_many_sequences(
    world: World, readers: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """O-3: the same, for 10,000 sequences."""
    sequences = int(os.environ.get("STRONGROOM_SEQUENCES", "10000"))
    done = await repeat(world, readers, sequences)
    with capsys.disabled():
        print(f"{sequences} sequences, {sum(done.values())} edits: {dict(sorted(done.items()))}")
