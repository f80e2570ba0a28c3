"""Reads over time: how many were delivered and how many were denied, according to the audit log (L-4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.audit import AUDIT_VIEW
from strongroom_core.access.actions.secrets import SECRET_READ, SECRET_READ_DENIED
from strongroom_core.access.visible import narrow_to_visible
from strongroom_core.audit.filter import EntryFilter, conditions_of
from strongroom_core.kernel.view import View

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
"""The length and number of the buckets. Each length divides a day evenly, so buckets align with UTC."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

READS = frozenset({SECRET_READ, SECRET_READ_DENIED})

_COUNT = """
select date_bin({step}, e.at, {epoch}) as start,
       count(*) filter (where e.action = 'secret_read') as delivered,
       count(*) filter (where e.action = 'secret_read_denied') as refused
from audit_entry e where {wanted} group by 1
"""


class Bucket(View):
    """The reads in one step of the chart, which begins at `start`."""

    start: datetime
    delivered: int
    refused: int


class ReadsOverTime(View):
    """All buckets of a span, oldest first, including empty ones. The last one is still filling.

    `step` is each bucket's length in seconds; `delivered` and `refused` are totals over all buckets.
    """

    span: Span
    step: int
    delivered: int
    refused: int
    buckets: list[Bucket]


async def reads_over_time(core: Core, caller: Human, span: Span) -> ReadsOverTime:
    """Return the reads in a span that the caller can see, in buckets aligned with UTC."""
    step, number = STEPS[span]
    async with gate.perform(core, caller, AUDIT_VIEW) as act:
        last = act.at - (act.at - EPOCH) % step
        starts = [last - step * back for back in reversed(range(number))]
        conditions = conditions_of(EntryFilter(actions=READS, since=starts[0], until=last + step))
        narrow_to_visible(conditions, caller)
        sql = _COUNT.format(
            step=conditions.place(step), epoch=conditions.place(EPOCH), wanted=conditions.text
        )
        rows = await act.connection.fetch(sql, *conditions.arguments)
    empty = {start: Bucket(start=start, delivered=0, refused=0) for start in starts}
    buckets = [*(empty | {row["start"]: Bucket.of_row(row) for row in rows}).values()]
    return ReadsOverTime(
        span=span,
        step=int(step.total_seconds()),
        delivered=sum(bucket.delivered for bucket in buckets),
        refused=sum(bucket.refused for bucket in buckets),
        buckets=buckets,
    )
