"""The rows in a frozen project's recovery: machines, secrets, blocked reads, and events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.access.action_table import ACTIONS
from strongroom_core.access.actions.projects import (
    PROJECT_EXPLAIN,
    PROJECT_FREEZE,
    PROJECT_UNFREEZE,
    PROJECT_UPDATE,
)
from strongroom_core.audit.wording import wording_of
from strongroom_dashboard.screens.wording import counted

if TYPE_CHECKING:
    from strongroom_core.audit.views import EntryView, Exposed, Reader
    from strongroom_core.kernel.caller import Human
    from strongroom_core.secrets.views import CanaryView

ABOUT_PROJECT: Mapping[str, str] = {
    PROJECT_FREEZE.name: "froze the project",
    PROJECT_EXPLAIN.name: "wrote a summary",
    PROJECT_UPDATE.name: "updated the project's name or description",
    PROJECT_UNFREEZE.name: "unfroze the project",
}
"""Actions on the project itself. The page already shows the project's name."""


@dataclass(frozen=True)
class Moment:
    """An event on the timeline. `after` is the text after the target, and `hot` marks the freeze itself."""

    id: str
    at: str
    actor: str
    text: str
    target: str
    after: str
    hot: bool
    href: str


@dataclass(frozen=True)
class ReaderRow:
    """A machine that read secrets before the freeze."""

    id: str
    name: str
    href: str
    state: str
    what: str
    last_read: str
    reach: str


@dataclass(frozen=True)
class ExposedRow:
    """A secret that was read before the freeze. `done` describes the action taken since."""

    id: str
    name: str
    href: str
    what: str
    last_read: str
    done: str


@dataclass(frozen=True)
class BlockedRow:
    """A read that was denied because of the freeze."""

    id: str
    at: str
    machine: str
    href: str
    secret: str
    reason: str


@dataclass(frozen=True)
class CanaryLine:
    """A canary that was read and hasn't been re-planted yet."""

    id: str
    name: str
    href: str
    last_read: str


@dataclass(frozen=True)
class Summary:
    """An incident note."""

    at: str
    actor: str
    text: str


def reader_row(reader: Reader) -> ReaderRow:
    """Return a machine's row."""
    known = reader.state != "revoked"
    return ReaderRow(
        id=reader.id,
        name=reader.name,
        href=f"/machines/{reader.id}" if known else "",
        state=reader.state,
        what=f"{counted(reader.reads, 'read')} of {counted(reader.secrets, 'secret')} from {reader.address}",
        last_read=reader.last_read_at.isoformat(),
        reach=(
            f"also has access to {counted(reader.other_projects, 'other project')}"
            if reader.other_projects
            else ""
        ),
    )


def exposed_row(project: str, secret: Exposed) -> ExposedRow:
    """Return a secret's row."""
    times = "once" if secret.reads == 1 else f"{secret.reads:,} times"
    others = secret.readers - 1
    who = secret.last_read_by + (f" and {counted(others, 'other')}" if others else "")
    done = f"Now v{secret.version}" if secret.replaced else ""
    return ExposedRow(
        id=secret.id,
        name=secret.name,
        href="" if secret.trashed else f"/projects/{project}?secret={secret.id}",
        what=f"{times}, by {who}",
        last_read=secret.last_read_at.isoformat(),
        done="In the trash" if secret.trashed else done,
    )


def canary_line(canary: CanaryView) -> CanaryLine:
    """Return the row for a canary that needs re-planting."""
    at = canary.tripped_at.isoformat() if canary.tripped_at is not None else ""
    return CanaryLine(
        canary.id, canary.name, f"/projects/{canary.project_id}?secret={canary.id}", at
    )


def moment(entry: EntryView, reader: Human) -> Moment:
    """Return an event on the timeline. The viewer's own events begin with *You*."""
    said = wording_of(entry)
    own, known = ABOUT_PROJECT.get(entry.action), ACTIONS.get(entry.action)
    return Moment(
        id=str(entry.id),
        at=entry.at.isoformat(),
        actor=actor_of(entry, reader, said.actor),
        text=own or said.verb,
        target="" if own else said.target,
        after="" if own or known is None or not said.target else known.done_to,
        hot=entry.action == PROJECT_FREEZE.name,
        href=f"/audit?entry={entry.id}",
    )


def blocked_row(entry: EntryView) -> BlockedRow:
    """Return the row for a denied read."""
    return BlockedRow(
        id=str(entry.id),
        at=entry.at.isoformat(),
        machine=entry.actor_name,
        href=f"/machines/{entry.actor_id}" if entry.actor_kind == "machine" else "",
        secret=entry.target_name or "",
        reason="frozen" if entry.reason == "frozen" else (entry.reason or "").replace("_", " "),
    )


def actor_of(entry: EntryView, reader: Human, name: str = "") -> str:
    """Return the actor's name, or *You* for the viewer. `name` replaces the event's own actor."""
    own = entry.actor_kind == "user" and entry.actor_id == reader.account
    return "You" if own else name or entry.actor_name
