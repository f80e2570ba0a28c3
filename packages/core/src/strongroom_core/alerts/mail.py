"""Emails alerts to owners and chosen members: critical ones at once, others in digests (N-1).

Of very many critical ones, most are in digests too (`alerts/read.py`).
"""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.alerts import ALERTS_READ
from strongroom_core.access.entry import Severity
from strongroom_core.access.roles import OWNER, authority_in
from strongroom_core.access.visible import can_see_entry, can_see_others
from strongroom_core.audit.list import ENTRIES, view_of
from strongroom_core.audit.wording import name_of, wording_of
from strongroom_core.kernel.ids import VaultId
from strongroom_core.mail.kinds import MailKind
from strongroom_core.mail.put import put_mail

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from strongroom_core.audit.views import EntryView
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Row
    from strongroom_core.kernel.caller import System

AT_ONCE = 1000
"""The maximum number of alerts that one run sends by email."""

LISTED = 20
"""How many different alerts a digest lists. The audit log contains all of them."""

HEADLINE = 120
"""The length of the sentence in a subject, in characters. Mail programs show less."""

_DUE = """
select id, entry, critical from mail_alert where due_at <= $1
order by critical desc, id limit $2 for update skip locked
"""

_RECIPIENTS = """
select m.account, m.roles, v.name, v.second_factor_required and not (m.code or m.passkey) as lacks_factor
from members_in_scope() m cross join vault v left join alert_state s on s.vault = v.id
where m.account_active and m.status = 'active' and (m.ends_at is null or m.ends_at > $1)
  and (m.vault_role = 'owner' or m.id = any(s.mail_members))
order by m.joined_at, m.id
"""


async def due_mail_alerts(core: Core, *, most: int = 1000) -> list[VaultId]:
    """Return the vaults with alerts to send by email."""
    async with core.database.transaction(None) as connection:
        rows = await connection.fetch(
            "select * from due_mail_alerts($1, $2)", core.clock.now(), most
        )
    return [VaultId(row["vault"]) for row in rows]


async def mail_alerts(core: Core, caller: System) -> None:
    """Queue the emails about alerts that are due in the caller's vault."""
    async with gate.perform(core, caller, ALERTS_READ) as act:
        due = await act.connection.fetch(_DUE, act.at, AT_ONCE)
        recipients = await act.connection.fetch(_RECIPIENTS, act.at)
        found = await act.connection.fetch(
            f"{ENTRIES} where e.id = any($1::uuid[]) order by e.incarnation, e.tx, e.id",
            [row["entry"] for row in due],
        )
        entries = {row["id"]: view_of(row) for row in found}
        critical = {row["entry"] for row in due if row["critical"]}
        removed = len(due) - len(entries)
        for row in recipients:
            seen = _seen_by(row, entries.values())
            for entry in seen:
                if entry.id in critical:
                    await _mail_one(act, row["account"], row["name"], entry)
            together = [entry for entry in seen if entry.id not in critical]
            gone = removed if _sees_all(row) else 0
            if together or gone:
                await _mail_digest(act, row["account"], row["name"], together, removed=gone)
        await act.connection.execute(
            "delete from mail_alert where id = any($1::uuid[])", [row["id"] for row in due]
        )


def _sees_all(recipient: Row) -> bool:
    """Whether a recipient can see every event, and so may learn how many were removed."""
    authority = authority_in(recipient["roles"])
    return authority is OWNER or (not recipient["lacks_factor"] and can_see_others(authority))


def _seen_by(recipient: Row, entries: Iterable[EntryView]) -> list[EntryView]:
    """Return the events that a recipient can see now. An owner sees all of them."""
    authority = authority_in(recipient["roles"])
    if authority is OWNER:
        return list(entries)
    if recipient["lacks_factor"]:
        return []
    return [
        each
        for each in entries
        if can_see_entry(
            authority, recipient["account"], actor_kind=each.actor_kind, actor_id=each.actor_id
        )
    ]


async def _mail_one(act: gate.Act, account: str, vault: str, entry: EntryView) -> None:
    where = f"{entry.address} ({entry.country})" if entry.country else entry.address
    facts = {
        "severity": _severity(entry),
        "event": entry.action,
        "headline": _headline(_sentence(entry)),
        "sentence": _sentence(entry),
        "at": _time(entry),
        "actor": entry.actor_name,
        "target": name_of(entry) or "none",
        "address": where,
        "vault": vault,
    }
    await put_mail(
        act.connection,
        MailKind.ALERT,
        at=act.at,
        account=account,
        subject=str(entry.id),
        facts=facts,
        vault=act.vault,
    )


async def _mail_digest(
    act: gate.Act, account: str, vault: str, entries: Sequence[EntryView], *, removed: int = 0
) -> None:
    """Queue a digest. `removed` is how many other events were removed from the log before this email.

    Equal alerts are one line with their number and the time of the newest. Critical ones come first, and
    newer ones before older ones, so that many equal alerts don't hide others.
    """
    number = len(entries) + removed
    listed = list(reversed(entries))
    listed.sort(key=_is_not_critical)
    equal = Counter((_severity(each), _sentence(each)) for each in listed)
    newest = {(_severity(each), _sentence(each)): _time(each) for each in entries}
    lines = [
        f"{newest[kind]} {kind[0]}: {kind[1]}" + (f" ({times:,} times)" if times > 1 else "")
        for kind, times in islice(equal.items(), LISTED)
    ]
    if len(equal) > LISTED:
        lines.append(f"And {sum(islice(equal.values(), LISTED, None)):,} more.")
    if removed:
        which = "1 alert" if removed == 1 else f"{removed:,} alerts"
        lines.append(f"{which} can't be shown: the events were deleted before this email was sent.")
    facts = {f"line{place:02}": line for place, line in enumerate(lines)}
    alerts = "1 alert" if number == 1 else f"{number:,} alerts"
    critical = sum(each.severity is Severity.CRITICAL for each in entries)
    if critical:
        alerts = f"{alerts} ({critical:,} critical)"
    facts |= {"vault": vault, "alerts": alerts}
    await put_mail(
        act.connection,
        MailKind.ALERT_DIGEST,
        at=act.at,
        account=account,
        facts=facts,
        vault=act.vault,
    )


def _is_not_critical(entry: EntryView) -> bool:
    return entry.severity is not Severity.CRITICAL


def _severity(entry: EntryView) -> str:
    return "Drill" if entry.detail.get("drill") else entry.severity.value.capitalize()


def _sentence(entry: EntryView) -> str:
    return wording_of(entry).sentence(entry.actor_name)


def _headline(sentence: str) -> str:
    """Return as much of a sentence as fits into a subject."""
    return sentence if len(sentence) <= HEADLINE else f"{sentence[: HEADLINE - 1]}…"


def _time(entry: EntryView) -> str:
    return entry.at.strftime("%Y-%m-%d %H:%M:%S UTC")
