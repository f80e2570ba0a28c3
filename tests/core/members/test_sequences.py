"""Random sequences of edits: nobody ever holds anything that the owner didn't give (O-3).

The expectation doesn't use the rules of delegation. It watches what people hold. Whatever people hold after
an edit by an owner counts as given. After an edit by anyone else, nobody may hold anything that was never
given, and nobody may have gained anything that its author didn't hold, except in a project that the edit
itself created. A pending invitation counts as a person.

`STRONGROOM_SEQUENCES` is the number of sequences, of up to 50 edits each.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from random import Random  # noqa: TID251 -- reproducible choices of a test
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from strongroom_core.access.roles import BUILT_IN, RIGHT_NAMES
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
from strongroom_testkit.members import caller_of, make_guest, organize
from strongroom_testkit.plans import set_limits

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from strongroom_core.kernel.caller import Human
    from strongroom_testkit.world import World

NAMES = ("nina", "rosa", "sam", "piotr", "jonas")
ENVIRONMENTS = (None, "production", "staging")
EDITS = 50
SEQUENCES = 4

Atom = tuple[str, ...]
"""A vault capability, or a right in a project. What someone holds is a set of these."""

_STATE = """
select json_build_object(
    'members', (select coalesce(json_agg(json_build_array(
        m.account, m.vault_role, m.access_role, m.status, m.id)), '[]') from member m),
    'invitations', (select coalesce(json_agg(json_build_array(
        i.id, i.vault_role, i.access_role, i.address)), '[]') from invitation i),
    'vault_roles', (select coalesce(json_object_agg(r.id, r.capabilities), '{}') from vault_role r),
    'access_roles', (select coalesce(json_object_agg(r.id, json_build_array(
        r.everywhere, r.applications, r.projects, r.rights, r.overrides)), '{}') from access_role r),
    'projects', (select coalesce(json_agg(json_build_array(
        p.id, p.application, p.environment, p.trashed_at is not null, p.name)), '[]') from project p),
    'applications', (select coalesce(json_agg(a.id), '[]') from application a)
)::text
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

    world: World
    random: Random
    guests: dict[str, Human]
    handed_out: set[Atom] = field(default_factory=set[Atom])
    done: Counter[str] = field(default_factory=Counter[str])
    number: int = 0

    async def look(self) -> Now:
        """Return what the database contains."""
        async with self.world.core.database.transaction(self.world.person.vault) as connection:
            return Now(**msgspec.json.decode(await connection.fetchval(_STATE)))

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
        core = self.world.core
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
            case "resume":
                return resume_member(core, caller, member)
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
        core, application = self.world.core, self.pick([None, *now.applications])
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
            case "restore" if project:
                return restore_project(core, caller, project[0])
            case _:
                return None

    async def step(self, kinds: tuple[str, ...]) -> None:
        """Make one edit as a random member, and check what everyone holds."""
        now = await self.look()
        kind = self.pick(kinds)
        who = self.pick(now.members)
        by = "ada" if who[0] == self.world.person.account else self._name_of(who[0])
        caller = await caller_of(self.world, who[0], by)
        edit = await self.edit(caller, now, kind) if caller is not None else None
        if caller is None or edit is None:
            return
        try:
            await edit
        except StrongroomError:
            self.done[f"{kind}: refused"] += 1
            return
        self.done[kind] += 1
        after = await self.look()
        self.check(now, after, caller, kind)

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

    def _name_of(self, account: str) -> str:
        return next(name for name, guest in self.guests.items() if guest.account == account)


KINDS = (
    *("invite", "accept", "accept", "resend", "withdraw"),
    *("update", "update", "update", "suspend", "resume", "remove", "leave", "transfer"),
    *("new access role", "edit access role", "edit access role", "delete access role"),
    *("new vault role", "edit vault role", "edit vault role", "delete vault role"),
    *("new project", "move", "move", "trash", "restore"),
)


async def run(world: World, guests: dict[str, Human], seed: int) -> Counter[str]:
    """Start a vault over, with a few members and roles, and make one sequence of edits in it."""
    core, owner = world.core, world.owner
    sequence = Sequence(world, Random(seed), guests)
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
    for name, role, access in (("nina", custom.id, roles[0]), ("rosa", "admin", roles[1])):
        sent = await invite_member(
            core, owner, address=f"{name}@example.org", vault_role=role, access_role=access
        )
        await accept_invitation(core, guests[name], sent.invitation.id)
    sequence.handed_out = set[Atom]().union(*(await sequence.look()).held().values())
    for _ in range(EDITS):
        await sequence.step(KINDS)
    return sequence.done


async def start_over(world: World) -> None:
    """Remove everything but the owner."""
    async with world.core.database.transaction(world.person.vault) as connection:
        await connection.execute(
            "update member set vault_role = 'owner', custom_role = null, access_role = null,"
            " ends_at = null, status = 'active' where account = $1",
            world.person.account,
        )
        await connection.execute(
            "insert into member (vault, id, account, vault_role, status, joined_at)"
            " select $2, 'mem_aaaaaaaaaaaaaaaa', $1::varchar, 'owner', 'active', $3"
            " where not exists (select from member where account = $1::varchar)",
            world.person.account,
            world.person.vault,
            world.core.clock.now(),
        )
        await connection.execute("delete from member where account <> $1", world.person.account)
        for table in (
            "invitation",
            "access_role",
            "vault_role",
            "project_key",
            "project",
            "application",
        ):
            await connection.execute(f"delete from {table}")


async def prepared(world: World) -> dict[str, Human]:
    await organize(world)
    await set_limits(world.core, projects=None, members=None)
    return {name: await make_guest(world.core, name) for name in NAMES}


async def repeat(world: World, sequences: int) -> Counter[str]:
    guests, done = await prepared(world), Counter[str]()
    for seed in range(sequences):
        await start_over(world)
        try:
            done += await run(world, guests, seed)
        except AssertionError as error:
            raise AssertionError(f"sequence {seed}: {error}") from None
    return done


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address can be invited as often as a sequence likes."""
    monkeypatch.setattr("strongroom_core.access.mail_limits.MOST", 10**9)


@pytest.mark.usefixtures("unlimited")
async def test_nobody_holds_what_the_owner_did_not_hand_out(world: World) -> None:
    """O-3: in random sequences of edits, rights only come from someone who has them; an owner remains."""
    done = await repeat(world, SEQUENCES)

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
    world: World, monkeypatch: pytest.MonkeyPatch, rule: str
) -> None:
    """O-3: the test can fail: it notices that any one of these rules is missing."""
    monkeypatch.setattr(f"strongroom_core.{rule}", _allow)
    with pytest.raises(AssertionError, match="has"):
        await repeat(world, 40)


@pytest.mark.prove
@pytest.mark.usefixtures("unlimited")
async def test_many_sequences(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """O-3: the same, for 10,000 sequences."""
    sequences = int(os.environ.get("STRONGROOM_SEQUENCES", "10000"))
    done = await repeat(world, sequences)
    with capsys.disabled():
        print(f"{sequences} sequences, {sum(done.values())} edits: {dict(sorted(done.items()))}")
