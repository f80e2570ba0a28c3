"""The lines of a frozen project's recovery: machines, secrets, refusals, what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.access.actions import Action
from strongroom_core.record.wording import wording_of
from strongroom_dashboard.states.counting import counted

if TYPE_CHECKING:
    from strongroom_core.kernel.caller import Human
    from strongroom_core.record.views import EntryView, Exposed, Reader

ABOUT_PROJECT: Mapping[str, str] = {
    Action.PROJECT_FREEZE: "froze the project",
    Action.PROJECT_EXPLAIN: "said what happened",
    Action.PROJECT_UPDATE: "changed the project's name or description",
    Action.PROJECT_UNFREEZE: "lifted the freeze",
}
"""What was done to the project itself, which the page names already."""


@dataclass(frozen=True)
class Moment:
    """A line of what happened. `hot` is the freeze itself."""

    id: str
    at: str
    actor: str
    text: str
    target: str
    hot: bool
    href: str


@dataclass(frozen=True)
class ReaderRow:
    """A machine that read before the freeze."""

    id: str
    name: str
    href: str
    state: str
    what: str
    last_read: str
    reach: str


@dataclass(frozen=True)
class ExposedRow:
    """A secret that was read before the freeze. `done` says how it was dealt with."""

    id: str
    name: str
    href: str
    what: str
    last_read: str
    done: str


@dataclass(frozen=True)
class RefusedRow:
    """A read that was refused since."""

    id: str
    at: str
    machine: str
    href: str
    secret: str
    reason: str


@dataclass(frozen=True)
class Told:
    """What somebody said happened."""

    at: str
    actor: str
    text: str


def reader_row(reader: Reader) -> ReaderRow:
    """Return the line of a machine."""
    known = reader.state != "revoked"
    return ReaderRow(
        id=reader.id,
        name=reader.name,
        href=f"/machines/{reader.id}" if known else "",
        state=reader.state,
        what=f"{counted(reader.reads, 'read')} of {counted(reader.secrets, 'secret')} from {reader.address}",
        last_read=reader.last_read_at.isoformat(),
        reach=(
            f"also reaches {counted(reader.other_projects, 'other project')}"
            if reader.other_projects
            else ""
        ),
    )


def exposed_row(project: str, secret: Exposed) -> ExposedRow:
    """Return the line of a secret of this project."""
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


def moment(entry: EntryView, reader: Human) -> Moment:
    """Return the line of something that happened. Whoever reads it is called *You*."""
    said = wording_of(entry)
    own = ABOUT_PROJECT.get(entry.action)
    return Moment(
        id=str(entry.id),
        at=entry.at.isoformat(),
        actor=actor_of(entry, reader),
        text=own or said.verb,
        target="" if own else said.target,
        hot=entry.action == Action.PROJECT_FREEZE,
        href=f"/audit?entry={entry.id}",
    )


def refused_row(entry: EntryView) -> RefusedRow:
    """Return the line of a read that was refused."""
    return RefusedRow(
        id=str(entry.id),
        at=entry.at.isoformat(),
        machine=entry.actor_name,
        href=f"/machines/{entry.actor_id}" if entry.actor_kind == "machine" else "",
        secret=entry.target_name or "",
        reason="frozen" if entry.reason == "frozen" else (entry.reason or "").replace("_", " "),
    )


def actor_of(entry: EntryView, reader: Human) -> str:
    """Return who acted, as its reader says it."""
    own = entry.actor_kind == "user" and entry.actor_id == reader.account
    return "You" if own else entry.actor_name
