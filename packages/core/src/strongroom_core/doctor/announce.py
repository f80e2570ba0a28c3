"""Announces that the disk of a server's machine is nearly full, or that its certificate ends soon (N-1).

Each process that can write events checks its own machine with the checks of `doctor`. The event goes to the
log of the installation and to the logs of the vaults that administrators own, where their rules turn it into
alerts. A finding is announced once, and again if it was gone for an hour in between.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.alerts import (
    CERTIFICATE_PROBLEM,
    CERTIFICATE_WARNING,
    DISK_PROBLEM,
    DISK_WARNING,
    NOTICES_READ,
)
from strongroom_core.alerts.notices import Notice, NoticeKind, remember_notice
from strongroom_core.doctor.examine_host import examine_certificate, examine_disk
from strongroom_core.doctor.finding import Grade
from strongroom_core.kernel.errors import Conflict
from strongroom_core.kernel.ids import VaultId

if TYPE_CHECKING:
    from pathlib import Path

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.doctor.finding import Finding
    from strongroom_core.kernel.caller import System

GONE = timedelta(hours=1)
"""How long a finding must be gone until it is announced again. Free space varies around any threshold."""

_ACTIONS = {
    NoticeKind.DISK_WARNING: DISK_WARNING,
    NoticeKind.DISK_PROBLEM: DISK_PROBLEM,
    NoticeKind.CERTIFICATE_WARNING: CERTIFICATE_WARNING,
    NoticeKind.CERTIFICATE_PROBLEM: CERTIFICATE_PROBLEM,
}

_WORSE_THAN = {
    NoticeKind.DISK_PROBLEM: NoticeKind.DISK_WARNING,
    NoticeKind.CERTIFICATE_PROBLEM: NoticeKind.CERTIFICATE_WARNING,
}

# For these announcements, `at` is when they were last true.
_STILL_TRUE = "update notice set at = $3 where object = $1 and kind = any($2::varchar[])"
_FORGET = "delete from notice where object = $1 and at <= $2"
_TOLD = "select kind from notice where object = $1"

_ADMINISTRATORS = """
select distinct v.id from account a cross join lateral vaults_of_account(a.id) v
where a.operator and a.status = 'active' and v.role = 'owner'
order by v.id
"""


@dataclass(frozen=True, slots=True)
class Host:
    """A machine that runs a process: its name, the data folder, and the certificate if there is one."""

    name: str
    folder: Path
    chain: Path | None = None


@dataclass(frozen=True, slots=True)
class Announcement:
    """A finding to announce. `object` identifies the machine's disk or certificate."""

    kind: NoticeKind
    object: str
    says: str


async def examine_host(core: Core, caller: System, host: Host) -> list[Announcement]:
    """Check a machine. Return what must be announced, and forget what has been gone for an hour."""
    found = await asyncio.to_thread(_findings, host)
    async with gate.perform(core, caller, NOTICES_READ) as act:
        wanted: list[Announcement] = []
        for path, finding in found:
            key = hashlib.sha256(f"{host.name}\0{path}".encode()).hexdigest()
            true = _kinds(finding)
            await act.connection.execute(_STILL_TRUE, key, true, act.at)
            await act.connection.execute(_FORGET, key, act.at - GONE)
            told = {row["kind"] for row in await act.connection.fetch(_TOLD, key)}
            if true and true[-1] not in told:
                says = f"{host.name}: {finding.says}"
                wanted.append(Announcement(NoticeKind(true[-1]), key, says))
    return wanted


async def announce_finding(core: Core, caller: System, announcement: Announcement) -> None:
    """Log a finding where administrators see it. Raises `Conflict` if this has been logged."""
    async with gate.perform(core, caller, _ACTIONS[announcement.kind]) as act:
        await remember_notice(act, Notice(announcement.kind, announcement.object))
        if announcement.kind in _WORSE_THAN:
            # A problem that becomes a warning is no news.
            with suppress(Conflict):
                await remember_notice(
                    act, Notice(_WORSE_THAN[announcement.kind], announcement.object)
                )
        act.told.extend(await _administrators_vaults(act.connection))
        act.record(reason=announcement.says)


def _findings(host: Host) -> list[tuple[Path, Finding]]:
    findings = [(host.folder, examine_disk(host.folder))]
    if host.chain is not None:
        findings.append((host.chain, examine_certificate(host.chain)))
    return findings


def _kinds(finding: Finding) -> list[NoticeKind]:
    """Return what is true, and what is to be announced last: a problem is also a reason for a warning."""
    grades = [Grade.WARNING, Grade.PROBLEM]
    true = grades[: grades.index(finding.grade) + 1] if finding.grade in grades else []
    return [NoticeKind(f"{finding.check}_{grade}") for grade in true]


async def _administrators_vaults(connection: Connection) -> list[VaultId]:
    rows = await connection.fetch(_ADMINISTRATORS)
    return [VaultId(row["id"]) for row in rows]
