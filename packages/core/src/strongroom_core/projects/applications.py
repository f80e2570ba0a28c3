"""Applications: the projects of one service, one per environment (V-2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.projects import (
    APPLICATION_CREATE,
    APPLICATION_DELETE,
    APPLICATION_UPDATE,
)
from strongroom_core.crypto.random import new_id
from strongroom_core.db.conflicts import name_taken_as
from strongroom_core.db.query import revise
from strongroom_core.kernel.errors import Conflict, Invalid
from strongroom_core.kernel.ids import ApplicationId
from strongroom_core.kernel.limits import DESCRIPTION_LENGTH, NAME_LENGTH
from strongroom_core.kernel.names import folded, require_path_part, require_text
from strongroom_core.limits.caps import Cap
from strongroom_core.limits.quota import require_room
from strongroom_core.projects.create import insert_project
from strongroom_core.projects.listing import application_in
from strongroom_core.schema.projects import Application

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.projects.views import ApplicationView

MOST_ENVIRONMENTS = 50
TAKEN = "an application with this name already exists; choose another name"


async def create_application(
    core: Core,
    caller: Human,
    *,
    name: str,
    environments: Sequence[str],
    description: str | None = None,
) -> ApplicationView:
    """Create an application and, for each environment in the given order, a project named after it.

    Raises `Invalid` for an invalid name, for duplicate environments, and for more than 50 environments.
    Raises `CapReached`.
    """
    require_path_part(name, field="name", most=NAME_LENGTH)
    text = require_text(description, field="description", most=DESCRIPTION_LENGTH)
    labels = [
        require_path_part(each, field="environments", most=NAME_LENGTH) for each in environments
    ]
    if len(labels) > MOST_ENVIRONMENTS:
        raise Invalid(f"at most {MOST_ENVIRONMENTS} environments", field="environments")
    if len({folded(label) for label in labels}) < len(labels):
        raise Invalid("environments must be unique (case doesn't matter)", field="environments")
    async with gate.perform(core, caller, APPLICATION_CREATE) as act:
        await require_room(act, Cap.PROJECTS, more=len(labels))
        application = Application(
            vault=act.vault,
            id=new_id("app"),
            name=name,
            name_folded=folded(name),
            description=text,
            created_at=act.at,
        )
        with name_taken_as(TAKEN):
            await act.run(Application.insert(application))
        made = ApplicationId(application.id)
        for position, label in enumerate(labels):
            await insert_project(core, act, label, made, label, position=position)
        act.concerns(ObjectKind.APPLICATION, made, name)
        act.record(environments=labels)
        return await application_in(act, made)


async def update_application(
    core: Core,
    caller: Human,
    application: ApplicationId,
    *,
    name: str | None = None,
    description: str | None = None,
    if_match: int | None = None,
) -> ApplicationView:
    """Change the name or description. None leaves either unchanged; an empty description removes it.

    Raises `Refused` unless the caller's access role covers all of the application's projects, because their
    paths change with the name.
    """
    if name is not None:
        require_path_part(name, field="name", most=NAME_LENGTH)
    text = require_text(description, field="description", most=DESCRIPTION_LENGTH)
    async with gate.perform(core, caller, APPLICATION_UPDATE, application) as act:
        act.require_whole("the application", "this affects all its projects")
        act.require_revision(if_match)
        described = {Application.description: text} if description is not None else {}
        with name_taken_as(TAKEN):
            await act.run(revise(Application, application, described, name=name))
        if name is not None and name != act.target.name:
            act.record(renamed_from=act.target.name, renamed_to=name)
        return await application_in(act, application)


async def delete_application(
    core: Core, caller: Human, application: ApplicationId, *, if_match: int | None = None
) -> None:
    """Delete an application that has no projects, not even in the trash.

    Raises `Conflict` with the number of projects if there are any, because secrets must never be deleted
    unnoticed.
    """
    async with gate.perform(core, caller, APPLICATION_DELETE, application) as act:
        act.require_revision(if_match)
        row = await act.connection.fetchrow(
            "select count(*) filter (where trashed_at is null) as live,"
            " count(*) filter (where trashed_at is not null) as trashed"
            " from project where application = $1",
            application,
        )
        if row is not None and row["live"] + row["trashed"]:
            raise Conflict(
                f"the application still has {row['live']} projects, and {row['trashed']} in the trash;"
                " delete, move, restore or permanently delete them first"
            )
        await act.run(Application.delete().where(Application.id == application))
