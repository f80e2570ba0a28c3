"""What the command palette finds (V-6)."""

from __future__ import annotations

import reflex as rx

from strongroom_core.kernel.errors import StrongroomError
from strongroom_core.overview.search import search
from strongroom_core.overview.views import Found, FoundKind
from strongroom_dashboard.components.palette import Group, Hit
from strongroom_dashboard.door import calling

TITLES = {
    FoundKind.SECRET: "Secrets",
    FoundKind.PROJECT: "Projects",
    FoundKind.APPLICATION: "Applications",
    FoundKind.MACHINE: "Machines",
}
MOST = 20
LONGEST = 255


class Palette(rx.State):
    """Things that begin with what was typed, by kind. `looked_for` is that text, as it was typed."""

    groups: list[Group] = []
    looked_for: str = ""

    @rx.event
    async def search(self, text: str) -> None:
        """Find things by the beginnings of words."""
        call = calling()
        words = text.strip()[:LONGEST]
        try:
            found = await search(call.core, call.caller, words, limit=MOST) if words else []
        except StrongroomError:
            found = []
        self.looked_for = text[:LONGEST]
        self.groups = [
            Group(title=title, hits=[_hit(each) for each in found if each.kind is kind])
            for kind, title in TITLES.items()
            if any(each.kind is kind for each in found)
        ]


def _hit(found: Found) -> Hit:
    place = [part for part in (found.application_name, found.project_name) if part]
    return Hit(kind=found.kind, name=found.name, where=", ".join(place), href=_href(found))


def _href(found: Found) -> str:
    match found.kind:
        case FoundKind.SECRET:
            return f"/projects/{found.project_id}?secret={found.id}"
        case FoundKind.PROJECT:
            return f"/projects/{found.id}"
        case FoundKind.APPLICATION:
            return f"/applications/{found.id}"
        case FoundKind.MACHINE:
            return f"/machines/{found.id}"
