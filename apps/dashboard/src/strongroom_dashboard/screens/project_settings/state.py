"""A project's settings: name, environment, freeze, delete (V-2, V-3, V-4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.page import PageRequest
from strongroom_core.projects.listing import list_applications
from strongroom_core.projects.weigh import weigh_project
from strongroom_dashboard.components.dialog import Consequence
from strongroom_dashboard.components.fields import Option
from strongroom_dashboard.screens.project_head import ProjectHead
from strongroom_dashboard.screens.wording import counted, why_not

if TYPE_CHECKING:
    from strongroom_core.projects.views import ProjectView, ProjectWeight
    from strongroom_dashboard.event_session import Call

MOST_TO_CHOOSE = 200


class ProjectSettings(ProjectHead, rx.State):
    """The settings of the project in the URL."""

    created: str = ""
    applications: list[Option] = []
    freezing: list[Consequence] = []
    deleting: list[Consequence] = []
    moving_out: list[Consequence] = []
    labelled: str = ""
    why_not_change: str = ""
    why_not_freeze: str = ""
    why_not_delete: str = ""

    async def _fill(self, call: Call) -> None:
        self.applications, self.freezing, self.deleting, self.moving_out = [], [], [], []
        project = await self._fill_head(call)
        weight = await weigh_project(call.core, call.caller, project.id)
        known = await list_applications(call.core, call.caller, PageRequest(MOST_TO_CHOOSE))
        self.created = project.created_at.isoformat()
        self.applications = [
            Option(value=each.id, text=each.name)
            for each in known.items
            if each.id != project.application_id
        ]
        self.freezing = freezing(weight)
        self.deleting = deleting(weight)
        self.moving_out = moving_out(project)
        self.labelled = _labelled(weight.labelled)
        self.why_not_change = why_not(call, VaultCapability.PROJECTS_CREATE)
        self.why_not_freeze = why_not(call, VaultCapability.PROJECTS_FREEZE)
        self.why_not_delete = why_not(call, VaultCapability.PROJECTS_DELETE)
        may_freeze = not self.why_not_freeze and not self.head.frozen_since
        self.asked = "new-freeze" if self._asked("new") == "freeze" and may_freeze else ""


def freezing(weight: ProjectWeight) -> list[Consequence]:
    """Return the consequences of a freeze."""
    found = [
        _line(weight.secrets, "secret", "secrets", "that can't be read until you unfreeze it"),
        _line(weight.readers, "machine", "machines", "will lose access"),
    ]
    if weight.reads_hour is not None:
        found.append(_line(weight.reads_hour, "read", "reads", "in the last hour"))
    return _telling(found)


def deleting(weight: ProjectWeight) -> list[Consequence]:
    """Return the consequences of deleting a project."""
    found = [
        _line(weight.secrets, "secret", "secrets", "will be moved to the trash for 30 days"),
        _line(weight.versions, "version", "versions", "will be moved with them"),
        _line(weight.readers, "machine", "machines", "will lose access immediately"),
        _line(weight.reads_day or 0, "read", "reads", "in the last 24 hours"),
    ]
    return _telling(found)


def moving_out(project: ProjectView) -> list[Consequence]:
    """Return what stays the same when a project leaves its application."""
    return [
        _line(project.secrets, "secret keeps its", "secrets keep their", "IDs and values"),
        _line(project.machines, "machine keeps its", "machines keep their", "access"),
    ]


def _labelled(number: int) -> str:
    if not number:
        return ""
    label = "its environment label" if number == 1 else "their environment labels"
    return (
        f"{counted(number, 'secret')} will lose {label}. The project's environment applies instead."
    )


def _telling(lines: list[Consequence]) -> list[Consequence]:
    """Leave out zeros, except in the first line."""
    return [line for at, line in enumerate(lines) if at == 0 or line["number"] != "0"]


def _line(number: int, one: str, many: str, rest: str) -> Consequence:
    return Consequence(number=f"{number:,}", text=f"{one if number == 1 else many} {rest}")
