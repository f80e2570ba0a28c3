"""Finds applications, projects, secrets and machines by any part of a word (V-6).

An object's words come from its name, description or note, environment, tags, hostname and address; case
doesn't matter. A search word with one or two characters is found only at the beginning of a word. For
example, `ripe_sec` finds `STRIPE_SECRET_KEY`, as does `key str`, but `ey` doesn't. An ID is found by its
beginning. Search doesn't find objects that are in the trash or that the user can't see. The rule is in
`schema/functions/search.sql`, and lists use the same rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.audit import VAULT_SEARCH
from strongroom_core.access.visible import application_exists
from strongroom_core.db.conditions import Conditions
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.limits import SEARCH_LENGTH
from strongroom_core.kernel.names import folded, require_searchable
from strongroom_core.overview.reach import Reached, reached_by
from strongroom_core.overview.views import Found, FoundKind, Offered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import ApplicationId

MOST = 20

# The lookup returns only IDs. The name of each found object is then read by its ID, with the caller's role
# and vault. Joins would read every secret and machine.
_FIND = """
select f.kind, f.id, named.project, named.name
from find_matching($1, $2, $3, $4, $5, $6) with ordinality as f(kind, id, place)
cross join lateral (
    select null as project, a.name from application a where f.kind = 'application' and a.id = f.id
    union all
    select null, p.name from project p where f.kind = 'project' and p.id = f.id
    union all
    select s.project, s.name from secret s where f.kind = 'secret' and s.id = f.id
    union all
    select null, m.name from machine m where m.id = case f.kind when 'machine' then f.id::uuid end
) named
order by f.place
"""


_IN_PROJECTS = """
select 'secret' as kind, s.id, s.project, s.name
from unnest($1::text[], $2::text[]) as place(project, begins) join secret s using (project)
where s.project || ':' || s.kind = any($3) and s.trashed_at is null
  and starts_with(s.name_folded, place.begins)
order by s.name_folded limit $4
"""

_OFFERED = """
select w.project, s.id, s.name from unnest($1::text[]) with ordinality as w(project, place)
cross join lateral (
    select s.id, s.name, s.name_folded from secret s
    where s.project = w.project and s.trashed_at is null and s.project || ':' || s.kind = any($2)
    order by s.name_folded, s.id limit $3
) s
order by w.place, s.name_folded, s.id
"""


async def list_offered(core: Core, caller: Human, *, projects: int, secrets: int) -> list[Offered]:
    """Return up to `projects` projects by path, with up to `secrets` secrets of each, as choices in a form.

    This takes one query, however many projects there are.
    """
    async with gate.perform(core, caller, VAULT_SEARCH) as act:
        reached = await reached_by(act.connection, caller)
        reached = sorted(reached, key=lambda each: folded(_path(each)))[:projects]
        rows = await act.connection.fetch(
            _OFFERED,
            [each.id for each in reached],
            [f"{each.id}:{kind}" for each in reached for kind in each.kinds],
            secrets,
        )
    inside: dict[str, list[Row]] = {}
    for row in rows:
        inside.setdefault(row["project"], []).append(row)
    return [
        Offered(
            id=each.id,
            path=_path(each),
            secrets=[(row["id"], row["name"]) for row in inside.get(each.id, [])],
        )
        for each in reached
    ]


async def search(
    core: Core, caller: Human, text: str, *, limit: int = MOST, only: FoundKind | None = None
) -> list[Found]:
    """Return at most `limit` (1–20) objects; those whose name starts with the text come first.

    A text with a slash is a path, such as `shop/production/NAME`. The project at that path comes first, or
    the secrets in that project whose names start with the last part. `only=FoundKind.PROJECT` finds projects
    by any part of their path, and an empty text finds all projects; `only=FoundKind.SECRET` leaves out
    everything else.

    Raises `Invalid` for more than 100 characters. Text without letters or digits finds nothing.
    """
    require_searchable(text, field="q", most=SEARCH_LENGTH)
    if not 1 <= limit <= MOST:
        raise Invalid(f"limit must be 1–{MOST}", field="limit")
    async with gate.perform(core, caller, VAULT_SEARCH) as act:
        reached = await reached_by(act.connection, caller)
        if only is FoundKind.PROJECT:
            return _projects_with(reached, text)[:limit]
        found = await _by_path(act.connection, reached, text) if "/" in text else []
        rows = await act.connection.fetch(
            _FIND,
            text.strip(),
            [] if only else await _applications(act.connection, caller),
            [] if only else [project.id for project in reached],
            [f"{project.id}:{kind}" for project in reached for kind in project.kinds],
            only is None and VaultCapability.MACHINES_VIEW in caller.authority.vault,
            limit,
        )
    places = {project.id: project for project in reached}
    found += [_found(row, places.get(row["project"] or row["id"])) for row in rows]
    found = [each for each in found if only in (None, each.kind)]
    return list({(each.kind, each.id): each for each in found}.values())[:limit]


def _path(place: Reached) -> str:
    return "/".join(part for part in (place.application_name, place.name) if part)


def _projects_with(reached: Iterable[Reached], text: str) -> list[Found]:
    """Return the projects whose path contains every word of the text."""
    words = folded(text).split()
    return [
        _project(place) for place in reached if all(word in folded(_path(place)) for word in words)
    ]


async def _by_path(connection: Connection, reached: Iterable[Reached], text: str) -> list[Found]:
    """Return the projects whose paths start with the text, and the secrets in a project whose paths do."""
    path = folded(text.strip())
    places = {place.id: (place, f"{folded(_path(place))}/") for place in reached}
    inside = {place.id: place for place, whole in places.values() if path.startswith(whole)}
    rows = await connection.fetch(
        _IN_PROJECTS,
        list(inside),
        [path.removeprefix(places[project][1]) for project in inside],
        [f"{place.id}:{kind}" for place in inside.values() for kind in place.kinds],
        MOST,
    )
    projects = [_project(place) for place, whole in places.values() if whole.startswith(path)]
    return [*projects, *(_found(row, inside[row["project"]]) for row in rows)]


def _project(place: Reached) -> Found:
    return Found(
        kind=FoundKind.PROJECT,
        id=place.id,
        name=place.name,
        project_id=place.id,
        project_name=place.name,
        environment=place.environment,
        application_name=place.application_name,
    )


async def _applications(connection: Connection, caller: Human) -> list[ApplicationId]:
    conditions = Conditions()
    seen = application_exists(conditions, caller)
    sql = f"select a.id from application a where {seen}"
    return [row["id"] for row in await connection.fetch(sql, *conditions.arguments)]


def _found(row: Row, place: Reached | None) -> Found:
    return Found(
        kind=FoundKind(row["kind"]),
        id=row["id"],
        name=row["name"],
        project_id=place.id if place is not None else None,
        project_name=place.name if place is not None else None,
        environment=place.environment if place is not None else None,
        application_name=place.application_name if place is not None else None,
    )
