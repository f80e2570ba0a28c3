"""The projects that a user can see, and which kinds of secrets in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.access.visible import kinds_seen, project_exists
from strongroom_core.db.conditions import Conditions
from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.ids import ApplicationId, ProjectId

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Human

_PROJECTS = """
select p.id, p.name, p.application, a.name as application_name, p.environment,
       p.frozen_at, p.frozen_by, p.frozen_by_canary, p.freeze_reason, {kinds} as kinds
from project p left join application a on a.vault = p.vault and a.id = p.application
where p.trashed_at is null and {seen} order by p.name_folded, p.id
"""


@dataclass(frozen=True, slots=True)
class Reached:
    """A project that the caller can see. `kinds` are the kinds of secrets that the caller can see there."""

    id: ProjectId
    name: str
    application: ApplicationId | None
    application_name: str | None
    environment: str | None
    frozen_at: datetime | None
    frozen_by: str | None
    frozen_by_canary: bool
    freeze_reason: str | None
    kinds: frozenset[SecretKind]


async def reached_by(connection: Connection, caller: Human) -> list[Reached]:
    """Return the projects that the caller's access role covers, by name. Trashed projects are left out."""
    conditions = Conditions()
    sql = _PROJECTS.format(
        kinds=kinds_seen(conditions, caller), seen=project_exists(conditions, caller)
    )
    rows = await connection.fetch(sql, *conditions.arguments)
    return [
        Reached(**{**row, "kinds": frozenset(map(SecretKind, row["kinds"]))})  # pyright: ignore[reportArgumentType]
        for row in rows
    ]
