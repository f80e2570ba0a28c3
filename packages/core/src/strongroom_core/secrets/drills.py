"""What became of the alerts about canaries' last drills: the receivers' answers, by channel (C-5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.secrets.views import DrillAlert, DrillAlertState, LastDrill

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.db.connection import Connection, Row

_LAST = """
select distinct on (e.target_id) e.target_id as secret, e.id as entry, e.at, e.actor_name as "by"
from audit_entry e
where e.target_id = any($1::varchar[]) and e.action = 'canary_drill' and e.outcome = 'done'
order by e.target_id, e.at desc
"""

# A canary's deliveries are found by webhook and event, for which there is an index.
_ALERTS = """
select d.entry, w.name as channel, d.state,
       (d.tries -> -1 ->> 'status')::integer as status, d.tries -> -1 ->> 'reason' as reason
from webhook w join delivery d on d.webhook = w.id and d.entry = any($1::uuid[])
union all
select m.entry, 'mail', 'queued', null, null from mail_alert m where m.entry = any($1::uuid[])
union all
select s.entry, 'mail', s.state, s.reply, s.problem from alert_mail_state($1::uuid[]) s
order by 1, 2
"""

_STATES = {
    "waiting": DrillAlertState.WAITING,
    "sending": DrillAlertState.WAITING,
    "queued": DrillAlertState.WAITING,
    "delivered": DrillAlertState.ACCEPTED,
    "sent": DrillAlertState.ACCEPTED,
}
"""The states of deliveries and emails. All others mean that nothing more is tried."""


async def last_drills(connection: Connection, canaries: Sequence[str]) -> dict[str, LastDrill]:
    """Return the last drill of each of these canaries that had one, with its alerts so far."""
    drills = await connection.fetch(_LAST, list(canaries))
    entries = [row["entry"] for row in drills]
    alerts: dict[object, list[DrillAlert]] = {}
    for row in await connection.fetch(_ALERTS, entries) if entries else []:
        alerts.setdefault(row["entry"], []).append(_alert(row))
    return {
        row["secret"]: LastDrill(at=row["at"], by=row["by"], alerts=alerts.get(row["entry"], []))
        for row in drills
    }


def _alert(row: Row) -> DrillAlert:
    return DrillAlert(
        channel=row["channel"],
        state=_STATES.get(row["state"], DrillAlertState.FAILED),
        status=row["status"],
        reason=row["reason"],
    )
