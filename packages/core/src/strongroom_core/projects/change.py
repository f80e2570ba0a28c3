"""Rename and describe a project; move it into and out of an application (V-2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.db.conflicts import name_taken_as
from strongroom_core.kernel.names import folded, optional_text, require_name
from strongroom_core.projects.create import (
    DESCRIPTION_LENGTH,
    NAME_LENGTH,
    TAKEN,
    require_application,
    require_environment,
)
from strongroom_core.projects.listing import project_in

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
    """Change name or description; None leaves as it is, an empty description removes it."""
    if name is not None:
        require_name(name, field="name", most=NAME_LENGTH)
    text = optional_text(description, field="description", most=DESCRIPTION_LENGTH)
    async with gate.perform(core, caller, Action.PROJECT_UPDATE, project) as act:
        act.require_revision(if_match)
        with name_taken_as(TAKEN):
            await act.connection.execute(
                "update project set revision = revision + 1, name = coalesce($2, name),"
                " name_folded = coalesce($3, name_folded),"
                " description = case when $4 then $5 else description end where id = $1",
                project,
                name,
                folded(name) if name is not None else None,
                description is not None,
                text,
            )
        if name is not None and name != act.target.name:
            act.record(renamed_from=act.target.name, renamed_to=name)
        return await project_in(act.connection, project)


async def move_project(
    core: Core,
    caller: Human,
    project: ProjectId,
    *,
    application: ApplicationId | None,
    environment: str | None,
    if_match: int | None = None,
) -> ProjectView:
    """Put a project into an application under an environment, or, with None, make it stand alone.

    Its id, key and secrets stay as they are. Secrets that carried labels of their own lose them
    inside an application, where the project's environment is theirs.
    """
    label = require_environment(environment, needed=application is not None)
    async with gate.perform(core, caller, Action.PROJECT_MOVE, project) as act:
        act.require_revision(if_match)
        if application is not None:
            await require_application(act, application)
            await act.connection.execute(
                "update secret set environment = null where project = $1", project
            )
        with name_taken_as(TAKEN):
            await act.connection.execute(
                "update project set revision = revision + 1, application = $2, environment = $3,"
                " position = (select coalesce(max(p.position) + 1, 0) from project p"
                " where p.application = $2::varchar) where id = $1",
                project,
                application,
                label,
            )
        act.record(application=application, environment=label)
        return await project_in(act.connection, project)
