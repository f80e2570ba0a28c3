"""Shows what a member, or someone with certain roles, can see and do: *view as* (U-4).

The same functions decide as for the person themselves. The result contains only projects and secrets that the
caller can see too, so that a preview never reveals what the caller's own roles hide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.members import MEMBER_VIEW, ROLES_VIEW
from strongroom_core.access.roles import FULL_ACCESS, NOBODY, OWNER_ROLE, authority_in, right_names
from strongroom_core.kernel.authority import Access, Authority, Place, ProjectCapability
from strongroom_core.kernel.errors import NotFound
from strongroom_core.kernel.ids import ProjectId
from strongroom_core.members.access_roles import require_covered
from strongroom_core.members.stored_roles import (
    find_access_role,
    find_vault_role,
    vault_role_name,
)
from strongroom_core.members.views import Preview, PreviewProject, PreviewSecret

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.caller import Human
    from strongroom_core.members.access_roles import AccessWish

MOST_PROJECTS, MOST_SECRETS = 200, 200
"""How many projects, and how many secrets of one project, are listed. Counts show whether there are more."""

_MEMBER = """
select m.username, m.vault_role, m.vault_role_name, m.access_role_name, m.roles
from members_in_scope() m where m.id = $1
"""

_PROJECTS = """
select p.id, p.name, p.application, p.environment, a.name as application_name
from project p left join application a on a.vault = p.vault and a.id = p.application
where p.trashed_at is null and p.purge_ordered_at is null
order by a.name_folded nulls first, p.name_folded, p.id
"""

_COUNTS = """
select project, kind, count(*) as secrets from secret
where project = any($1) and trashed_at is null group by 1, 2
"""

_SECRETS = """
select id, name, kind from secret
where project = $1 and trashed_at is null and kind = any($2) order by name, id limit $3
"""


async def preview_member(
    core: Core, caller: Human, member: str, *, project: str | None = None
) -> Preview:
    """Return what a member can see and do; with `project`, also the secrets that they see there.

    A suspension or the end of a membership doesn't matter here. Raises `NotFound` for a project that the
    caller or the member can't open.
    """
    async with gate.perform(core, caller, MEMBER_VIEW, member) as act:
        row = await act.connection.fetchrow(_MEMBER, member)
        if row is None:
            raise NotFound("member")
        return await _preview(
            act.connection,
            caller,
            authority_in(row["roles"]),
            project,
            username=row["username"],
            vault_role=vault_role_name(row["vault_role"], row["vault_role_name"]),
            access_role=row["access_role_name"],
        )


async def preview_roles(
    core: Core,
    caller: Human,
    *,
    vault_role: str | None = None,
    access_role: str | None = None,
    project: str | None = None,
) -> Preview:
    """Return what someone with these roles could see and do. Raises `NotFound` for unknown roles."""
    async with gate.perform(core, caller, ROLES_VIEW) as act:
        role = await find_vault_role(act.connection, vault_role) if vault_role else None
        access = await find_access_role(act.connection, access_role) if access_role else None
        held = access.access if access else None
        authority = Authority(
            role.id if role else NOBODY.role,
            role.capabilities if role else NOBODY.vault,
            FULL_ACCESS if role and role.id == OWNER_ROLE else held,
        )
        return await _preview(
            act.connection,
            caller,
            authority,
            project,
            username=None,
            vault_role=role.name if role else None,
            access_role=access.name if access else None,
        )


async def preview_access(
    core: Core, caller: Human, wish: AccessWish, *, project: str | None = None
) -> Preview:
    """Return what someone with this access role could see and do, before it is saved.

    Raises what `create_access_role` raises for the same scope and rights, so that nobody can preview a role
    they couldn't create, and count what they can't see.
    """
    access = wish.access()
    async with gate.perform(core, caller, ROLES_VIEW) as act:
        await require_covered(act.connection, caller.authority, access)
        authority = Authority(NOBODY.role, NOBODY.vault, access)
        return await _preview(
            act.connection,
            caller,
            authority,
            project,
            username=None,
            vault_role=None,
            access_role=None,
        )


async def _preview(
    connection: Connection,
    caller: Human,
    authority: Authority,
    project: str | None,
    *,
    username: str | None,
    vault_role: str | None,
    access_role: str | None,
) -> Preview:
    access, own = authority.access or Access(), caller.authority.access or Access()
    opened = [each for each in await connection.fetch(_PROJECTS) if access.reaches(_place_of(each))]
    shown = [each for each in opened if own.reaches(_place_of(each))]
    listed = [each for each in shown if each["id"] == project] if project else shown
    if project and not listed:
        raise NotFound("project")
    counts: dict[tuple[str, str], int] = {}
    for row in await connection.fetch(_COUNTS, [each["id"] for each in listed[:MOST_PROJECTS]]):
        counts[row["project"], row["kind"]] = row["secrets"]
    return Preview(
        username=username,
        vault_role_name=vault_role,
        access_role_name=access_role,
        capabilities=sorted(authority.vault),
        opens=len(opened),
        hidden=len(opened) - len(shown),
        projects=[_project(each, access, own, counts) for each in listed[:MOST_PROJECTS]],
        secrets=await _secrets(connection, listed[0], access, own) if project else [],
    )


async def _secrets(
    connection: Connection, project: Row, access: Access, own: Access
) -> list[PreviewSecret]:
    place = _place_of(project)
    kinds = _seen_kinds(access, own, place)
    rows = await connection.fetch(_SECRETS, project["id"], sorted(kinds), MOST_SECRETS)
    return [PreviewSecret.of_row(row) for row in rows]


def _project(
    row: Row, access: Access, own: Access, counts: dict[tuple[str, str], int]
) -> PreviewProject:
    place, application = _place_of(row), row["application_name"]
    return PreviewProject(
        id=row["id"],
        name=row["name"] if application is None else f"{application}/{row['name']}",
        environment=row["environment"],
        rights=right_names(access.rights_in(place.environment)),
        secrets=sum(counts.get((row["id"], kind), 0) for kind in _seen_kinds(access, own, place)),
    )


def _seen_kinds(access: Access, own: Access, place: Place) -> frozenset[str]:
    """Return the kinds of secret that both this access role and the caller can see at this place."""
    needed = ProjectCapability.SECRETS_VIEW
    return frozenset(access.kinds(needed, place) & own.kinds(needed, place))


def _place_of(row: Row) -> Place:
    return Place(ProjectId(row["id"]), row["application"], row["environment"])
