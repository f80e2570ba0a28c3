"""Applications: the projects of one service, one per environment (V-2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action, ObjectKind
from strongroom_core.crypto.random import new_id
from strongroom_core.db.conflicts import name_taken_as
from strongroom_core.kernel.errors import Conflict, Invalid
from strongroom_core.kernel.ids import ApplicationId
from strongroom_core.kernel.names import folded, optional_text, require_name
from strongroom_core.projects.create import DESCRIPTION_LENGTH, NAME_LENGTH, insert_project
from strongroom_core.projects.listing import application_in
from strongroom_core.schema.projects import Application

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.projects.views import ApplicationView

MOST_ENVIRONMENTS = 50
TAKEN = "an application of this name exists already: choose another"


async def create_application(
    core: Core,
    caller: Human,
    *,
    name: str,
    environments: Sequence[str],
    description: str | None = None,
) -> ApplicationView:
    """Make an application and, for each environment in the order given, a project named after it.

    Raises `Invalid` for a name, or for environments that are doubled or more than 50.
    """
    require_name(name, field="name", most=NAME_LENGTH)
    text = optional_text(description, field="description", most=DESCRIPTION_LENGTH)
    labels = [require_name(each, field="environments", most=NAME_LENGTH) for each in environments]
    if len(labels) > MOST_ENVIRONMENTS:
        raise Invalid(f"at most {MOST_ENVIRONMENTS} environments", field="environments")
    if len({folded(label) for label in labels}) < len(labels):
        raise Invalid("each environment once, whatever its case", field="environments")
    async with gate.perform(core, caller, Action.APPLICATION_CREATE) as act:
        application = Application(
            vault=act.vault,
            id=new_id("app"),
            name=name,
            name_folded=folded(name),
            description=text,
            created_at=act.at,
        )
        with name_taken_as(TAKEN):
            await Application.insert(application)
        made = ApplicationId(application.id)
        for position, label in enumerate(labels):
            await insert_project(core, act, label, made, label, position=position)
        act.concerns(ObjectKind.APPLICATION, made, name)
        act.record(environments=labels)
        return await application_in(act.connection, made)


async def update_application(
    core: Core,
    caller: Human,
    application: ApplicationId,
    *,
    name: str | None = None,
    description: str | None = None,
    if_match: int | None = None,
) -> ApplicationView:
    """Change name or description; None leaves as it is, an empty description removes it."""
    if name is not None:
        require_name(name, field="name", most=NAME_LENGTH)
    text = optional_text(description, field="description", most=DESCRIPTION_LENGTH)
    async with gate.perform(core, caller, Action.APPLICATION_UPDATE, application) as act:
        act.require_revision(if_match)
        with name_taken_as(TAKEN):
            await act.connection.execute(
                "update application set revision = revision + 1, name = coalesce($2, name),"
                " name_folded = coalesce($3, name_folded),"
                " description = case when $4 then $5 else description end where id = $1",
                application,
                name,
                folded(name) if name is not None else None,
                description is not None,
                text,
            )
        if name is not None and name != act.target.name:
            act.record(renamed_from=act.target.name, renamed_to=name)
        return await application_in(act.connection, application)


async def delete_application(
    core: Core, caller: Human, application: ApplicationId, *, if_match: int | None = None
) -> None:
    """Delete an application that holds no project any more, not even in the trash.

    Raises `Conflict` with the numbers otherwise: deleting must never take secrets along unseen.
    """
    async with gate.perform(core, caller, Action.APPLICATION_DELETE, application) as act:
        act.require_revision(if_match)
        row = await act.connection.fetchrow(
            "select count(*) filter (where trashed_at is null) as live,"
            " count(*) filter (where trashed_at is not null) as trashed"
            " from project where application = $1",
            application,
        )
        if row is not None and row["live"] + row["trashed"]:
            raise Conflict(
                f"it still holds {row['live']} projects, and {row['trashed']} in the trash:"
                " delete or move them, and purge or restore those, first"
            )
        await act.connection.execute("delete from application where id = $1", application)
