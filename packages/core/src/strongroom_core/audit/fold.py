"""Folds identical consecutive reads of a list of entries into one, with a count.

A program that reads a secret every second would otherwise fill every list. Only reads are folded: each change
stays a separate line. Folding is done on the entries of one page, after paging, so no entry is lost between
pages, and counts of entries stay counts of entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.access.actions.secrets import SECRET_READ, SECRET_READ_DENIED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from strongroom_core.audit.views import EntryView


@dataclass(frozen=True, slots=True)
class Fold:
    """Identical consecutive reads, in the order of the list, or a single entry of another action."""

    entries: Sequence[EntryView]

    @property
    def first(self) -> EntryView:
        """The entry that represents the fold: the newest one, if the list begins with the newest."""
        return self.entries[0]

    @property
    def times(self) -> int:
        """The number of entries."""
        return len(self.entries)


def fold_reads(entries: Iterable[EntryView]) -> list[Fold]:
    """Return the entries, with each run of identical consecutive reads in one fold.

    Reads are identical if the same machine read the same version of the same secret from the same address
    with the same outcome.
    """
    folds: list[list[EntryView]] = []
    for entry in entries:
        if folds and _repeats(folds[-1][0], entry):
            folds[-1].append(entry)
        else:
            folds.append([entry])
    return [Fold(each) for each in folds]


def _repeats(one: EntryView, other: EntryView) -> bool:
    return one.action in _READS and _what(one) == _what(other)


_READS = {SECRET_READ.name, SECRET_READ_DENIED.name}


def _what(entry: EntryView) -> tuple[object, ...]:
    return (
        entry.action,
        entry.outcome,
        entry.reason,
        entry.actor_id,
        entry.target_id,
        entry.address,
        entry.detail,
    )
