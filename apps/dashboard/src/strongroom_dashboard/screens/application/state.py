"""One application: its projects, one per environment (V-2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.ids import ApplicationId
from strongroom_core.projects.listing import read_application
from strongroom_dashboard.screens.projects.state import ProjectRow, project_row
from strongroom_dashboard.screens.screen import Screen
from strongroom_dashboard.screens.wording import counted, why_not

if TYPE_CHECKING:
    from strongroom_core.projects.views import ApplicationView
    from strongroom_dashboard.event_session import Call

USUAL = ("development", "staging", "production")


class ApplicationScreen(Screen, rx.State):
    """The application from the URL."""

    id: str = ""
    name: str = ""
    description: str = ""
    revision: int = 0
    sentence: str = ""
    rows: list[ProjectRow] = []
    secrets: str = ""
    missing: str = ""
    settings: bool = False
    why_not_change: str = ""
    why_not_delete: str = ""
    holds: str = ""

    async def _fill(self, call: Call) -> None:
        self.id = self.name = self.description = self.sentence = ""
        self.rows = []
        found = await read_application(call.core, call.caller, ApplicationId(self._part(1)))
        self.id, self.name = found.id, found.name
        self.description = found.description or ""
        self.revision = found.revision
        self.settings = self._asked("tab") == "settings"
        self.rows = [project_row(each, indented=False) for each in found.projects]
        self.secrets = counted(sum(each.secrets for each in found.projects), "secret")
        self.sentence = self.description or _sentence(found)
        have = {(each.environment or "").lower() for each in found.projects}
        self.missing = next((each for each in USUAL if each not in have), "")
        self.why_not_change = why_not(call, VaultCapability.PROJECTS_CREATE)
        self.holds = _holds(found)
        self.why_not_delete = why_not(call, VaultCapability.PROJECTS_DELETE) or self.holds


def _sentence(application: ApplicationView) -> str:
    projects = application.projects
    secrets = sum(each.secrets for each in projects)
    if not projects:
        return "No environments yet. Each one is a project with its own encryption key."
    return f"{counted(len(projects), 'environment')}, {counted(secrets, 'secret')}."


def _holds(application: ApplicationView) -> str:
    live, trashed = len(application.projects), application.trashed_projects
    if not live and not trashed:
        return ""
    parts = [f"Delete or move its {counted(live, 'project')} first."] if live else []
    if trashed:
        parts.append(
            f"Restore or permanently delete its {counted(trashed, 'project')} in the trash."
        )
    return " ".join(parts)
