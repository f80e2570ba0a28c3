"""Freezes a project, which blocks all reads, adds an incident note, and unfreezes the project (V-4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.projects import (
    PROJECT_EXPLAIN,
    PROJECT_FREEZE,
    PROJECT_UNFREEZE,
)
from strongroom_core.db.query import revise
from strongroom_core.kernel.errors import Conflict, Invalid
from strongroom_core.kernel.limits import INCIDENT_NOTE_LENGTH, REASON_LENGTH
from strongroom_core.kernel.names import require_text
from strongroom_core.projects.listing import project_in
from strongroom_core.schema.projects import Project

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import ProjectId
    from strongroom_core.projects.views import ProjectView


async def freeze_project(
    core: Core, caller: Human, project: ProjectId, *, reason: str
) -> ProjectView:
    """Block all reads of a project's values. Once this has committed, no read can commit."""
    text = _require_reason(reason, field="reason", most=REASON_LENGTH)
    async with gate.perform(core, caller, PROJECT_FREEZE, project) as act:
        if act.target.frozen:
            raise Conflict("the project is already frozen")
        frozen = {
            Project.frozen_at: act.at,
            Project.frozen_by: act.actor[2],
            Project.freeze_reason: text,
        }
        await act.run(revise(Project, project, frozen))
        act.record(reason=text)
        return await project_in(act, project)


async def explain_freeze(core: Core, caller: Human, project: ProjectId, *, account: str) -> None:
    """Write an incident note about a freeze.

    The note is kept only in the audit log. Raises `Conflict` unless the project is frozen.
    """
    text = _require_reason(account, field="account", most=INCIDENT_NOTE_LENGTH)
    async with gate.perform(core, caller, PROJECT_EXPLAIN, project) as act:
        if not act.target.frozen:
            raise Conflict("the project isn't frozen")
        act.record(account=text)


async def unfreeze_project(
    core: Core, caller: Human, project: ProjectId, *, reason: str
) -> ProjectView:
    """Allow reads of a project's values again. Needs step-up authentication and a reason."""
    text = _require_reason(reason, field="reason", most=REASON_LENGTH)
    async with gate.perform(core, caller, PROJECT_UNFREEZE, project) as act:
        if not act.target.frozen:
            raise Conflict("the project isn't frozen")
        lifted = {
            Project.frozen_at: None,
            Project.frozen_by: None,
            Project.frozen_by_canary: False,
            Project.freeze_reason: None,
        }
        await act.run(revise(Project, project, lifted))
        act.record(reason=text)
        return await project_in(act, project)


def _require_reason(words: str, *, field: str, most: int) -> str:
    text = require_text(words.strip(), field=field, most=most)
    if text is None:
        asked = "a short reason" if field == "reason" else "an incident note"
        raise Invalid(f"enter {asked}, for the audit log", field=field)
    return text
