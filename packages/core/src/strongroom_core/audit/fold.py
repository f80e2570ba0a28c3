"""Folds the reads in a list of events: those of one request, and identical consecutive ones.

`strongroom run` reads all secrets in a project in one request, and a program may read a secret every second.
Otherwise, either would fill every list. Only reads are folded; each change stays a separate line. Folding is
applied to the entries of one page, after paging, so no entry is lost between pages, and counts of entries
stay correct.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.access.actions.secrets import (
    SECRET_READ,
    SECRET_READ_DENIED,
    SECRETS_EXPORT,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.audit.views import EntryView


@dataclass(frozen=True, slots=True)
class Fold:
    """Entries that are shown as one line, in the order of the list."""

    entries: Sequence[EntryView]

    @property
    def first(self) -> EntryView:
        """The entry that represents the fold: the newest one if the list begins with the newest."""
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
    def is_export(self) -> bool:
        """Whether the entries are an export and its reads."""
        return 0 < len(self.reads) < self.times

    @property
    def reads(self) -> list[EntryView]:
        """The entries of reads, without the entry of the export to which they belong."""
        return [each for each in self.entries if each.action != SECRETS_EXPORT.name]


def fold_reads(entries: Sequence[EntryView]) -> list[Fold]:
    """Return the entries, with reads folded.

    Reads of one request are folded if they had the same outcome, together with the entry of their export.
    They don't have to be adjacent, because requests that were handled together may alternate in the log. If a
    request has only one entry, it is folded with adjacent identical ones: the same machine read the same
    version of the same secret from the same address with the same outcome. A fold never mixes these two
    kinds.
    """
    sizes = Counter(_request(each) for each in entries if each.action in _FOLDED)
    folds: list[list[EntryView]] = []
    of_request: dict[tuple[object, ...], list[EntryView]] = {}
    last: EntryView | None = None
    for entry in entries:
        request = _request(entry)
        alone = sizes[request] <= 1
        if not alone and request in of_request:
            of_request[request].append(entry)
        elif (
            alone
            and last is not None
            and sizes[_request(last)] == 1
            and _what(last) == _what(entry)
        ):
            folds[-1].append(entry)
        else:
            folds.append([entry])
            if not alone:
                of_request[request] = folds[-1]
        last = entry if entry.action in _FOLDED else None
    return [Fold(each) for each in folds]


_FOLDED = {SECRET_READ.name, SECRET_READ_DENIED.name, SECRETS_EXPORT.name}


def _request(entry: EntryView) -> tuple[object, ...]:
    kind = entry.action if entry.action not in _FOLDED else ""
    return entry.request_id, entry.actor_id, entry.outcome, entry.reason, kind


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
