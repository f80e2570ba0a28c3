"""Follow the record as it grows, for the terminal of the person who runs the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from strongroom_core.audit.entry import Detail, Outcome, Severity

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.kernel.ids import VaultId

# Transactions below the horizon have all ended, so nothing can appear behind a position once read.
_NEWS = """
select e.tx::text as tx, e.id, e.at, e.action, e.severity, e.outcome, e.reason, e.actor_kind,
       e.actor_name, e.target_kind, e.target_id, e.target_name, e.address, e.detail,
       coalesce(a.name || '/' || p.name, p.name) as place
from audit_entry e
left join project p
    on p.vault = e.vault
    and p.id = coalesce(e.project, case e.target_kind when 'project' then e.target_id end)
left join application a on a.vault = p.vault and a.id = p.application
where (e.tx, e.id) > ($1::text::xid8, $2) and e.tx < pg_snapshot_xmin(pg_current_snapshot())
order by e.tx, e.id limit $3
"""


@dataclass(frozen=True, slots=True)
class Told:
    """One entry, as far as it is worth telling. `place` is what its project is called now."""

    at: datetime
    action: str
    severity: Severity
    outcome: Outcome
    reason: str | None
    actor_kind: str
    actor_name: str
    target_kind: str | None
    target_id: str | None
    target_name: str | None
    place: str | None
    address: str
    detail: Detail


class Watch:
    """A position in the record of one vault. Each entry is handed out once, in order of commit."""

    def __init__(self, core: Core, vault: VaultId) -> None:
        self._core = core
        self._vault = vault
        self._after: tuple[str, UUID] = ("0", UUID(int=0))

    async def news(self, *, most: int = 200) -> list[Told]:
        """Return up to `most` entries committed since the last call."""
        async with self._core.database.transaction(self._vault) as connection:
            rows = await connection.fetch(_NEWS, *self._after, most)
        if rows:
            self._after = (rows[-1]["tx"], rows[-1]["id"])
        return [_told(row) for row in rows]


def _told(row: Any) -> Told:
    return Told(
        at=row["at"],
        action=row["action"],
        severity=Severity(row["severity"]),
        outcome=Outcome(row["outcome"]),
        reason=row["reason"],
        actor_kind=row["actor_kind"],
        actor_name=row["actor_name"],
        target_kind=row["target_kind"],
        target_id=row["target_id"],
        target_name=row["target_name"],
        place=row["place"],
        address=row["address"],
        detail=msgspec.json.decode(row["detail"]),
    )
