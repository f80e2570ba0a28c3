"""The state of the page where people enter a program's code. It contains neither code nor request (D-5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.keys.approve import MOST_PROJECTS
from strongroom_core.overview.search import list_offered
from strongroom_dashboard.screens.screen import Screen

if TYPE_CHECKING:
    from strongroom_dashboard.event_session import Call


@dataclass(frozen=True)
class OfferedProject:
    """A project to which a key can be limited."""

    id: str
    path: str


class Connect(Screen, rx.State):
    """The projects to which a key can be limited."""

    projects: list[OfferedProject] = []

    async def _fill(self, call: Call) -> None:
        offered = await list_offered(call.core, call.caller, projects=MOST_PROJECTS, secrets=0)
        self.projects = [OfferedProject(each.id, each.path) for each in offered]
