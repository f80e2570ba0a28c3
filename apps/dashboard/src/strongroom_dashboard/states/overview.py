"""Overview: counts, reads over time, what needs a person, what happens now, the first steps (U-1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.kernel.page import PageRequest
from strongroom_core.overview.overview import read_overview
from strongroom_core.record.chart import ReadsOverTime, Span, reads_over_time
from strongroom_core.record.list import list_entries
from strongroom_dashboard.components.chart import Bucket, Drawing, draw
from strongroom_dashboard.components.feed import FeedEntry
from strongroom_dashboard.states.counting import counted, joined
from strongroom_dashboard.states.entries import feed_of
from strongroom_dashboard.states.screen import Screen

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.overview.views import Overview as View
    from strongroom_dashboard.door import Call

SPANS = {"24h": Span.DAY, "7d": Span.WEEK, "30d": Span.MONTH}
USUAL_SPAN = "7d"
ACTIVITY = 12
"""Lines of the feed."""


EMPTY = Drawing(bars=[], levels=[], days=[], rows=[], said="", read="0", refused="0")


@dataclass(frozen=True)
class Todo:
    """Something that needs a person."""

    icon: str
    tone: str
    title: str
    text: str
    act: str
    href: str


@dataclass(frozen=True)
class Figures:
    """The counts, as they are printed."""

    projects: str = "0"
    in_applications: str = ""
    secrets: str = "0"
    unread: str = ""
    machines: str = "0"
    seen: str = ""
    members: str = "0"


class Overview(Screen, rx.State):
    """The first screen."""

    sentence: str = ""
    figures: Figures = Figures()
    todos: list[Todo] = []
    frozen: str = "None"
    waiting: str = "None"
    unread: str = "None"
    span: str = USUAL_SPAN
    reads: str = "0"
    reads_noun: str = "reads"
    refused: str = "0"
    drawing: Drawing = EMPTY
    feed: list[FeedEntry] = []
    first_steps: bool = False
    has_project: bool = False
    has_secret: bool = False
    machine_registered: bool = False
    machine_approved: bool = False
    machine_granted: bool = False
    has_read: bool = False
    first_read: str = ""

    async def _fill(self, call: Call) -> None:
        asked = self._asked("reads")
        self.span = asked if asked in SPANS else USUAL_SPAN
        overview = await read_overview(call.core, call.caller)
        reads = await reads_over_time(call.core, call.caller, SPANS[self.span])
        page = await list_entries(call.core, call.caller, PageRequest(limit=ACTIVITY))
        self._show_counts(overview)
        self._show_steps(overview, wanted=self._asked("steps"))
        self._show_reads(reads, call.core.clock.now())
        self.todos = todos_of(overview)
        self.sentence = sentence_of(self.todos, call.core.clock.now())
        self.feed = feed_of(page.items, call.caller)

    def _show_counts(self, overview: View) -> None:
        counts = overview.counts
        self.figures = Figures(
            projects=f"{counts.projects:,}",
            in_applications=f"in {counted(counts.applications, 'application')}",
            secrets=f"{counts.secrets:,}",
            unread=f"{counts.secrets_unread:,} not read in 90 days",
            machines="–" if counts.machines is None else f"{counts.machines:,}",
            seen="" if counts.machines_seen is None else f"{counts.machines_seen:,} seen this week",
            members=f"{counts.members:,}",
        )
        self.waiting = f"{counts.machines_pending:,}" if counts.machines_pending else "None"
        self.unread = f"{counts.secrets_unread:,}" if counts.secrets_unread else "None"
        self.frozen = joined([project.name for project in overview.frozen_projects]) or "None"

    def _show_steps(self, overview: View, *, wanted: str) -> None:
        steps = overview.first_steps
        self.has_project, self.has_secret = steps.has_project, steps.has_secret
        self.machine_registered = steps.machine_registered
        self.machine_approved = steps.machine_approved
        self.machine_granted, self.has_read = steps.machine_granted, steps.has_read
        self.first_read = overview.first_read_at.isoformat() if overview.first_read_at else ""
        self.first_steps = wanted == "show" or (not steps.has_read and wanted != "hide")

    def _show_reads(self, reads: ReadsOverTime, now: datetime) -> None:
        self.reads, self.refused = f"{reads.delivered:,}", f"{reads.refused:,}"
        self.reads_noun = "read" if reads.delivered == 1 else "reads"
        buckets = [
            Bucket(start=each.start.isoformat(), read=each.delivered, refused=each.refused)
            for each in reads.buckets
        ]
        self.drawing = draw(buckets, now=now, minutes=reads.step // 60)


def todos_of(overview: View) -> list[Todo]:
    """Return what needs a person; what gets worse by waiting comes first."""
    found = [
        Todo(
            "snowflake",
            "danger",
            f"{project.application_name}/{project.name} is frozen"
            if project.application_name
            else f"{project.name} is frozen",
            project.reason or "Every read of its values is refused.",
            "Recover",
            f"/projects/{project.id}/frozen",
        )
        for project in overview.frozen_projects
    ]
    waiting = overview.pending_machines
    if waiting:
        more = len(waiting) - 1
        found.append(
            Todo(
                "server",
                "brass",
                f"{counted(len(waiting), 'machine')} {'waits' if not more else 'wait'} for approval",
                waiting[0].name + (f" and {more} more" if more else ""),
                "Review",
                "/machines",
            )
        )
    if overview.expiring_machines:
        first = overview.expiring_machines[0]
        found.append(
            Todo(
                "hourglass",
                "plain",
                f"{counted(len(overview.expiring_machines), 'machine')} expire soon",
                f"The first is {first.name}",
                "Open",
                f"/machines/{first.id}",
            )
        )
    return found


def sentence_of(todos: Sequence[Todo], now: datetime) -> str:
    """Say the state of things in words."""
    day = f"{now:%A} {now.day} {now:%B}, {now:%H:%M} UTC"
    if not todos:
        return f"{day}. Nothing needs a person; everything is in order."
    needs = "thing needs" if len(todos) == 1 else "things need"
    return f"{day}. {len(todos)} {needs} a person; everything else is in order."
