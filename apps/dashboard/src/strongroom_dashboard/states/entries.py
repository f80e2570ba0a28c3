"""Entries of the record as lines of a feed, for every screen that has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.record.wording import wording_of
from strongroom_dashboard.components.feed import FeedEntry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from strongroom_core.kernel.caller import Human
    from strongroom_core.record.views import EntryView


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
