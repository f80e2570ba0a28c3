"""Find applications, projects, secrets and machines by the beginnings of words (V-6).

The words of a thing are those of its name, description or note, environment, tags and hostname,
whatever their case; `stripe_s` finds `STRIPE_SECRET_KEY` as `stripe s` does. An id is found by its own
beginning. What is in the trash is not found, nor what the person may not see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.kernel.authority import Access, VaultCapability
from strongroom_core.kernel.errors import Invalid
from strongroom_core.overview.reach import Reached, reached_by
from strongroom_core.overview.views import Found, FoundKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Row
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import ApplicationId

LONGEST_TEXT = 100
MOST = 20

# The look-up knows ids only; names are read as the caller's role and vault may read them.
_FIND = """
select f.kind, f.id, s.project, coalesce(a.name, p.name, s.name, m.name) as name
from find_by_words($1, $2, $3, $4, $5, $6) with ordinality as f(kind, id, place)
left join application a on f.kind = 'application' and a.id = f.id
left join project p on f.kind = 'project' and p.id = f.id
left join secret s on f.kind = 'secret' and s.id = f.id
left join machine m on m.id = case f.kind when 'machine' then f.id::uuid end
where coalesce(a.name, p.name, s.name, m.name) is not null
order by f.place
"""


async def search(core: Core, caller: Human, text: str, *, limit: int = MOST) -> list[Found]:
    """Return at most `limit` (1–20) things, those first whose name begins with the text.

    Raises `Invalid` for a text of more than 100 characters. One without a letter or digit finds nothing.
    """
    if len(text) > LONGEST_TEXT or "\0" in text:
        raise Invalid(f"q is at most {LONGEST_TEXT} characters, without NUL", field="q")
    if not 1 <= limit <= MOST:
        raise Invalid(f"limit is 1 to {MOST}", field="limit")
    async with gate.perform(core, caller, Action.VAULT_SEARCH) as act:
        reached = await reached_by(act.connection, caller)
        rows = await act.connection.fetch(
            _FIND,
            text.strip(),
            _applications(caller, reached),
            [project.id for project in reached],
            [f"{project.id}:{kind}" for project in reached for kind in project.kinds],
            VaultCapability.MACHINES_VIEW in caller.authority.vault,
            limit,
        )
    places = {project.id: project for project in reached}
    return [_found(row, places.get(row["project"] or row["id"])) for row in rows]


def _applications(caller: Human, reached: Iterable[Reached]) -> list[ApplicationId] | None:
    """Those the caller reaches or reaches a project of; None for all."""
    access = caller.authority.access or Access()
    if access.everywhere:
        return None
    inside = {project.application for project in reached if project.application is not None}
    return sorted(access.applications | inside)


def _found(row: Row, place: Reached | None) -> Found:
    return Found(
        FoundKind(row["kind"]),
        row["id"],
        row["name"],
        place.id if place is not None else None,
        place.name if place is not None else None,
        place.environment if place is not None else None,
        place.application_name if place is not None else None,
    )
