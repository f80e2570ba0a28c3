"""Freeze a project by hand, say what happened, lift that: while frozen, no value is read (V-4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.kernel.errors import Conflict, Invalid
from strongroom_core.kernel.names import optional_text
from strongroom_core.projects.listing import project_in

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import ProjectId
    from strongroom_core.projects.views import ProjectView

REASON_LENGTH = 500
ACCOUNT_LENGTH = 2000


async def freeze_project(
    core: Core, caller: Human, project: ProjectId, *, reason: str
) -> ProjectView:
    """Stop every read of a project's values. No read commits after this does."""
    text = _require_told(reason, field="reason", most=REASON_LENGTH)
    async with gate.perform(core, caller, Action.PROJECT_FREEZE, project) as act:
        if act.target.frozen:
            raise Conflict("the project is frozen already")
        await act.connection.execute(
            "update project set frozen_at = $2, frozen_by = $3, freeze_reason = $4,"
            " revision = revision + 1 where id = $1",
            project,
            act.at,
            act.actor[2],
            text,
        )
        act.record(reason=text)
        return await project_in(act.connection, project)


async def explain_freeze(core: Core, caller: Human, project: ProjectId, *, account: str) -> None:
    """Put on the record what happened, in a person's words, for whoever reads of the freeze later.

    The record is the only place that keeps it. Raises `Conflict` unless the project is frozen.
    """
    text = _require_told(account, field="account", most=ACCOUNT_LENGTH)
    async with gate.perform(core, caller, Action.PROJECT_EXPLAIN, project) as act:
        if not act.target.frozen:
            raise Conflict("the project is not frozen")
        act.record(account=text)


async def unfreeze_project(
    core: Core, caller: Human, project: ProjectId, *, reason: str
) -> ProjectView:
    """Let a project's values be read again. Needs a fresh proof of identity and a reason."""
    text = _require_told(reason, field="reason", most=REASON_LENGTH)
    async with gate.perform(core, caller, Action.PROJECT_UNFREEZE, project) as act:
        if not act.target.frozen:
            raise Conflict("the project is not frozen")
        await act.connection.execute(
            "update project set frozen_at = null, frozen_by = null, freeze_reason = null,"
            " revision = revision + 1 where id = $1",
            project,
        )
        act.record(reason=text)
        return await project_in(act.connection, project)


def _require_told(words: str, *, field: str, most: int) -> str:
    text = optional_text(words.strip(), field=field, most=most)
    if text is None:
        asked = "why" if field == "reason" else "what happened"
        raise Invalid(f"say {asked}, in a few words: it goes on the record", field=field)
    return text
