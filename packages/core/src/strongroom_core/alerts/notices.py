"""What has been announced in advance and is still true, so that it is announced once (N-1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from strongroom_core.crypto.random import new_id
from strongroom_core.kernel.errors import Conflict

if TYPE_CHECKING:
    from strongroom_core.access import gate

_PUT = """
insert into notice (vault, id, kind, object, until, at) values ($1, $2, $3, $4, $5, $6)
on conflict (vault, kind, object) do update set until = excluded.until, at = excluded.at
where notice.until is distinct from excluded.until
returning true
"""


class NoticeKind(StrEnum):
    """What is announced. The value is also the name of the job, after `announce_`."""

    MACHINE = "machine"
    ENROLLMENT_TOKEN = "enrollment_token"
    CAP_NEAR = "cap_near"
    CAP_REACHED = "cap_reached"
    DISK_WARNING = "disk_warning"
    DISK_PROBLEM = "disk_problem"
    CERTIFICATE_WARNING = "certificate_warning"
    CERTIFICATE_PROBLEM = "certificate_problem"


@dataclass(frozen=True, slots=True)
class Notice:
    """One announcement. `object` says what it is about, and `until` is the end of what expires."""

    kind: NoticeKind
    object: str
    until: datetime | None = None


async def remember_notice(act: gate.Act, notice: Notice) -> None:
    """Remember an announcement, so that no other process repeats it. Raises `Conflict` if one has made it."""
    put = await act.connection.fetchval(
        _PUT,
        *(act.vault, new_id("not"), notice.kind.value, notice.object, notice.until, act.at),
    )
    if put is None:
        raise Conflict("this has already been announced")
