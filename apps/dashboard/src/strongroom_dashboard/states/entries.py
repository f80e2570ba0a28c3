"""Entries of the record as lines of a feed, for every screen that has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.record.wording import Wording, word
from strongroom_dashboard.components.feed import FeedEntry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from strongroom_core.kernel.caller import Human
    from strongroom_core.record.views import EntryView


def wording_of(entry: EntryView) -> Wording:
    """Say what an entry records."""
    place = place_of(entry)
    about_project = entry.target_kind == "project"
    return word(
        entry.action,
        entry.outcome,
        reason=entry.reason,
        target=place if about_project and place else entry.target_name or "",
        place=None if about_project else place,
        detail=entry.detail,
    )


def place_of(entry: EntryView) -> str | None:
    """Return what an entry's project is called: with its application, where it has one."""
    if entry.project_name is None:
        return None
    if entry.application_name is None:
        return entry.project_name
    return f"{entry.application_name}/{entry.project_name}"


def feed_of(entries: Iterable[EntryView], reader: Human) -> list[FeedEntry]:
    """Return the lines of a feed. Whoever reads it is called *You* in it."""
    return [_line(entry, reader) for entry in entries]


def _line(entry: EntryView, reader: Human) -> FeedEntry:
    said = wording_of(entry)
    own = entry.actor_kind == "user" and entry.actor_id == reader.account
    return FeedEntry(
        id=str(entry.id),
        at=entry.at.isoformat(),
        actor_kind=entry.actor_kind,
        actor="You" if own else entry.actor_name,
        name=entry.actor_name,
        verb=f"were {said.verb.removeprefix('was ')}"
        if own and said.verb.startswith("was ")
        else said.verb,
        target=said.target,
        rest=said.rest,
        severity=entry.severity.value,
        href=f"/audit?entry={entry.id}",
    )
