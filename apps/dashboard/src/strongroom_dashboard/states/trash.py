"""The trash: what was deleted, and until when it can be had back (S-7, V-3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import reflex as rx

from strongroom_core.kernel.page import PageRequest
from strongroom_core.secrets.listing import list_trash
from strongroom_dashboard.states.counting import counted
from strongroom_dashboard.states.screen import Screen

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.secrets.views import TrashItem
    from strongroom_dashboard.door import Call

PAGE = 50
SOON, DAY, HOUR = timedelta(days=3), timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True)
class TrashRow:
    """A deleted thing. `path` is the API's, `number` and `lost` say what a purge destroys."""

    id: str
    name: str
    kind: str
    path: str
    back: str
    where: str
    holds: str
    deleted: str
    by: str
    left: str
    soon: bool
    purged: str
    number: str
    lost: str


class Trash(Screen, rx.State):
    """What can still be had back, last deleted first."""

    sentence: str = ""
    rows: list[TrashRow] = []
    older: str = ""
    newer: str = ""

    async def _fill(self, call: Call) -> None:
        after = self._asked("after")
        page = await list_trash(
            call.core, call.caller, PageRequest.parse(limit=PAGE, cursor=after or None, keys=2)
        )
        now = call.core.clock.now()
        self.rows = [row_of(item, now) for item in page.items]
        cursor = page.next_cursor
        self.older = f"/trash?{urlencode({'after': cursor})}" if cursor else ""
        self.newer = "/trash" if after else ""
        self.sentence = _sentence(self.rows)


def row_of(item: TrashItem, now: datetime) -> TrashRow:
    """Return one line of the trash."""
    is_project = item.kind == "project"
    left = max(item.purged_at - now, timedelta(0))
    place = (
        f"{item.application_name}, {item.project_name}"
        if item.application_name
        else item.project_name
    )
    noun = "secret" if is_project else "version"
    return TrashRow(
        id=item.id,
        name=item.name,
        kind="Project" if is_project else "Secret",
        path=f"/api/{'projects' if is_project else 'secrets'}/{item.id}",
        back=(
            f"/projects/{item.id}"
            if is_project
            else f"/projects/{item.project_id}?secret={item.id}"
        ),
        where=(item.application_name or "Standalone") if is_project else place,
        holds=counted(item.holds, noun),
        deleted=item.trashed_at.isoformat(),
        by=item.trashed_by or "",
        left=_left(left),
        soon=left <= SOON,
        purged=f"{item.purged_at.day} {item.purged_at:%b}, {item.purged_at:%H:%M} UTC",
        number=f"{item.holds:,}",
        lost=_lost(item.holds, is_project=is_project),
    )


def _left(left: timedelta) -> str:
    if left > DAY:
        return counted(ceil(left / DAY), "day")
    return counted(ceil(left / HOUR), "hour")


def _lost(number: int, *, is_project: bool) -> str:
    noun = ("secret" if number == 1 else "secrets") if is_project else _versions(number)
    rest = "with every version, and the project's key" if is_project else "and what they held"
    return f"{noun} destroyed, {rest}"


def _versions(number: int) -> str:
    return "version" if number == 1 else "versions"


def _sentence(rows: list[TrashRow]) -> str:
    if not rows:
        return "What is deleted waits here for 30 days, and is destroyed after that."
    soon = sum(row.soon for row in rows)
    if not soon:
        return "Each can be had back for 30 days, and is destroyed after that."
    return f"{soon} of these {'is' if soon == 1 else 'are'} destroyed within 3 days."
