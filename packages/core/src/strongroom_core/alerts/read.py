"""Reads vaults' audit logs, and creates the deliveries and emails that the rules require (N-4).

Each vault has a position in its log, which moves in the transaction that creates the deliveries. So no event
is skipped or reported twice, however often the worker is killed. No event can later appear before the
position, because only transactions below the horizon are read (`audit/follow.py`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.alerts import (
    ALERTS_CAPPED,
    ALERTS_GAP,
    ALERTS_READ,
    WEBHOOK_DISABLE,
)
from strongroom_core.access.actions.mail import MAIL_FAIL
from strongroom_core.access.actions.secrets import CANARY_DRILL, CANARY_TRIGGERED
from strongroom_core.access.entry import Severity
from strongroom_core.alerts.alert import alert_of, wants
from strongroom_core.alerts.rules import KEEP_STATE, LONGEST_MUTE, mail_actions
from strongroom_core.alerts.templates import body_of
from strongroom_core.alerts.views import Template
from strongroom_core.audit.list import ENTRIES, view_of
from strongroom_core.crypto.random import new_id, new_uuid
from strongroom_core.kernel.errors import Conflict
from strongroom_core.kernel.ids import VaultId
from strongroom_core.limits.usage import limits_row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from strongroom_core.audit.views import EntryView
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.caller import System

AT_ONCE = 1000
"""The maximum number of events that one transaction reads."""

DIGEST = timedelta(minutes=5)
"""How long alerts that aren't emailed at once are collected for one email."""

URGENT, URGENT_WINDOW = 20, timedelta(hours=1)
"""How many critical alerts of a vault are emailed at once in an hour. Digests contain the others."""

_STATE = """
select s.*, s.tx::text as position from alert_state s where s.vault = $1 for update
"""

_NEW = """
select e.incarnation, e.tx::text as tx, e.id, e.action, e.severity, e.target_id from audit_entry e
where (e.incarnation, e.tx, e.id) > ($1::int, $2::text::xid8, $3)
  and (e.incarnation, e.tx) < ($4::int, pg_snapshot_xmin(pg_current_snapshot()))
order by e.incarnation, e.tx, e.id limit $5
"""

# Pruning removes the oldest events first. If the oldest remaining event is after the position, the last event
# that was read has been removed, and others that weren't read may have been removed too.
_OLDEST = """
select e.id, (e.incarnation, e.tx, e.id) > ($1::int, $2::text::xid8, $3) as beyond from audit_entry e
order by e.incarnation, e.tx, e.id limit 1
"""

_MOVE = """
update alert_state set incarnation = $2, tx = $3::text::xid8, entry = $4, told = coalesce(told, $5),
    day = $6, deliveries = $7, capped = capped and day = $6 where vault = $1
"""

_CANARIES = """
select id, alert_mail, alert_webhooks from secret
where id = any($1::varchar[]) and alert_mail is not null
"""

_DELIVER = """
insert into delivery (vault, id, webhook, entry, event, severity, body, state, due_at, created_at)
values ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, $8) on conflict (webhook, entry) do nothing
"""

_OF_CANARIES = frozenset({CANARY_TRIGGERED.name, CANARY_DRILL.name})

ALWAYS_MAILED = frozenset({ALERTS_CAPPED.name, ALERTS_GAP.name, WEBHOOK_DISABLE.name})
"""Problems with alerts themselves are sent by email, regardless of the rules."""

_NEVER_MAILED = frozenset({MAIL_FAIL.name})
"""An email about emails that can't be sent would fail too, and cause the next one."""

_MAIL = "insert into mail_alert (vault, id, entry, critical, due_at) values ($1, $2, $3, $4, $5)"

_NEXT_DIGEST = """
select min(due_at) from mail_alert where not critical and due_at > $1 and due_at <= $2
"""

# Emails' IDs begin with the time, and there is an index of them by vault.
_EMAILED_AT_ONCE = """
select action, count(*) as number from (
    select subject, facts ->> 'event' as action from mail
    where vault = $1 and id > $2 and kind = 'alert' and created_at <= $3
    union
    select e.id::varchar, e.action from mail_alert m join audit_entry e on e.id = m.entry where m.critical
) recent group by action
"""


class Gap(StrEnum):
    """Why events may have been missed: they were removed, or the database was restored from a backup."""

    PRUNED = "pruned"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Read:
    """The result of a run. `more` means that there are more events to read.

    With a `gap`, nothing was read: `record_gap` must come first. If `capped`, `record_cap` must follow.
    """

    events: int = 0
    deliveries: int = 0
    more: bool = False
    gap: Gap | None = None
    capped: bool = False


@dataclass(frozen=True, slots=True)
class _Hook:
    id: str
    template: Template
    actions: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The channels to which an event's alert goes."""

    mail: bool
    hooks: list[_Hook]


async def due_alert_vaults(core: Core, *, most: int = 1000) -> list[VaultId]:
    """Return vaults whose audit log has events that haven't been read for alerts."""
    async with core.database.transaction(None) as connection:
        rows = await connection.fetch("select * from due_alert_vaults($1)", most)
    return [VaultId(row["vault"]) for row in rows]


async def read_alerts(core: Core, caller: System) -> Read:
    """Read the next events in the caller's vault, and create their deliveries.

    Doesn't wait for another process that is reading the same vault.
    """
    async with gate.perform(core, caller, ALERTS_READ) as act:
        await act.connection.execute(KEEP_STATE, act.vault)
        state = await act.connection.fetchrow(f"{_STATE} skip locked", act.vault)
        if state is None:
            return Read()
        gap, _ = await _find_gap(core, act.connection, state)
        if gap is not None:
            return Read(gap=gap)
        rows = await act.connection.fetch(_NEW, *_position(state), core.incarnation, AT_ONCE)
        if not rows:
            return Read()
        wanted = await _wanted(act.connection, state, rows)
        limits = await limits_row(act.connection, act.vault)
        room = room_of(state, act.at, limits["deliveries_per_day"])
        made, dropped = await _make(core, act, state, wanted, room)
        last = (rows[-1]["incarnation"], rows[-1]["tx"], rows[-1]["id"])
        moved = (*last, core.incarnation, act.at.date(), made + _used(state, act.at))
        await act.connection.execute(_MOVE, act.vault, *moved)
        capped = dropped > 0 and not (state["capped"] and state["day"] == act.at.date())
    return Read(len(rows), made, more=len(rows) == AT_ONCE, capped=capped)


async def record_gap(core: Core, caller: System) -> None:
    """Log that events may have been missed. Raises `Conflict` if another process has done so."""
    async with gate.perform(core, caller, ALERTS_GAP) as act:
        state = await act.connection.fetchrow(_STATE, act.vault)
        gap, oldest = (None, None)
        if state is not None:
            gap, oldest = await _find_gap(core, act.connection, state)
        if gap is None:
            raise Conflict("there is no gap in the events that were read for alerts")
        await act.connection.execute(
            "update alert_state set told = $2, told_entry = $3 where vault = $1",
            *(act.vault, core.incarnation, oldest),
        )
        act.record(gap=gap.value)


async def record_cap(core: Core, caller: System) -> None:
    """Log, once a day, that the day's deliveries are used up. Raises `Conflict` if that has been logged."""
    async with gate.perform(core, caller, ALERTS_CAPPED) as act:
        number = await act.connection.fetchval(
            "update alert_state set capped = true where vault = $1 and day = $2 and not capped"
            " returning deliveries",
            *(act.vault, act.at.date()),
        )
        if number is None:
            raise Conflict("this has already been logged, or the day is over")
        act.record(deliveries=number)


def room_of(state: Row, at: datetime, most: int | None) -> int | None:
    """Return how many of `most` deliveries can still be made today (UTC), or None if there is no limit."""
    return None if most is None else max(0, most - _used(state, at))


def _used(state: Row, at: datetime) -> int:
    return state["deliveries"] if state["day"] == at.date() else 0


def _position(state: Row) -> tuple[int, str, UUID]:
    return state["incarnation"], state["position"], state["entry"]


async def _find_gap(
    core: Core, connection: Connection, state: Row
) -> tuple[Gap | None, UUID | None]:
    """Return why events may have been missed, if that is possible, and the oldest remaining event."""
    oldest = await connection.fetchrow(_OLDEST, *_position(state))
    if oldest is None:
        return None, None
    if state["told"] is not None and state["told"] < core.incarnation:
        return Gap.RESTORED, oldest["id"]
    began = state["incarnation"] > 0
    if began and oldest["beyond"] and oldest["id"] != state["told_entry"]:
        return Gap.PRUNED, oldest["id"]
    return None, oldest["id"]


async def _wanted(connection: Connection, state: Row, rows: Sequence[Row]) -> dict[UUID, _Wanted]:
    """Return the events that cause alerts, in order, and the channels of each alert."""
    found = await connection.fetch(
        "select id, template, actions from webhook where enabled order by id"
    )
    hooks = [
        _Hook(row["id"], Template(row["template"]), frozenset(row["actions"])) for row in found
    ]
    mail = frozenset(mail_actions(state["mail_actions"]))
    of_canaries = [row["target_id"] for row in rows if row["action"] in _OF_CANARIES]
    own = {row["id"]: row for row in await connection.fetch(_CANARIES, of_canaries)}
    wanted: dict[UUID, _Wanted] = {}
    for row in rows:
        action, severity = row["action"], row["severity"]
        canary = own.get(row["target_id"]) if action in _OF_CANARIES else None
        if canary is not None:
            chosen = [each for each in hooks if each.id in canary["alert_webhooks"]]
            unheard = not chosen and bool(canary["alert_webhooks"])
            mailed = bool(canary["alert_mail"]) or unheard
        else:
            chosen = [each for each in hooks if _wants(each.actions, action, severity)]
            mailed = action in ALWAYS_MAILED or _wants(mail, action, severity)
        mailed = mailed and action not in _NEVER_MAILED
        if chosen or mailed:
            wanted[row["id"]] = _Wanted(mailed, chosen)
    return wanted


def _wants(chosen: frozenset[str], action: str, severity: str) -> bool:
    """Whether a channel gets an event. A drill's alert goes where the real alert would go (C-5)."""
    if action == CANARY_DRILL.name and wants(
        chosen, CANARY_TRIGGERED.name, CANARY_TRIGGERED.severity
    ):
        return True
    return wants(chosen, action, severity)


async def _make(
    core: Core, act: gate.Act, state: Row, wanted: dict[UUID, _Wanted], room: int | None
) -> tuple[int, int]:
    """Create deliveries and emails. Return how many deliveries were created, and how many exceeded the limit.

    A critical alert that exceeds the limit is sent by email. Critical alerts are emailed at once. If there
    are too many of them, the next digest contains the others, so that they don't fill mailboxes. This never
    delays an hour's first alert about an action, which other alerts mustn't hide.
    """
    if not wanted:
        return 0, 0
    entries = await act.connection.fetch(f"{ENTRIES} where e.id = any($1::uuid[])", list(wanted))
    views = {row["id"]: view_of(row) for row in entries}
    urgent = Counter[str]()
    if any(_is_urgent(view) for view in views.values()):
        urgent = await _emailed_at_once(act)
    digest = await act.connection.fetchval(_NEXT_DIGEST, act.at, act.at + DIGEST)
    made = dropped = 0
    for entry, where in wanted.items():
        view, mailed = views[entry], where.mail
        for hook in where.hooks:
            if room is not None and made >= room:
                dropped += 1
                mailed = mailed or view.severity is Severity.CRITICAL
                continue
            await insert_delivery(core, act, hook.id, hook.template, view)
            made += 1
        if not mailed:
            continue
        at_once, due = False, digest or act.at + DIGEST
        if not _is_urgent(view):
            due = mail_due(state, act.at, due)
        elif urgent.total() < URGENT or view.action not in urgent:
            at_once, due = True, act.at
            urgent[view.action] += 1
        await act.connection.execute(_MAIL, act.vault, new_uuid(act.at), entry, at_once, due)
    return made, dropped


def _is_urgent(view: EntryView) -> bool:
    return view.severity is Severity.CRITICAL or view.action == CANARY_DRILL.name


async def _emailed_at_once(act: gate.Act) -> Counter[str]:
    """Return how many alerts about each action were emailed at once in the last hour, or are about to be."""
    since = new_uuid(act.at - URGENT_WINDOW)
    rows = await act.connection.fetch(_EMAILED_AT_ONCE, act.vault, since, act.at)
    return Counter({row["action"]: row["number"] for row in rows})


async def insert_delivery(
    core: Core, act: gate.Act, webhook: str, template: Template, view: EntryView
) -> None:
    """Create a delivery for an event, to be sent immediately."""
    delivery = new_id("dlv")
    alert = alert_of(view, delivery=delivery, vault=act.vault, public_url=core.settings.public_url)
    await act.connection.execute(
        _DELIVER,
        *(act.vault, delivery, webhook, view.id, view.action, view.severity.value),
        *(body_of(template, alert).decode(), act.at),
    )


def mail_due(state: Row, at: datetime, due: datetime) -> datetime:
    """Return when an alert that isn't critical is emailed, after muting and quiet hours.

    `due` is the time of the next digest.
    """
    if state["muted_until"] is not None:
        due = max(due, min(state["muted_until"], at + LONGEST_MUTE))
    start, end = state["quiet_from"], state["quiet_until"]
    if start is None or start == end:
        return due
    minute = due.hour * 60 + due.minute
    quiet = start <= minute < end if start < end else minute >= start or minute < end
    if not quiet:
        return due
    ends = due.replace(hour=end // 60, minute=end % 60, second=0, microsecond=0)
    return ends if ends > due else ends + timedelta(days=1)
