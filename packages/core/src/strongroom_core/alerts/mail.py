"""Emails alerts to the vault's owners: critical ones immediately and separately, others in digests (N-1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.alerts import ALERTS_READ
from strongroom_core.audit.list import ENTRIES, view_of
from strongroom_core.audit.wording import name_of, wording_of
from strongroom_core.kernel.ids import VaultId
from strongroom_core.mail.kinds import MailKind
from strongroom_core.mail.put import put_mail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.audit.views import EntryView
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import System

AT_ONCE = 1000
"""The maximum number of alerts that one run sends by email."""

LISTED = 20
"""How many alerts a digest lists. The audit log contains all of them."""

HEADLINE = 120
"""The length of the sentence in a subject, in characters. Mail programs show less."""

_DUE = """
select id, entry, critical from mail_alert where due_at <= $1
order by critical desc, id limit $2 for update skip locked
"""

_OWNERS = """
select m.account, v.name from member m join vault v on v.id = m.vault
where m.vault_role = 'owner' and m.status = 'active'
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
        owners = await act.connection.fetch(_OWNERS)
        found = await act.connection.fetch(
            f"{ENTRIES} where e.id = any($1::uuid[]) order by e.incarnation, e.tx, e.id",
            [row["entry"] for row in due],
        )
        entries = {row["id"]: view_of(row) for row in found}
        critical = {row["entry"] for row in due if row["critical"]}
        alone = [entry for key, entry in entries.items() if key in critical]
        together = [entry for key, entry in entries.items() if key not in critical]
        for owner in owners:
            for entry in alone:
                await _mail_one(act, owner["account"], owner["name"], entry)
            if together:
                await _mail_digest(act, owner["account"], owner["name"], together)
        await act.connection.execute(
            "delete from mail_alert where id = any($1::uuid[])", [row["id"] for row in due]
        )


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
    act: gate.Act, account: str, vault: str, entries: Sequence[EntryView]
) -> None:
    number = len(entries)
    lines = [f"{_time(each)} {_severity(each)}: {_sentence(each)}" for each in entries[:LISTED]]
    if number > LISTED:
        lines.append(f"And {number - LISTED:,} more.")
    facts = {f"line{place:02}": line for place, line in enumerate(lines)}
    facts |= {"vault": vault, "alerts": "1 alert" if number == 1 else f"{number:,} alerts"}
    await put_mail(
        act.connection,
        MailKind.ALERT_DIGEST,
        at=act.at,
        account=account,
        facts=facts,
        vault=act.vault,
    )


def _severity(entry: EntryView) -> str:
    return "Drill" if entry.detail.get("drill") else entry.severity.value.capitalize()


def _sentence(entry: EntryView) -> str:
    return wording_of(entry).sentence(entry.actor_name)


def _headline(sentence: str) -> str:
    """Return as much of a sentence as fits into a subject."""
    return sentence if len(sentence) <= HEADLINE else f"{sentence[: HEADLINE - 1]}…"


def _time(entry: EntryView) -> str:
    return entry.at.strftime("%Y-%m-%d %H:%M:%S UTC")
