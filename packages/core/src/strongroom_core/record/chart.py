"""Reads over time: how many were delivered and how many refused, counted from the entries (L-4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.record.filter import EntryFilter, conditions_of
from strongroom_core.record.visible import narrow_to_visible

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human


class Span(StrEnum):
    """How far back the chart goes."""

    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"


STEPS = {
    Span.DAY: (timedelta(minutes=15), 96),
    Span.WEEK: (timedelta(hours=1), 168),
    Span.MONTH: (timedelta(hours=4), 180),
}
"""The length of a bucket, and how many there are. Each length divides a day, so all begin in UTC."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

READS = frozenset({Action.SECRET_READ, Action.SECRET_READ_DENIED})

_COUNT = """
select date_bin({step}, e.at, {epoch}) as start,
       count(*) filter (where e.action = 'secret_read') as delivered,
       count(*) filter (where e.action = 'secret_read_denied') as refused
from audit_entry e where {wanted} group by 1
"""


@dataclass(frozen=True, slots=True)
class Bucket:
    """The reads from `start` on, for the length of a step."""

    start: datetime
    delivered: int
    refused: int


@dataclass(frozen=True, slots=True)
class ReadsOverTime:
    """All buckets of a span, oldest first, the empty ones too. The last one is still filling.

    `step` is the length of each in seconds; `delivered` and `refused` are the sums.
    """

    span: Span
    step: int
    delivered: int
    refused: int
    buckets: list[Bucket]


async def reads_over_time(core: Core, caller: Human, span: Span) -> ReadsOverTime:
    """Return the reads of a span that the caller may see, in buckets that begin in UTC."""
    step, number = STEPS[span]
    async with gate.perform(core, caller, Action.AUDIT_VIEW) as act:
        last = act.at - (act.at - EPOCH) % step
        starts = [last - step * back for back in reversed(range(number))]
        conditions = conditions_of(EntryFilter(actions=READS, since=starts[0], until=last + step))
        narrow_to_visible(conditions, caller)
        sql = _COUNT.format(
            step=conditions.place(step), epoch=conditions.place(EPOCH), wanted=conditions.text
        )
        rows = await act.connection.fetch(sql, *conditions.arguments)
    counted = {row["start"]: Bucket(*row.values()) for row in rows}
    buckets = [counted.get(start, Bucket(start, 0, 0)) for start in starts]
    return ReadsOverTime(
        span,
        int(step.total_seconds()),
        sum(bucket.delivered for bucket in buckets),
        sum(bucket.refused for bucket in buckets),
        buckets,
    )
