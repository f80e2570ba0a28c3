"""Lists a vault's members, and who can do what (O-1, U-1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strongroom_core.access import gate
from strongroom_core.access.actions.members import (
    MEMBER_VIEW,
    MEMBERS_VIEW,
    PROJECT_MEMBERS_VIEW,
)
from strongroom_core.access.delegation import can_manage
from strongroom_core.access.roles import NOBODY, authority_in, capabilities_of, right_names
from strongroom_core.accounts.identity import fold
from strongroom_core.db.conditions import Conditions
from strongroom_core.db.listing import Key, Listing, fetch_counted
from strongroom_core.kernel.authority import (
    Access,
    Authority,
    Capability,
    Place,
    ProjectCapability,
    VaultCapability,
)
from strongroom_core.kernel.errors import Invalid, NotFound
from strongroom_core.kernel.ids import ProjectId
from strongroom_core.kernel.names import require_searchable
from strongroom_core.members.stored_roles import vault_role_name
from strongroom_core.members.views import (
    Hanging,
    Holder,
    MemberInDetail,
    MemberStatus,
    MemberView,
    ProjectMember,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.page import CountedPage, PageRequest

_COLUMNS = """
m.id, m.account, m.username, m.account_active, m.vault_role, m.vault_role_name, m.capabilities, m.access_role,
m.access_role_name, m.status, m.joined_at, m.ends_at, m.suspended_at, m.last_active_at, m.code, m.passkey,
m.revision, m.roles
"""

MEMBERS = Listing(
    columns=_COLUMNS,
    source="members_in_scope() m",
    name=(Key("m.username_folded"),),
    id=Key("m.id"),
    sorts={
        "username": (),
        "vaultRole": (Key("coalesce(m.vault_role_name, m.vault_role)"),),
        "accessRole": (Key("m.access_role_name", nullable=True),),
        "joinedAt": (Key("m.joined_at", "timestamptz"),),
        "lastActiveAt": (Key("m.last_active_at", "timestamptz", nullable=True),),
    },
    default="username",
)

_STATUS = {
    MemberStatus.ACTIVE: (
        "m.account_active and m.status = 'active' and (m.ends_at is null or m.ends_at > {0})"
    ),
    MemberStatus.SUSPENDED: "m.account_active and m.status = 'suspended' and {0}::timestamptz is not null",
    MemberStatus.ENDED: "m.account_active and m.status = 'active' and m.ends_at <= {0}",
    MemberStatus.INACTIVE: "not m.account_active and {0}::timestamptz is not null",
}

# Projects and applications that an access role covers.
_OPENS = """
select count(*) as projects,
       count(*) filter (where $1 or p.id = any($2::varchar[]) or p.application = any($3::varchar[])) as opens
from project p where p.trashed_at is null and p.purge_ordered_at is null
"""

_HANGING = """
select (select count(*) from machine where approved_by = $2 and enabled) as machines_approved,
       (select count(*) from enrollment_token
        where created_by = $2 and revoked_at is null and expires_at > $3) as enrollment_tokens,
       (select count(*) from machine_token
        where created_by = $2 and used_at is null and expires_at > $3) as registration_tokens,
       (select count(*) from trust where created_by = $2 and revoked_at is null) as trusts,
       (select count(*) from webhook where created_by = $2 and enabled) as webhooks,
       (select count(*) from share where created_by = $1 and state = 'pending') as shares,
       (select count(*) from drop_box where created_by = $1 and state = 'pending') as drop_boxes,
       sessions_in_scope($1, $3) as sessions
"""

_PLACES = """
select p.id, p.name, p.application, p.environment, a.name as application_name
from project p left join application a on a.vault = p.vault and a.id = p.application
where p.trashed_at is null and p.purge_ordered_at is null
order by a.name_folded nulls first, p.name_folded, p.id
"""


async def list_members(
    core: Core,
    caller: Human,
    page: PageRequest,
    *,
    q: str | None = None,
    status: MemberStatus | None = None,
    vault_role: str | None = None,
    access_role: str | None = None,
) -> CountedPage[MemberView]:
    """Return the vault's members, by username unless `page` has another order.

    `q` is any part of a username. `access_role` is an ID, or `none` for members without one.
    """
    conditions = Conditions()
    if q:
        conditions.add(
            "position({0}::text in m.username_folded) > 0",
            fold(require_searchable(q, field="q")),
        )
    if vault_role:
        conditions.add("m.vault_role = {0}", vault_role)
    if access_role == "none":
        conditions.add_placed("m.access_role is null and m.vault_role <> 'owner'")
    elif access_role:
        conditions.add("m.access_role = {0}", access_role)
    async with gate.perform(core, caller, MEMBERS_VIEW) as act:
        if status is not None:
            conditions.add(_STATUS[status], act.at)
        return await fetch_counted(
            act.connection,
            MEMBERS,
            page,
            conditions,
            lambda row: view_of_member(row, caller, act.at),
        )


async def read_member(core: Core, caller: Human, member: str) -> MemberInDetail:
    """Return a member, what they can do, and what depends on them."""
    async with gate.perform(core, caller, MEMBER_VIEW, member) as act:
        row = await _member_row(act.connection, member)
        authority = authority_in(row["roles"])
        access = authority.access or Access()
        opens = await act.connection.fetchrow(
            _OPENS, access.everywhere, list(access.projects), list(access.applications)
        )
        hanging = await act.connection.fetchrow(_HANGING, row["account"], row["username"], act.at)
        if opens is None or hanging is None:
            raise RuntimeError("both statements return one row")
        return MemberInDetail(
            member=view_of_member(row, caller, act.at),
            hanging=Hanging.of_row(hanging),
            opens=opens["opens"],
            projects=opens["projects"],
            capabilities=sorted(authority.vault),
        )


async def list_project_members(
    core: Core, caller: Human, project: ProjectId
) -> list[ProjectMember]:
    """Return the members who can open a project, with their rights there, by username."""
    async with gate.perform(core, caller, PROJECT_MEMBERS_VIEW, project) as act:
        place = act.target.place
        if place is None:
            raise NotFound("project")
        rows = await _active_rows(act.connection, act.at)
        found: list[ProjectMember] = []
        for row in rows:
            access = authority_in(row["roles"]).access
            if access is not None and access.reaches(place):
                rights = right_names(access.rights_in(place.environment))
                found.append(ProjectMember(rights=rights, **_who(row)))
        return found


async def list_holders(core: Core, caller: Human, capability: str) -> list[Holder]:
    """Return the active members who have a capability, and where, by username. Raises `Invalid`."""
    wanted = capability_named(capability)
    async with gate.perform(core, caller, MEMBERS_VIEW) as act:
        rows = await _active_rows(act.connection, act.at)
        places: list[Row] = []
        if isinstance(wanted, ProjectCapability):
            places = await act.connection.fetch(_PLACES)
        seen = caller.authority.access or Access()
        visible = [each for each in places if seen.reaches(_place(each))]
        found: list[Holder] = []
        for row in rows:
            authority = authority_in(row["roles"])
            if isinstance(wanted, VaultCapability):
                if wanted in authority.vault:
                    found.append(Holder(everywhere=True, places=[], **_who(row)))
                continue
            holder = _holder(row, authority, wanted, visible)
            if holder is not None:
                found.append(holder)
        return found


def capability_named(name: str) -> Capability:
    """Return the capability with this name, of a vault role or else of an access role. Raises `Invalid`."""
    for kind in (VaultCapability, ProjectCapability):
        for each in kind:
            if each.value == name:
                return each
    raise Invalid("unknown capability; see the list of capabilities", field="capability")


def view_of_member(row: Mapping[str, Any], caller: Human, at: datetime) -> MemberView:
    """Return a member as this caller sees them."""
    you = row["account"] == caller.account
    role = row["vault_role"]
    capabilities = capabilities_of(role, row["capabilities"])
    manages = you or VaultCapability.MEMBERS_MANAGE in caller.authority.vault
    return MemberView(
        id=row["id"],
        username=row["username"],
        vault_role=role,
        vault_role_name=vault_role_name(role, row["vault_role_name"]),
        access_role=row["access_role"],
        access_role_name=row["access_role_name"],
        status=_status(row, at),
        joined_at=row["joined_at"],
        ends_at=row["ends_at"],
        suspended_at=row["suspended_at"],
        last_active_at=row["last_active_at"],
        second_factors=[kind for kind in ("code", "passkey") if row[kind]] if manages else None,
        you=you,
        manageable=not you and can_manage(caller.authority, role, capabilities),
        revision=row["revision"],
    )


async def member_in(connection: Connection, member: str, caller: Human, at: datetime) -> MemberView:
    """Return one member of the vault in scope. Raises `NotFound`."""
    return view_of_member(await _member_row(connection, member), caller, at)


def _status(row: Mapping[str, Any], at: datetime) -> MemberStatus:
    if not row["account_active"]:
        return MemberStatus.INACTIVE
    if row["status"] == "suspended":
        return MemberStatus.SUSPENDED
    ended = row["ends_at"] is not None and row["ends_at"] <= at
    return MemberStatus.ENDED if ended else MemberStatus.ACTIVE


async def _member_row(connection: Connection, member: str) -> Row:
    row = await connection.fetchrow(
        f"select {_COLUMNS} from {MEMBERS.source} where m.id = $1", member
    )
    if row is None:
        raise NotFound("member")
    return row


async def _active_rows(connection: Connection, at: datetime) -> list[Row]:
    active = _STATUS[MemberStatus.ACTIVE].format("$1")
    return await connection.fetch(
        f"select {_COLUMNS} from {MEMBERS.source} where {active} order by m.username_folded, m.id",
        at,
    )


def _who(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "member_id": row["id"],
        "username": row["username"],
        "vault_role": row["vault_role"],
        "vault_role_name": vault_role_name(row["vault_role"], row["vault_role_name"]),
        "access_role": row["access_role"],
        "access_role_name": row["access_role_name"],
    }


def _holder(
    row: Mapping[str, Any],
    authority: Authority,
    wanted: ProjectCapability,
    visible: Iterable[Mapping[str, Any]],
) -> Holder | None:
    """Return a member who has a capability of access roles somewhere, or None."""
    access = (authority or NOBODY).access
    if access is None or not _gives(access, wanted):
        return None
    uniform = access.everywhere and all(
        any(held is wanted for held, _ in access.rights_in(each))
        for each in (None, *access.overrides)
    )
    places = [_path(each) for each in visible if not uniform and access.kinds(wanted, _place(each))]
    return Holder(everywhere=uniform, places=places, **_who(row))


def _gives(access: Access, wanted: ProjectCapability) -> bool:
    return (access.everywhere or bool(access.applications or access.projects)) and any(
        held is wanted
        for environment in (None, *access.overrides)
        for held, _ in access.rights_in(environment)
    )


def _place(row: Mapping[str, Any]) -> Place:
    return Place(ProjectId(row["id"]), row["application"], row["environment"])


def _path(row: Mapping[str, Any]) -> str:
    application = row["application_name"]
    return row["name"] if application is None else f"{application}/{row['name']}"
