"""Renames and describes a project, and moves it into or out of an application (V-2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.projects import PROJECT_MOVE, PROJECT_UPDATE
from strongroom_core.access.gains import require_no_gain
from strongroom_core.db.conflicts import name_taken_as
from strongroom_core.db.query import revise
from strongroom_core.kernel.authority import Place
from strongroom_core.kernel.limits import DESCRIPTION_LENGTH, NAME_LENGTH
from strongroom_core.kernel.names import require_path_part, require_text
from strongroom_core.projects.create import (
    OTHERS_TAKEN,
    TAKEN,
    require_application,
    require_environment,
)
from strongroom_core.projects.listing import project_in
from strongroom_core.schema.projects import Project
from strongroom_core.schema.secrets import Secret

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import ApplicationId, ProjectId
    from strongroom_core.projects.views import ProjectView


async def update_project(
    core: Core,
    caller: Human,
    project: ProjectId,
    *,
    name: str | None = None,
    description: str | None = None,
    if_match: int | None = None,
) -> ProjectView:
    """Change the name or description. None leaves either unchanged; an empty description removes it."""
    if name is not None:
        require_path_part(name, field="name", most=NAME_LENGTH)
    text = require_text(description, field="description", most=DESCRIPTION_LENGTH)
    async with gate.perform(core, caller, PROJECT_UPDATE, project) as act:
        act.require_revision(if_match)
        described = {Project.description: text} if description is not None else {}
        with name_taken_as(TAKEN):
            await act.run(revise(Project, project, described, name=name))
        if name is not None and name != act.target.name:
            act.record(renamed_from=act.target.name, renamed_to=name)
        return await project_in(act, project)


async def move_project(
    core: Core,
    caller: Human,
    project: ProjectId,
    *,
    application: ApplicationId | None,
    environment: str | None,
    if_match: int | None = None,
) -> ProjectView:
    """Move a project into an application and environment, or make it standalone if `application` is None.

    Its ID, key and secrets stay the same. Inside an application, secrets lose their own environment labels,
    because the project's environment applies. Raises `Refused` if someone would gain rights that the caller
    doesn't have at both places.
    """
    label = require_environment(environment, needed=application is not None)
    async with gate.perform(core, caller, PROJECT_MOVE, project) as act:
        act.require_revision(if_match)
        if application is not None:
            await require_application(act, application)
        after = Place(project, application, label)
        await require_no_gain(act, before=act.target.located, after=after)
        if application is not None:
            await act.run(
                Secret.update({Secret.environment: None}).where(Secret.project == project)
            )
        with name_taken_as(TAKEN, OTHERS_TAKEN):
            await act.connection.execute(
                "update project set revision = revision + 1, application = $2, environment = $3,"
                " position = (select coalesce(max(p.position) + 1, 0) from project p"
                " where p.application = $2::varchar) where id = $1",
                project,
                application,
                label,
            )
        act.record(application=application, environment=label)
        return await project_in(act, project)
