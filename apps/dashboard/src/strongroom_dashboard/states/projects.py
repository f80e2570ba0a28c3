"""All applications and projects: by application, environments in order (V-2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import reflex as rx

from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.names import folded
from strongroom_core.kernel.page import PageRequest
from strongroom_core.projects.browse import browse_projects, count_projects
from strongroom_core.projects.listing import list_applications
from strongroom_dashboard.components.fields import Option
from strongroom_dashboard.components.filter import FilterOption
from strongroom_dashboard.states.counting import counted
from strongroom_dashboard.states.rights import why_not
from strongroom_dashboard.states.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.projects.views import (
        EnvironmentCount,
        ProjectCounts,
        ProjectView,
        Shelf,
    )
    from strongroom_dashboard.door import Call

PAGE = 25
MOST_TO_CHOOSE = 200
LONGEST = 255
ADDRESS = "/projects"
NEW = ("application", "project")
"""What a link from another screen may ask to make: `?new=project`."""


@dataclass(frozen=True)
class ProjectRow:
    """A line of the list: an application's (`heads`), or a project's with its numbers."""

    key: str
    heads: bool
    name: str
    href: str
    sub: str
    environment: str
    indented: bool
    secrets: str
    machines: str
    last_read: str
    frozen_since: str
    frozen_href: str


class Projects(Screen, rx.State):
    """The list of everything that holds secrets."""

    sentence: str = ""
    rows: list[ProjectRow] = []
    nothing_yet: bool = False
    shown: str = ""
    total: str = ""
    q: str = ""
    environment: str = ""
    only_frozen: bool = False
    environments: list[FilterOption] = []
    without_environment: str = ADDRESS
    without_frozen: str = ADDRESS
    with_frozen: str = ADDRESS
    without_any: str = ADDRESS
    older: str = ""
    newer: str = ""
    applications: list[Option] = []
    asked: str = ""
    why_not_create: str = ""

    async def _fill(self, call: Call) -> None:
        self.q = self._asked("q").strip()[:LONGEST]
        self.environment = self._asked("environment")[:LONGEST]
        self.only_frozen = self._asked("frozen") == "yes"
        new = self._asked("new")
        self.asked = f"new-{new}" if new in NEW else ""
        after = self._asked("after")
        page = await browse_projects(
            call.core,
            call.caller,
            PageRequest.parse(limit=PAGE, cursor=after or None, keys=2),
            q=self.q,
            environment=self.environment,
            frozen=self.only_frozen,
        )
        counts = await count_projects(call.core, call.caller)
        known = await list_applications(call.core, call.caller, PageRequest(MOST_TO_CHOOSE))
        self.rows = [row for shelf in page.items for row in rows_of(shelf)]
        self.nothing_yet = not (page.items or after or self._filters())
        self.shown = _shown(page.items)
        self.total = f"{counts.projects:,}"
        self.sentence = _sentence(counts)
        self._link(page.next_cursor, counts.environments)
        self.applications = [Option(value=each.id, text=each.name) for each in known.items]
        self.why_not_create = why_not(call, VaultCapability.PROJECTS_CREATE)

    def _filters(self) -> dict[str, str]:
        wanted = {
            "q": self.q,
            "environment": self.environment,
            "frozen": "yes" if self.only_frozen else "",
        }
        return {name: value for name, value in wanted.items() if value}

    def _link(self, cursor: str | None, environments: Sequence[EnvironmentCount]) -> None:
        filters = self._filters()
        self.without_environment = address(filters, environment="")
        self.without_frozen = address(filters, frozen="")
        self.with_frozen = address(filters, frozen="yes")
        self.without_any = ADDRESS
        self.older = address(filters, after=cursor) if cursor else ""
        self.newer = address(filters) if self._asked("after") else ""
        self.environments = [
            FilterOption(
                text=each.name,
                href=address(filters, environment=each.name),
                count=f"{each.projects:,}",
                current=each.name.lower() == self.environment.lower(),
            )
            for each in environments
        ]


def address(filters: dict[str, str], **changed: str) -> str:
    """Return the list's URL with some filters changed; an empty one goes."""
    query = {name: value for name, value in {**filters, **changed}.items() if value}
    return f"{ADDRESS}?{urlencode(query)}" if query else ADDRESS


def rows_of(shelf: Shelf) -> list[ProjectRow]:
    """Return the lines of an application and its projects, or of a project that stands alone."""
    if shelf.application_id is None:
        return [project_row(each, indented=False) for each in shelf.projects]
    head = ProjectRow(
        key=shelf.application_id,
        heads=True,
        name=shelf.name,
        href=f"/applications/{shelf.application_id}",
        sub=shelf.description or "",
        environment="",
        indented=False,
        secrets="",
        machines="",
        last_read="",
        frozen_since="",
        frozen_href="",
    )
    return [head, *(project_row(each, indented=True) for each in shelf.projects)]


def project_row(project: ProjectView, *, indented: bool) -> ProjectRow:
    """Return the line of one project; an environment that is also its name is not said twice."""
    same = folded(project.environment or "") == folded(project.name)
    return ProjectRow(
        key=project.id,
        heads=False,
        name=project.name,
        href=f"/projects/{project.id}",
        sub=project.description or "",
        environment="" if same else project.environment or "",
        indented=indented,
        secrets=f"{project.secrets:,}",
        machines=f"{project.machines:,}",
        last_read=project.last_read_at.isoformat() if project.last_read_at is not None else "",
        frozen_since=project.frozen_at.isoformat() if project.frozen_at is not None else "",
        frozen_href=f"/projects/{project.id}/frozen",
    )


def _shown(shelves: Sequence[Shelf]) -> str:
    return f"{sum(len(shelf.projects) for shelf in shelves):,}"


def _sentence(counts: ProjectCounts) -> str:
    if not counts.projects and not counts.applications:
        return "A project is a set of secrets under a key of its own."
    held = f"{counted(counts.projects, 'project')}, {counted(counts.applications, 'application')}"
    places = ", ".join(f"{each.projects:,} in {each.name}" for each in counts.environments[:3])
    return f"{held}{': ' if places else ''}{places}."
