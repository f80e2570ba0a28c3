"""The trash: deleted secrets and projects, restorable for 30 days (S-7, V-3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from math import ceil
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import reflex as rx

from strongroom_core.kernel.limits import FILTER_LENGTH
from strongroom_core.kernel.page import PageRequest
from strongroom_core.secrets.listing import TRASH, list_trash
from strongroom_dashboard.screens.screen import Screen
from strongroom_dashboard.screens.sorted_list import (
    SortedList,
    known_sort,
    sorted_list,
    unknown_list,
)
from strongroom_dashboard.screens.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from strongroom_core.secrets.views import TrashItem
    from strongroom_dashboard.event_session import Call

PAGE = 50
SORTS = ("name", "projectName", "-trashedAt")
SOON, DAY, HOUR = timedelta(days=3), timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True)
class FormerReaderLine:
    """A machine that could read a secret. `fields` is empty if the machine could read all of the secret."""

    id: str
    name: str
    fields: str


@dataclass(frozen=True)
class TrashRow:
    """A deleted object. `path` is its API path; `number` and `lost` say what permanent deletion would remove.

    `readers` are machines that could read a deleted secret and can regain access.
    """

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
    former: str
    readers: list[FormerReaderLine]


class Trash(Screen, rx.State):
    """The trash, most recently deleted first."""

    sentence: str = ""
    rows: list[TrashRow] = []
    q: str = ""
    around: SortedList = unknown_list(SORTS)
    everything: str = ""

    async def _fill(self, call: Call) -> None:
        asked = {name: text for name in ("q", "sort") if (text := self._asked(name))}
        self.q = asked.get("q", "")[:FILTER_LENGTH]
        sort = known_sort(asked.get("sort", ""), SORTS)
        wanted = PageRequest.parse(limit=PAGE, cursor=self._asked("cursor") or None, sort=sort)
        page = await list_trash(call.core, call.caller, wanted, q=self.q)
        self.everything = "/api/trash?" + urlencode({"q": self.q} if self.q else {})
        now = call.core.clock.now()
        self.rows = [row_of(item, now) for item in page.items]
        self.around = sorted_list(
            page,
            partial(_href, asked),
            sorts=SORTS,
            current=sort or TRASH.default,
            nouns=("matching item", "matching items") if self.q else ("item", "items"),
        )
        self.sentence = _sentence(self.rows)


def row_of(item: TrashItem, now: datetime) -> TrashRow:
    """Return one row."""
    is_project = item.kind == "project"
    left = max(item.purged_at - now, timedelta(0))
    place = (
        f"{item.application_name}/{item.project_name}"
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
        purged=item.purged_at.isoformat(),
        number=f"{item.holds:,}",
        lost=_lost(item.holds, is_project=is_project),
        former=(
            f"{counted(len(item.former_readers), 'machine')} had access"
            if item.former_readers
            else ""
        ),
        readers=[
            FormerReaderLine(
                id=str(each.machine_id), name=each.machine_name, fields=", ".join(each.field_names)
            )
            for each in item.former_readers
        ],
    )


def _href(asked: Mapping[str, str], **changes: str | None) -> str:
    query = {name: value for name, value in {**asked, **changes}.items() if value}
    return f"/trash?{urlencode(query)}" if query else "/trash"


def _left(left: timedelta) -> str:
    if left > DAY:
        return counted(ceil(left / DAY), "day")
    return counted(ceil(left / HOUR), "hour")


def _lost(number: int, *, is_project: bool) -> str:
    noun = ("secret" if number == 1 else "secrets") if is_project else _versions(number)
    rest = ", with every version and the project's key" if is_project else ""
    return f"{noun} permanently deleted{rest}"


def _versions(number: int) -> str:
    return "version" if number == 1 else "versions"


def _sentence(rows: list[TrashRow]) -> str:
    if not rows:
        return "Items are permanently deleted after 30 days."
    soon = sum(row.soon for row in rows)
    if not soon:
        return "Items are permanently deleted after 30 days."
    return f"{soon} of these will be permanently deleted within 3 days."
