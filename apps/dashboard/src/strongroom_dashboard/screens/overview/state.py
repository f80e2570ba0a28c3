"""The overview: counts, reads over time, what needs attention, activity, first steps (U-1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from shlex import quote
from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.audit.chart import ReadsOverTime, Span, reads_over_time
from strongroom_core.audit.list import list_entries
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.page import PageRequest
from strongroom_core.overview.overview import read_overview
from strongroom_dashboard.components.chart import NOTHING, Bucket, Drawing, draw
from strongroom_dashboard.components.feed import FeedEntry
from strongroom_dashboard.screens.screen import Screen
from strongroom_dashboard.screens.wording import counted, feed_of, joined, why_not

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.overview.views import Counts
    from strongroom_core.overview.views import Overview as View
    from strongroom_dashboard.event_session import Call

SPANS = {"24h": Span.DAY, "7d": Span.WEEK, "30d": Span.MONTH}
USUAL_SPAN = "7d"

ACTIVITY = 12
"""The number of lines in the feed."""
LOOKED_AT = 60
"""The number of events to load. They are folded into the feed's lines."""


@dataclass(frozen=True)
class Todo:
    """An item that needs attention; `number` is how many objects it represents."""

    icon: str
    tone: str
    title: str
    text: str
    act: str
    href: str
    number: int = 1


@dataclass(frozen=True)
class Figures:
    """The counts, as strings."""

    projects: str = "0"
    in_applications: str = ""
    secrets: str = "0"
    unread: str = ""
    machines: str = "0"
    seen: str = ""
    members: str = "0"


class Overview(Screen, rx.State):
    """The overview."""

    sentence: str = ""
    at: str = ""
    figures: Figures = Figures()
    todos: list[Todo] = []
    frozen: str = "None"
    attention: str = "0"
    unread: str = "None"
    span: str = USUAL_SPAN
    reads: str = "0"
    reads_noun: str = "reads"
    refused: str = "0"
    drawing: Drawing = NOTHING
    feed: list[FeedEntry] = []
    first_steps: bool = False
    has_project: bool = False
    has_secret: bool = False
    machine_registered: bool = False
    machine_approved: bool = False
    machine_granted: bool = False
    read_command: str = ""
    has_read: bool = False
    first_read: str = ""
    why_not_create: str = ""
    why_no_activity: str = ""
    _why_not_connect: str = ""

    async def _fill(self, call: Call) -> None:
        asked = self._asked("reads")
        overview = await read_overview(call.core, call.caller)
        self.span = (
            asked if asked in SPANS else span_since(overview.first_read_at, call.core.clock.now())
        )
        self.why_not_create = why_not(call, VaultCapability.PROJECTS_CREATE)
        self._why_not_connect = why_not(call, VaultCapability.MACHINES_MANAGE)
        self.why_no_activity = why_not(call, VaultCapability.AUDIT_VIEW)
        self._show_counts(overview)
        # Without an access role, the steps are impossible, and the frame says why.
        covered = call.caller.authority.access is not None
        self._show_steps(overview, wanted=self._asked("steps") if covered else "hide")
        self.todos = todos_of(overview)
        self.sentence = sentence_of(self.todos)
        self.attention = f"{sum(todo.number for todo in self.todos):,}"
        self.at = call.core.clock.now().isoformat()
        await self._fill_activity(call)

    def _has_feed(self) -> bool:
        return True

    async def _fill_feed(self, call: Call) -> None:
        # The vault's first read completes one of the first steps.
        await (self._fill_activity(call) if self.has_read else self._fill(call))

    async def _fill_activity(self, call: Call) -> None:
        self.feed = []
        if self.why_no_activity:
            return
        reads = await reads_over_time(call.core, call.caller, SPANS[self.span])
        page = await list_entries(call.core, call.caller, PageRequest(limit=LOOKED_AT))
        self._show_reads(reads)
        self.feed = feed_of(page.items, call.caller, most=ACTIVITY)

    def _show_counts(self, overview: View) -> None:
        counts = overview.counts
        self.figures = Figures(
            projects=f"{counts.projects:,}",
            in_applications=f"in {counted(counts.applications, 'application')}",
            secrets=f"{counts.secrets:,}",
            unread=unread_of(counts),
            machines="–" if counts.machines is None else f"{counts.machines:,}",
            seen=""
            if counts.machines_seen is None
            else f"{counts.machines_seen:,} active this week",
            members=f"{counts.members:,}",
        )
        self.unread = f"{counts.secrets_unread:,}" if counts.secrets_unread else "None"
        self.frozen = joined([project.name for project in overview.frozen_projects]) or "None"

    def _show_steps(self, overview: View, *, wanted: str) -> None:
        steps = overview.first_steps
        self.has_project, self.has_secret = steps.has_project, steps.has_secret
        self.machine_registered = steps.machine_registered
        self.machine_approved = steps.machine_approved
        self.machine_granted, self.has_read = steps.machine_granted, steps.has_read
        path = steps.granted_path
        self.read_command = f"strongroom get {quote(path)}" if path is not None else ""
        self.first_read = overview.first_read_at.isoformat() if overview.first_read_at else ""
        wanted_now = wanted == "show" or (not steps.has_read and wanted != "hide")
        # The steps are for people who can take all of them.
        self.first_steps = wanted_now and not (self.why_not_create or self._why_not_connect)

    def _show_reads(self, reads: ReadsOverTime) -> None:
        self.reads, self.refused = f"{reads.delivered:,}", f"{reads.refused:,}"
        self.reads_noun = "read" if reads.delivered == 1 else "reads"
        buckets = [
            Bucket(start=each.start.isoformat(), read=each.delivered, refused=each.refused)
            for each in reads.buckets
        ]
        self.drawing = draw(buckets, minutes=reads.step // 60)


def unread_of(counts: Counts) -> str:
    """Return how many secrets are unused, or an empty string if there are no secrets."""
    if not counts.secrets:
        return ""
    found = [
        f"{number:,} {what}"
        for number, what in (
            (counts.secrets_never_read, "never read"),
            (counts.secrets_unread, "unused for 90 days"),
        )
        if number
    ]
    return ", ".join(found) or "All read in the last 90 days"


def span_since(first_read: datetime | None, now: datetime) -> str:
    """Return the chart's default span: one day, until the first read is more than a day old."""
    return "24h" if first_read is not None and now - first_read < timedelta(days=1) else USUAL_SPAN


def todos_of(overview: View) -> list[Todo]:
    """Return everything that needs attention, most urgent first."""
    found = [
        Todo(
            "snowflake",
            "danger",
            f"{project.application_name}/{project.name} is frozen"
            if project.application_name
            else f"{project.name} is frozen",
            project.reason or "Reads of its secrets are blocked.",
            "Recover",
            f"/projects/{project.id}/frozen",
        )
        for project in overview.frozen_projects
    ]
    found += [
        Todo(
            "triangle-alert",
            "danger",
            f"The account {each.username} is being recovered",
            "Second factors or recent changes are removed within 24 hours. Ask them whether it was them.",
            "Open",
            "/audit",
        )
        for each in overview.recoveries
    ]
    waiting = overview.pending_machines
    if waiting:
        number = overview.counts.machines_pending or len(waiting)
        more = number - 1
        found.append(
            Todo(
                "server",
                "brass",
                f"{counted(number, 'machine')} {'are' if more else 'is'} waiting for approval",
                waiting[0].name + (f" and {more:,} more" if more else ""),
                "Review",
                "/machines",
                number,
            )
        )
    if overview.expiring_machines:
        first, number = overview.expiring_machines[0], len(overview.expiring_machines)
        found.append(
            Todo(
                "hourglass",
                "plain",
                f"{counted(number, 'machine')} {'expires' if number == 1 else 'expire'} soon",
                f"First: {first.name}",
                "Open",
                f"/machines/{first.id}",
                number,
            )
        )
    if overview.nearly_used_tokens:
        token, number = overview.nearly_used_tokens[0], len(overview.nearly_used_tokens)
        found.append(
            Todo(
                "ticket",
                "plain",
                f"{counted(number, 'enrollment token')} {'is' if number == 1 else 'are'} nearly used up",
                f"{token.name}: {token.uses:,} of {token.max_uses:,} machines"
                + (f", and {number - 1:,} more" if number > 1 else ""),
                "Open",
                "/machines/tokens",
                number,
            )
        )
    return found


def sentence_of(todos: Sequence[Todo]) -> str:
    """Return the sentence below the title, after the time."""
    if not todos:
        return "Nothing needs your attention."
    number = sum(todo.number for todo in todos)
    return f"{counted(number, 'item')} {'needs' if number == 1 else 'need'} your attention."
