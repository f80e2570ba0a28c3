"""Access roles: a scope, and rights in it (O-2), edited under the rules of delegation (O-3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.members import (
    ACCESS_ROLE_CREATE,
    ACCESS_ROLE_DELETE,
    ACCESS_ROLE_UPDATE,
    ACCESS_ROLE_VIEW,
    ROLES_VIEW,
)
from strongroom_core.access.delegation import (
    can_manage,
    holds_all,
    is_owner,
    refuse_access,
)
from strongroom_core.access.roles import PRESETS, RIGHT_NAMES, right_names, rights_named
from strongroom_core.crypto.random import new_id
from strongroom_core.db.conflicts import name_taken_as
from strongroom_core.kernel.authority import Access, VaultCapability
from strongroom_core.kernel.authority import Place as Located
from strongroom_core.kernel.errors import Changed, Conflict, Invalid, NotFound, Refused
from strongroom_core.kernel.ids import ApplicationId, ProjectId
from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_core.kernel.names import folded, require_name
from strongroom_core.members.locked import lock_members, require_still
from strongroom_core.members.stored_roles import (
    access_in,
    applications_of,
    describe_access,
    find_access_role,
    find_vault_role,
    gained_and_lost,
)
from strongroom_core.members.views import AccessRoles, AccessRoleView, Place, Preset
from strongroom_wire.errors import Code

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.authority import Authority
    from strongroom_core.kernel.caller import Human

MOST_ROLES = 200
"""How many access roles a vault can have, and how many custom vault roles."""
MOST_PLACES = 500
"""How many applications and projects a scope can list."""
MOST_OVERRIDES = 50

_TAKEN = "an access role with this name already exists; choose another name"

_ROLES = """
select r.id, r.name, r.everywhere, r.applications, r.projects, r.rights, r.overrides, r.revision,
       (select count(*) from member m where m.access_role = r.id) as members,
       (select count(*) from invitation i where i.access_role = r.id) as invitations
from access_role r
"""

_INSERT = """
insert into access_role
    (vault, id, name, name_folded, everywhere, applications, projects, rights, overrides, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::jsonb, $10)
"""

_UPDATE = """
update access_role set name = $2, name_folded = $3, everywhere = $4, applications = $5, projects = $6,
    rights = $7, overrides = $8::text::jsonb, revision = revision + 1
where id = $1
"""

_SCOPE = """
select a.id, a.name, null as application, 'application' as kind from application a where a.id = any($1)
union all
select p.id, coalesce(a.name || '/', '') || p.name, p.application, 'project'
from project p left join application a on a.id = p.application
where p.id = any($2) and p.trashed_at is null and p.purge_ordered_at is null
order by 2, 1
"""

_HOLDERS = """
select m.account, m.username, m.vault_role from members_in_scope() m where m.access_role = $1
order by m.username_folded
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessWish:
    """What an access role gives: everything, or lists of IDs; the names of its rights; its overrides."""

    everywhere: bool = False
    applications: Sequence[str] = ()
    projects: Sequence[str] = ()
    rights: Sequence[str] = ()
    overrides: Mapping[str, Sequence[str]] = field(default_factory=dict[str, "Sequence[str]"])

    def access(self) -> Access:
        """Return the scope and rights. Raises `Invalid`."""
        if self.everywhere and (self.applications or self.projects):
            raise Invalid(
                "a scope is everything, or a list of applications and projects, not both",
                field="everywhere",
            )
        if len(self.applications) + len(self.projects) > MOST_PLACES:
            raise Invalid(
                f"a scope can list at most {MOST_PLACES} applications and projects",
                field="projectIds",
            )
        if len(self.overrides) > MOST_OVERRIDES:
            raise Invalid(
                f"at most {MOST_OVERRIDES} environments can have separate rights",
                field="overrides",
            )
        for environment in self.overrides:
            require_name(environment, field="overrides", most=NAME_LENGTH)
        return Access(
            everywhere=self.everywhere,
            applications=frozenset(map(ApplicationId, self.applications)),
            projects=frozenset(map(ProjectId, self.projects)),
            rights=_rights(self.rights, "rights"),
            overrides={
                name: _rights(rights, "overrides") for name, rights in self.overrides.items()
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRoleWish(AccessWish):
    """An access role to write."""

    name: str

    def access(self) -> Access:
        """Return the scope and rights. Raises `Invalid`."""
        require_name(self.name, field="name", most=NAME_LENGTH)
        return AccessWish.access(self)


async def list_access_roles(core: Core, caller: Human) -> AccessRoles:
    """Return the vault's access roles by name, and the presets. There are at most 200."""
    async with gate.perform(core, caller, ROLES_VIEW) as act:
        rows = await act.connection.fetch(f"{_ROLES} order by r.name_folded, r.id")
        scopes = await _scopes(act.connection, rows)
        return AccessRoles(
            items=[_view(row, scopes, caller) for row in rows],
            rights=list(RIGHT_NAMES),
            presets=[
                Preset(name=name, rights=right_names(rights)) for name, rights in PRESETS.items()
            ],
        )


async def read_access_role(core: Core, caller: Human, role: str) -> AccessRoleView:
    """Return one access role."""
    async with gate.perform(core, caller, ACCESS_ROLE_VIEW, role) as act:
        return await _role_in(act.connection, role, caller)


async def create_access_role(core: Core, caller: Human, wish: AccessRoleWish) -> AccessRoleView:
    """Create an access role.

    Raises `Refused` if it has a right that the caller lacks, `NotFound` for an unknown application or
    project, `NameTaken`, `Invalid`, and `Conflict` in a personal vault or for the 201st role.
    """
    access = wish.access()
    async with gate.perform(core, caller, ACCESS_ROLE_CREATE) as act:
        authority = await lock_members(act, caller)
        require_still(authority, VaultCapability.ACCESS_ROLES_AUTHOR)
        await require_covered(act.connection, authority, access)
        if await act.connection.fetchval("select count(*) from access_role") >= MOST_ROLES:
            raise Conflict(f"a vault can have at most {MOST_ROLES} access roles; delete some first")
        role = new_id("arole")
        with name_taken_as(_TAKEN):
            await act.connection.execute(
                _INSERT, act.vault, role, wish.name, folded(wish.name), *_columns(access), act.at
            )
        act.concerns(ObjectKind.ACCESS_ROLE, role, wish.name)
        act.record(given=describe_access(access))
        return await _role_in(act.connection, role, caller)


async def update_access_role(
    core: Core, caller: Human, role: str, wish: AccessRoleWish, *, if_match: int | None = None
) -> AccessRoleView:
    """Replace an access role's definition. Takes effect with its members' next requests.

    Raises what `create_access_role` raises, `Changed`, and `Refused` for the caller's own role, for one that
    has or had a right that the caller lacks, and for one of members whom the caller can't manage.
    """
    access = wish.access()
    async with gate.perform(core, caller, ACCESS_ROLE_UPDATE, role) as act:
        authority = await lock_members(act, caller)
        require_still(authority, VaultCapability.ACCESS_ROLES_AUTHOR)
        before = await find_access_role(act.connection, role)
        await _require_revision(act, "access_role", if_match)
        await require_covered(act.connection, authority, before.access, existing=True)
        await require_covered(act.connection, authority, access, known=before.access)
        holders = await _require_holders_below(act, authority, caller, role)
        with name_taken_as(_TAKEN):
            await act.connection.execute(
                _UPDATE, role, wish.name, folded(wish.name), *_columns(access)
            )
        act.record(
            members=holders,
            **gained_and_lost(describe_access(before.access), describe_access(access)),
        )
        if wish.name != before.name:
            act.record(renamed_from=before.name, renamed_to=wish.name)
        return await _role_in(act.connection, role, caller)


async def delete_access_role(
    core: Core, caller: Human, role: str, *, if_match: int | None = None
) -> None:
    """Delete an access role. Raises `Conflict`, with the names, while members or invitations have it."""
    async with gate.perform(core, caller, ACCESS_ROLE_DELETE, role) as act:
        authority = await lock_members(act, caller)
        require_still(authority, VaultCapability.ACCESS_ROLES_AUTHOR)
        before = await find_access_role(act.connection, role)
        await _require_revision(act, "access_role", if_match)
        await require_covered(act.connection, authority, before.access, existing=True)
        await require_unused(act, authority, "access_role", role)
        await act.connection.execute("delete from access_role where id = $1", role)
        act.record(taken=describe_access(before.access))


async def require_unused(act: gate.Act, authority: Authority, column: str, role: str) -> None:
    """Raise `Conflict`, with the first names, if a member or an invitation has this role.

    The addresses of invitations are named only to someone who can list invitations.
    """
    members = await act.connection.fetch(
        f"select m.username as name from members_in_scope() m where m.{column} = $1"
        " order by m.username_folded",
        role,
    )
    invited = await act.connection.fetch(
        f"select address as name from invitation where {column} = $1 order by address_folded", role
    )
    names = [row["name"] for row in members]
    if VaultCapability.MEMBERS_INVITE in authority.vault:
        names += [f"the invitation to {row['name']}" for row in invited]
    elif invited:
        names.append("1 invitation" if len(invited) == 1 else f"{len(invited)} invitations")
    if names:
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""  # noqa: PLR2004
        raise Conflict(
            f"this role is in use by {', '.join(names[:5])}{more}; give them another role first"
        )


async def _require_revision(act: gate.Act, table: str, if_match: int | None) -> None:
    """Compare the current revision, because the target was read before the lock."""
    if if_match is None:
        return
    now = await act.connection.fetchval(
        f"select revision from {table} where id = $1", act.target.id
    )
    if now != act.target.revision:
        raise Changed
    act.require_revision(if_match)


async def require_covered(
    connection: Connection,
    authority: Authority,
    access: Access,
    *,
    existing: bool = False,
    known: Access | None = None,
) -> None:
    """Raise `Refused` unless the caller has every right of this role, and `NotFound` for unknown places.

    Places that the role already has (`known`) may have been deleted since.
    """
    if not existing:
        await _require_places(connection, authority, access, known or Access())
    applications = await applications_of(connection, access.projects)
    refusal = refuse_access(authority, access, applications)
    if refusal is not None:
        raise refusal


async def _require_places(
    connection: Connection, authority: Authority, access: Access, known: Access
) -> None:
    """Raise `NotFound` for an application or project that doesn't exist, or not for the caller.

    Nobody learns from the error whether a project outside their own access exists.
    """
    rows = await connection.fetch(_SCOPE, list(access.applications), list(access.projects))
    own = authority.access or Access()
    seen = {row["id"] for row in rows if _sees(own, row)}
    new = (access.applications - known.applications) | (access.projects - known.projects)
    if not new <= seen:
        kinds = {row["id"]: row["kind"] for row in rows}
        missing = min(new - seen)
        is_project = missing in access.projects
        raise NotFound(kinds.get(missing, "project" if is_project else "application"))


async def _require_holders_below(
    act: gate.Act, authority: Authority, caller: Human, role: str
) -> list[str]:
    """Raise `Refused` if the caller or someone whom they can't manage has this role; return the names."""
    names: list[str] = []
    for row in await act.connection.fetch(_HOLDERS, role):
        if row["account"] == caller.account:
            raise Refused(Code.NO_CAPABILITY, "nobody can edit their own role; ask an owner")
        held = await find_vault_role(act.connection, row["vault_role"])
        if not is_owner(authority) and not can_manage(authority, held.id, held.capabilities):
            raise Refused(
                Code.NO_CAPABILITY,
                "a member whom you can't manage has this role; ask an owner to edit it",
            )
        names.append(row["username"])
    return names


def _rights(names: Sequence[str], told: str) -> Any:
    try:
        return rights_named(names)
    except ValueError:
        raise Invalid(
            f"{told} contains an unknown right; see `rights` in the list of access roles",
            field=told,
        ) from None


def _columns(access: Access) -> tuple[object, ...]:
    overrides = {name: right_names(rights) for name, rights in sorted(access.overrides.items())}
    return (
        access.everywhere,
        sorted(access.applications),
        sorted(access.projects),
        right_names(access.rights),
        msgspec.json.encode(overrides).decode(),
    )


async def _role_in(connection: Connection, role: str, caller: Human) -> AccessRoleView:
    row = await connection.fetchrow(f"{_ROLES} where r.id = $1", role)
    if row is None:
        raise NotFound("access role")
    return _view(row, await _scopes(connection, [row]), caller)


async def _scopes(connection: Connection, rows: Sequence[Row]) -> dict[str, Row]:
    """Return the live applications and projects that these roles list, by ID."""
    applications = sorted({each for row in rows for each in row["applications"]})
    projects = sorted({each for row in rows for each in row["projects"]})
    found = await connection.fetch(_SCOPE, applications, projects)
    return {row["id"]: row for row in found}


def _view(row: Row, scopes: Mapping[str, Row], caller: Human) -> AccessRoleView:
    access, own = access_in(row), caller.authority.access or Access()
    listed = [scopes[each] for each in (*row["applications"], *row["projects"]) if each in scopes]
    seen = sorted(
        (each for each in listed if _sees(own, each)), key=lambda each: (each["name"], each["id"])
    )
    belongs = {
        ProjectId(each["id"]): ApplicationId(each["application"])
        for each in listed
        if each["application"] is not None
    }
    return AccessRoleView(
        id=row["id"],
        name=row["name"],
        everywhere=access.everywhere,
        applications=[_shown(each) for each in seen if each["kind"] == "application"],
        projects=[_shown(each) for each in seen if each["kind"] == "project"],
        hidden=len(listed) - len(seen),
        rights=right_names(access.rights),
        overrides={name: right_names(rights) for name, rights in access.overrides.items()},
        members=row["members"],
        invitations=row["invitations"],
        assignable=holds_all(caller.authority.access, access, belongs),
        revision=row["revision"],
    )


def _sees(own: Access, row: Mapping[str, Any]) -> bool:
    """Whether the caller's access includes this application or project."""
    if row["kind"] == "application":
        return own.unlimited or (own.only is None and row["id"] in own.applications)
    return own.reaches(Located(ProjectId(row["id"]), row["application"], None))


def _shown(row: Mapping[str, Any]) -> Place:
    return Place(id=row["id"], name=row["name"])
