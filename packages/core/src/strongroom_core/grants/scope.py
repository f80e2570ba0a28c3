"""Access that is chosen before a machine exists: projects and secrets (M-4, M-5).

The person who chooses it needs the same permissions as for attaching and granting later.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.machines import GRANTS_SET, MACHINE_ATTACH
from strongroom_core.access.decide import decide
from strongroom_core.access.targets import Target
from strongroom_core.access.visible import project_exists, secret_exists
from strongroom_core.crypto.random import new_id
from strongroom_core.grants.changes import given_and_taken, grants_of_machine
from strongroom_core.kernel.authority import Place, SecretKind
from strongroom_core.kernel.errors import Invalid, NotFound, Refused
from strongroom_wire.errors import Code

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from strongroom_core.access.entry import Detail
    from strongroom_core.access.gate import Act
    from strongroom_core.db.conditions import Conditions
    from strongroom_core.db.connection import Row
    from strongroom_core.db.listing import Listing
    from strongroom_core.kernel.caller import Caller
    from strongroom_core.kernel.errors import StrongroomError

MOST_PROJECTS = 50
MOST_SECRETS = 2000

# The same locks as in `grants/manage.py`, so that nothing is deleted in the meantime.
_PROJECTS = """
select p.id, p.name, p.application, p.environment from project p
where p.id = any($1::varchar[]) and p.trashed_at is null order by p.id for share
"""

_SECRETS = """
select s.id, s.kind, s.project, concat_ws('/', a.name, p.name, s.name) as path
from secret s
join project p on p.vault = s.vault and p.id = s.project and p.trashed_at is null
left join application a on a.vault = p.vault and a.id = p.application
where s.id = any($1::varchar[]) and s.trashed_at is null order by s.id for share of s
"""

_ATTACH = """
insert into attachment (vault, id, machine, project, attached_at, attached_by)
select $1, t.id, $2, t.project, $3, $4 from unnest($5::varchar[], $6::varchar[]) as t(id, project)
"""

_GIVE = """
insert into secret_grant (vault, id, machine, secret, project, granted_at, granted_by)
select $1, t.id, $2, t.secret, t.project, $3, $4
from unnest($5::varchar[], $6::varchar[], $7::varchar[]) as t(id, secret, project)
"""

# The scope of a token or trust `t`, limited to what exists for the caller. `{secret}` and `{project}` are the
# conditions that the secret `s` and the project `p` do.
SCOPE_SEEN = """
        array(select given.id from unnest(t.projects) with ordinality as given(id, number)
              left join project p on p.vault = t.vault and p.id = given.id
              where {project} order by given.number) as project_ids,
        array(select given.id from unnest(t.secrets) with ordinality as given(id, number)
              left join secret s on s.vault = t.vault and s.id = given.id
              left join project p on p.vault = s.vault and p.id = s.project
              where {secret} order by given.number) as secret_ids,
        (select coalesce(array_agg(concat_ws('/', a.name, p.name) order by a.name, p.name), '{{}}')
         from project p left join application a on a.vault = p.vault and a.id = p.application
         where p.id = any(t.projects) and p.trashed_at is null and {project}) as project_names,
        (select count(*) from secret s join project p on p.vault = s.vault and p.id = s.project
         where s.id = any(t.secrets) and s.trashed_at is null and {secret}) as secrets
"""


# Projects and secrets in the trash count, because restoring them restores the access.
_HELD = """
select p.id, p.name, p.application, p.environment,
       array(select distinct s.kind from secret_grant g join secret s on s.vault = g.vault and s.id = g.secret
             where g.machine = a.machine and g.project = a.project) as kinds
from attachment a join project p on p.vault = a.vault and p.id = a.project
where a.machine = $1 order by p.id
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """The projects to attach a machine to, and the secrets there to grant it."""

    projects: Sequence[str] = ()
    secrets: Sequence[str] = ()


def scope_seen_by(caller: Caller, conditions: Conditions, listing: Listing) -> Listing:
    """Return a list with `SCOPE_SEEN` among its columns as the caller sees it."""
    return listing.filled(
        secret=secret_exists(conditions, caller), project=project_exists(conditions, caller)
    )


async def with_projects(act: Act, scope: Scope) -> Scope:
    """Add the secrets' projects, because granting manually also attaches the machine."""
    rows = await act.connection.fetch(
        "select distinct project from secret where id = any($1::varchar[])", scope.secrets
    )
    more = [row["project"] for row in rows if row["project"] not in scope.projects]
    return Scope([*scope.projects, *more], scope.secrets)


async def require_scope(act: Act, scope: Scope) -> Detail:
    """Check that the caller could grant this access now. Returns the details for the event.

    Raises `NotFound` for a project or secret that doesn't exist for the caller, `Refused` if the caller can't
    attach machines or change access there, and `Invalid` for a secret outside the projects, for duplicates,
    and for more than 50 projects or 2,000 secrets.
    """
    _require_few(scope)
    projects = await act.connection.fetch(_PROJECTS, scope.projects)
    _require_all("project", scope.projects, [row["id"] for row in projects])
    secrets = await act.connection.fetch(_SECRETS, scope.secrets)
    _require_all("secret", scope.secrets, [row["id"] for row in secrets])
    kinds: dict[str, set[SecretKind]] = defaultdict(set)
    for row in secrets:
        if row["project"] not in scope.projects:
            raise Invalid("every secret must be in one of the projects", field="secretIds")
        kinds[row["project"]].add(SecretKind(row["kind"]))
    for row in projects:
        for refusal in _refusals(act, row, kinds[row["id"]]):
            raise refusal
    return {
        "projects": [row["name"] for row in projects],
        "project_ids": [row["id"] for row in projects],
        "given": sorted(row["path"] for row in secrets),
        "secret_ids": [row["id"] for row in secrets],
    }


async def require_access_of(act: Act, machine: UUID) -> None:
    """Raise `Refused` unless the caller could give someone all access that this machine has."""
    for row in await act.connection.fetch(_HELD, machine):
        if _refusals(act, row, map(SecretKind, row["kinds"])):
            raise Refused(
                Code.NO_CAPABILITY,
                "that machine has access that you can't give to another one; ask the vault's owner",
            )


def _refusals(act: Act, project: Row, kinds: Iterable[SecretKind]) -> list[StrongroomError]:
    """Return why the caller can't attach machines to this project, or grant these kinds of secrets there."""
    place = Place(project["id"], project["application"], project["environment"])
    target = Target(ObjectKind.PROJECT, project["id"], project["name"], 1, place=place)
    decided = [decide(act.caller, MACHINE_ATTACH, target, now=act.at)]
    decided += [
        decide(act.caller, GRANTS_SET, target, now=act.at, kind=kind) for kind in sorted(kinds)
    ]
    return [refusal for refusal in decided if refusal is not None]


async def give_scope(act: Act, machine: UUID, scope: Scope) -> Detail:
    """Attach a new machine, and grant the part of its scope that still exists. Returns the event's details.

    `require_scope` checked the access earlier. Anything that has been deleted since is skipped.
    """
    connection, by = act.connection, act.actor[2]
    projects = [row["id"] for row in await connection.fetch(_PROJECTS, scope.projects)]
    secrets = [
        row for row in await connection.fetch(_SECRETS, scope.secrets) if row["project"] in projects
    ]
    attachments = [new_id("att") for _ in projects]
    await connection.execute(_ATTACH, act.vault, machine, act.at, by, attachments, projects)
    await connection.execute(
        _GIVE,
        act.vault,
        machine,
        act.at,
        by,
        [new_id("gra") for _ in secrets],
        [row["id"] for row in secrets],
        [row["project"] for row in secrets],
    )
    held = await grants_of_machine(connection, machine)
    return {"project_ids": projects, **given_and_taken([], held, paths=True)}


def _require_few(scope: Scope) -> None:
    for ids, most, field in (
        (scope.projects, MOST_PROJECTS, "projectIds"),
        (scope.secrets, MOST_SECRETS, "secretIds"),
    ):
        if len(ids) > most:
            raise Invalid(f"at most {most:,} {field.removesuffix('Ids')}s", field=field)
        if len(set(ids)) < len(ids):
            raise Invalid(f"a {field.removesuffix('Ids')} is repeated", field=field)


def _require_all(what: str, wanted: Sequence[str], found: Sequence[str]) -> None:
    if len(found) < len(wanted):
        raise NotFound(what)
