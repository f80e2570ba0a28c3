"""Wording that several screens share: counts, lists, missing capabilities, and events as lines in a feed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from strongroom_core.audit.fold import Fold, fold_reads
from strongroom_core.audit.wording import wording_of
from strongroom_core.kernel.authority import Access, Place
from strongroom_dashboard.components.feed import FeedEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.audit.views import EntryView
    from strongroom_core.kernel.authority import ProjectCapability, SecretKind, VaultCapability
    from strongroom_core.kernel.caller import Human
    from strongroom_core.projects.views import ProjectView
    from strongroom_dashboard.event_session import Call

NAMED = 2


def counted(number: int, noun: str) -> str:
    """Return `1 secret`, `12 secrets`, `1,284 secrets`."""
    return f"{number:,} {noun if number == 1 else f'{noun}s'}"


def joined(names: Sequence[str]) -> str:
    """Return `a`, `a and b`, or `a, b and 3 more`."""
    if len(names) <= NAMED:
        return " and ".join(names)
    return f"{', '.join(names[:NAMED])} and {len(names) - NAMED:,} more"


def sentence(message: str) -> str:
    """Return an error's message as a sentence."""
    return f"{message[:1].upper()}{message[1:]}."


def why_not(call: Call, needed: VaultCapability) -> str:
    """Return a sentence that names the capability the caller lacks; empty if they have it."""
    if needed in call.caller.authority.vault:
        return ""
    return f"You need {needed.value}. Ask a vault owner."


def why_not_in(
    call: Call,
    project: ProjectView,
    needed: ProjectCapability,
    kind: SecretKind | None = None,
) -> str:
    """Return the same sentence for a capability in a project, for one kind of secret or for any."""
    access = call.caller.authority.access or Access()
    place = Place(project.id, project.application_id, project.environment)
    kinds = access.kinds(needed, place)
    if kinds if kind is None else kind in kinds:
        return ""
    return f"You need {needed.value}. Ask a vault owner."


def feed_of(
    entries: Sequence[EntryView], reader: Human, *, most: int, about: str = "", name: str = ""
) -> list[FeedEntry]:
    """Return at most `most` lines of a feed. The viewer's own events begin with *You*.

    Identical consecutive reads become one line, so pass more events than lines. `about` and `name` are the ID
    and name of the object that the page is about; the lines don't repeat its name.
    """
    return [line_of(each, reader, about=about, name=name) for each in fold_reads(entries)[:most]]


def line_of(
    folded: Fold, reader: Human | None = None, *, about: str = "", name: str = ""
) -> FeedEntry:
    """Return an event, or identical reads, as a line. Without a viewer, no line begins with *You*."""
    entry, more = _in_one_request(folded) if folded.is_one_request else (folded.first, 0)
    said = wording_of(entry, named=entry.target_id != about if about else True, about=name)
    if folded.is_export:
        said = replace(said, verb="exported")
    own = reader is not None and entry.actor_kind == "user" and entry.actor_id == reader.account
    return FeedEntry(
        id=str(entry.id),
        at=entry.at.isoformat(),
        actor_kind=entry.actor_kind,
        actor="You" if own else said.actor or entry.actor_name,
        name=entry.actor_name,
        verb=f"were {said.verb.removeprefix('was ')}"
        if own and said.verb.startswith("was ")
        else said.verb,
        target=said.target,
        rest=f"and {more:,} more {said.rest}" if more else said.rest,
        times=_times(folded),
        severity=entry.severity.value,
        href=f"/audit?entry={entry.id}",
    )


def _in_one_request(folded: Fold) -> tuple[EntryView, int]:
    """Return the event of a request that read several secrets: it names the first and counts the others."""
    reads = folded.reads or folded.entries
    names = sorted({each.target_id: each.target_name or "" for each in reads}.values())
    one_place = len({each.project_id for each in reads}) == 1
    entry = msgspec.structs.replace(
        reads[0],
        target_name=", ".join(names[:NAMED]),
        detail=reads[0].detail if len(reads) == 1 else {},
        project_name=reads[0].project_name if one_place else None,
    )
    return entry, max(len(names) - NAMED, 0)


def _times(folded: Fold) -> str:
    if folded.times == 1:
        return ""
    if not folded.is_one_request:
        return f"{folded.times:,} times"
    return counted(len({each.target_id for each in folded.reads}), "secret")
