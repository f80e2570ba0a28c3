"""New events in the audit log, as they happen. The drivers do the waiting.

An event's time is that of its start, so one can appear after a later one has been seen. Each poll therefore
asks again for the last seconds, and leaves out what was already reported.
"""

from datetime import datetime, timedelta
from typing import Any

from strongroom._internal.admin_operations import AdminOperations
from strongroom._internal.admin_views import Entry
from strongroom._internal.exchange import pause
from strongroom._internal.steps import Steps
from strongroom.errors import AccessDenied, AuthenticationFailed, StrongroomError

LEAST_INTERVAL = 1.0
LONGEST_PAUSE = 30.0
OVERLAP = timedelta(seconds=15)
PAGE = 200


class EntryWatch:
    """The state of one watch. `interval` is in seconds, at least 1.

    `last` is how many earlier events to report, 0–200. Raises `ValueError` for any other number.
    """

    def __init__(
        self,
        operations: AdminOperations,
        *,
        last: int,
        interval: float,
        action: str | None,
        actor: str | None,
        machine: str | None,
        project: str | None,
        target: str | None,
    ) -> None:
        if interval < LEAST_INTERVAL or not 0 <= last <= PAGE:
            raise ValueError(f"interval must be at least {LEAST_INTERVAL:g} s, and last 0–{PAGE}")
        self._operations = operations
        self._last, self._interval = last, interval
        self._filter: dict[str, Any] = {
            "action": action,
            "actor": actor,
            "machine": machine,
            "project": project,
            "target": target,
        }
        self._began = False
        self._since: datetime | None = None
        self._seen: dict[str, datetime] = {}
        self._failures = 0

    def round(self) -> Steps[tuple[list[Entry], float]]:
        """Poll once, and return the new events, oldest first, and the seconds until the next poll.

        Raises the errors that end a watch: the key isn't accepted, or the person isn't allowed to see the
        audit log.
        """
        try:
            found = yield from self._poll()
        except (AuthenticationFailed, AccessDenied):
            raise
        except StrongroomError as error:
            if not self._began:
                raise
            self._failures += 1
            return [], max(
                error.retry_after, self._interval + pause(self._failures, longest=LONGEST_PAUSE)
            )
        self._failures = 0
        return found, self._interval

    def _poll(self) -> Steps[list[Entry]]:
        if not self._began:
            newest = yield from self._operations.list_entries(
                **self._filter, limit=max(self._last, 1)
            )
            found = list(reversed(newest.items))
            self._began = True
            self._note(found)
            return found[len(found) - self._last :] if self._last else []
        found: list[Entry] = []
        cursor, since = None, self._since
        while True:
            page = yield from self._operations.list_entries(
                **self._filter, since=since, order="oldest", limit=PAGE, cursor=cursor
            )
            found += [each for each in page.items if each.id not in self._seen]
            cursor = page.next_cursor
            if cursor is None:
                break
        self._note(found)
        return found

    def _note(self, found: list[Entry]) -> None:
        """Remember what was reported, as long as it can be found again."""
        self._seen |= {each.id: each.at for each in found}
        if self._seen:
            self._since = max(self._seen.values()) - OVERLAP
            self._seen = {each: at for each, at in self._seen.items() if at >= self._since}
