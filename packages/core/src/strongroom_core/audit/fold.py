"""Folds the reads in a list of entries: those of one request, and identical consecutive ones.

`strongroom run` reads all secrets of a project in one request, and a program may read a secret every second.
Either would otherwise fill every list. Only reads are folded: each change stays a separate line. Folding is
done on the entries of one page, after paging, so no entry is lost between pages, and counts of entries stay
counts of entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.access.actions.secrets import (
    SECRET_READ,
    SECRET_READ_DENIED,
    SECRETS_EXPORT,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from strongroom_core.audit.views import EntryView


@dataclass(frozen=True, slots=True)
class Fold:
    """Entries that are shown as one line, in the order of the list."""

    entries: Sequence[EntryView]

    @property
    def first(self) -> EntryView:
        """The entry that represents the fold: the newest one, if the list begins with the newest."""
        return self.entries[0]

    @property
    def times(self) -> int:
        """The number of entries."""
        return len(self.entries)

    @property
    def is_one_request(self) -> bool:
        """Whether the entries come from one request, rather than one read repeated."""
        return self.times > 1 and self.first.request_id == self.entries[1].request_id

    @property
    def reads(self) -> list[EntryView]:
        """The entries of reads, without that of the export they were part of."""
        return [each for each in self.entries if each.action != SECRETS_EXPORT.name]


def fold_reads(entries: Iterable[EntryView]) -> list[Fold]:
    """Return the entries, with reads folded.

    Reads of one request are folded if they had the same outcome, together with the entry of their export,
    wherever they are in the list: requests that were handled together may alternate in the log. Other reads
    are folded if they are consecutive and the same machine read the same version of the same secret from the
    same address with the same outcome.
    """
    folds: list[list[EntryView]] = []
    of_request: dict[tuple[object, ...], list[EntryView]] = {}
    for entry in entries:
        if entry.action not in _FOLDED:
            folds.append([entry])
            continue
        request = (entry.request_id, entry.actor_id, entry.outcome, entry.reason)
        fold = of_request.get(request)
        if fold is None and folds and _repeats(Fold(folds[-1]), entry):
            fold = folds[-1]
        if fold is None:
            folds.append([])
            fold = folds[-1]
        fold.append(entry)
        of_request.setdefault(request, fold)
    return [Fold(each) for each in folds]


_FOLDED = {SECRET_READ.name, SECRET_READ_DENIED.name, SECRETS_EXPORT.name}


def _repeats(fold: Fold, entry: EntryView) -> bool:
    return not fold.is_one_request and _what(fold.first) == _what(entry)


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
