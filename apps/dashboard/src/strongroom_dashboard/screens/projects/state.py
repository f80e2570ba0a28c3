"""All projects, grouped by application with environments in order (V-2), or as one sorted list."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import reflex as rx

from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.limits import FILTER_LENGTH, SEARCH_LENGTH
from strongroom_core.kernel.names import folded
from strongroom_core.kernel.page import PageRequest
from strongroom_core.overview.search import search
from strongroom_core.overview.views import FoundKind
from strongroom_core.projects.browse import browse_projects, count_projects
from strongroom_core.projects.listing import PROJECTS, list_applications, list_projects
from strongroom_dashboard.components.fields import Option
from strongroom_dashboard.components.filter import FilterOption
from strongroom_dashboard.components.palette import Hit
from strongroom_dashboard.screens.screen import Screen
from strongroom_dashboard.screens.shell import hit_of
from strongroom_dashboard.screens.sorted_list import (
    SortedList,
    known_sort,
    sorted_list,
    unknown_list,
)
from strongroom_dashboard.screens.wording import counted, why_not

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.projects.views import (
        EnvironmentCount,
        ProjectCounts,
        ProjectGroup,
        ProjectView,
    )
    from strongroom_dashboard.event_session import Call

PAGE = 25
SECRETS_SHOWN = 5
"""How many matching secrets to list below the projects."""

SORTS = ("name", "-secrets", "-machines", "-lastReadAt", "-frozenAt")
MOST_TO_CHOOSE = 200
ADDRESS = "/projects"
NEW = ("application", "project")
"""The dialogs that links from other screens can open, as in `?new=project`."""


@dataclass(frozen=True)
class ProjectRow:
    """A row: an application (`heads`) or a project."""

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
    """The list of projects."""

    sentence: str = ""
    rows: list[ProjectRow] = []
    nothing_yet: bool = False
    around: SortedList = unknown_list(SORTS)
    q: str = ""
    environment: str = ""
    only_frozen: bool = False
    environments: list[FilterOption] = []
    without_environment: str = ADDRESS
    without_frozen: str = ADDRESS
    with_frozen: str = ADDRESS
    without_any: str = ADDRESS
    applications: list[Option] = []
    application_names: str = "[]"
    asked: str = ""
    why_not_create: str = ""
    secrets: list[Hit] = []
    more_secrets: bool = False
    only_secrets: bool = False

    async def _fill(self, call: Call) -> None:
        self.q = self._asked("q").strip()[:FILTER_LENGTH]
        self.environment = self._asked("environment")[:FILTER_LENGTH]
        self.only_frozen = self._asked("frozen") == "yes"
        new = self._asked("new")
        self.asked = f"new-{new}" if new in NEW else ""
        counts = await count_projects(call.core, call.caller)
        known = await list_applications(call.core, call.caller, PageRequest(MOST_TO_CHOOSE))
        await self._list(call, counts)
        await self._find_secrets(call)
        asked = self._filters().keys() - {"sort"} or self._asked("cursor")
        self.nothing_yet = not (self.rows or asked)
        self.sentence = _sentence(counts)
        self._link(counts.environments)
        self.applications = [Option(value=each.id, text=each.name) for each in known.items]
        self.application_names = json.dumps([each.name.lower() for each in known.items])
        self.why_not_create = why_not(call, VaultCapability.PROJECTS_CREATE)

    async def _find_secrets(self, call: Call) -> None:
        """Show the first secrets that match the search, found in the same way as in the palette."""
        typed = self.q[:SEARCH_LENGTH]
        found = (
            await search(
                call.core, call.caller, typed, limit=SECRETS_SHOWN + 1, only=FoundKind.SECRET
            )
            if typed
            else []
        )
        self.secrets = [hit_of(each) for each in found[:SECRETS_SHOWN]]
        self.more_secrets = len(found) > SECRETS_SHOWN
        self.only_secrets = bool(found) and not self.rows

    async def _list(self, call: Call, counts: ProjectCounts) -> None:
        """Show one page. It is grouped by application, unless it is sorted by something other than names."""
        sort = known_sort(self._asked("sort"), SORTS)
        page = PageRequest.parse(limit=PAGE, cursor=self._asked("cursor") or None, sort=sort)
        filters = self._filters()
        everything = counts.projects if filters.keys() - {"sort"} else None
        link = partial(address, filters)
        if sort is None or sort.removeprefix("-") == PROJECTS.default:
            groups = await browse_projects(
                call.core,
                call.caller,
                page,
                q=self.q,
                environment=self.environment,
                frozen=self.only_frozen,
            )
            self.rows = [row for group in groups.items for row in rows_of(group)]
            nouns = (
                ("application or standalone project", "applications and standalone projects")
                if everything is None
                else ("matching application or project", "matching applications and projects")
            )
            current = sort or PROJECTS.default
            self.around = sorted_list(
                groups, link, sorts=SORTS, current=current, nouns=nouns, everything=None
            )
            return
        found = await list_projects(
            call.core,
            call.caller,
            page,
            q=self.q,
            environment=self.environment,
            frozen=self.only_frozen,
        )
        self.rows = [project_row(each, indented=False, alone=True) for each in found.items]
        self.around = sorted_list(
            found,
            link,
            sorts=SORTS,
            current=sort,
            nouns=("project", "projects"),
            everything=everything,
        )

    def _filters(self) -> dict[str, str]:
        wanted = {
            "q": self.q,
            "environment": self.environment,
            "frozen": "yes" if self.only_frozen else "",
            "sort": known_sort(self._asked("sort"), SORTS) or "",
        }
        return {name: value for name, value in wanted.items() if value}

    def _link(self, environments: Sequence[EnvironmentCount]) -> None:
        filters = self._filters()
        self.without_environment = address(filters, environment="")
        self.without_frozen = address(filters, frozen="")
        self.with_frozen = address(filters, frozen="yes")
        self.without_any = ADDRESS
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
    """Return the list's URL with some filters changed. An empty value removes the filter."""
    query = {name: value for name, value in {**filters, **changed}.items() if value}
    return f"{ADDRESS}?{urlencode(query)}" if query else ADDRESS


def rows_of(group: ProjectGroup) -> list[ProjectRow]:
    """Return the rows of an application and its projects, or of a standalone project."""
    if group.application_id is None:
        return [project_row(each, indented=False) for each in group.projects]
    head = ProjectRow(
        key=group.application_id,
        heads=True,
        name=group.name,
        href=f"/applications/{group.application_id}",
        sub=group.description or "",
        environment="",
        indented=False,
        secrets="",
        machines="",
        last_read="",
        frozen_since="",
        frozen_href="",
    )
    return [head, *(project_row(each, indented=True) for each in group.projects)]


def project_row(project: ProjectView, *, indented: bool, alone: bool = False) -> ProjectRow:
    """Return a project's row. The environment is left out if it is the same as the project's name.

    `alone` adds the application's name, for a list that isn't grouped.
    """
    within = alone and project.application_name is not None
    same = folded(project.environment or "") == folded(project.name)
    return ProjectRow(
        key=project.id,
        heads=False,
        name=f"{project.application_name}/{project.name}" if within else project.name,
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


def _sentence(counts: ProjectCounts) -> str:
    if not counts.projects and not counts.applications:
        return "A project holds secrets, encrypted with its own key."
    held = (
        f"{counted(counts.projects, 'project')} and {counted(counts.applications, 'application')}."
    )
    named = counts.environments[:3]
    if not named:
        return held
    elsewhere = counts.projects - sum(each.projects for each in named)
    first, *others = [f"{each.projects:,} in {each.name}" for each in named]
    first = first.replace(
        " in ", " project is in " if named[0].projects == 1 else " projects are in ", 1
    )
    others += [f"{elsewhere:,} elsewhere"] if elsewhere else []
    return f"{held} {_and([first, *others])}."


def _and(parts: Sequence[str]) -> str:
    """Return `a`, `a and b`, or `a, b and c`."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
