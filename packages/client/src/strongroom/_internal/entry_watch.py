"""New events in the audit log, as they happen. The drivers do the waiting.

The server streams them (`GET /api/entries/stream`), each with an ID at which another request continues. After
an interruption, nothing is therefore lost or repeated.
"""

import json
from typing import Any

from strongroom._internal.admin_calls import PeoplesCall, parse
from strongroom._internal.admin_operations import AdminOperations
from strongroom._internal.admin_views import Entry
from strongroom._internal.connections import Answer
from strongroom._internal.exchange import malformed_response, pause, person_request
from strongroom._internal.refusals import refusal_to_person
from strongroom._internal.steps import Do, Steps
from strongroom._internal.transport import EventStream, Transport
from strongroom.errors import AccessDenied, AuthenticationFailed, StrongroomError

LONGEST_PAUSE = 30.0
PAUSE = 1.0
"""Seconds before continuing a stream that the server has ended, for example because a role changed."""

PAGE = 200
STREAM = PeoplesCall(
    "GET",
    "/api/entries/stream",
    type(None),
    query=("action", "actor", "machine", "project", "target", "after"),
    page="/audit",
)


class EntryWatch:
    """The state of one watch. `last` is how many earlier events to report.

    Raises `ValueError` unless that is 0–200.
    """

    def __init__(
        self,
        operations: AdminOperations,
        transport: Transport,
        *,
        last: int,
        action: str | None,
        actor: str | None,
        machine: str | None,
        project: str | None,
        target: str | None,
    ) -> None:
        if not 0 <= last <= PAGE:
            raise ValueError(f"last must be 0–{PAGE}")
        self._operations, self._transport = operations, transport
        self._last = last
        self._filter: dict[str, Any] = {
            "action": action,
            "actor": actor,
            "machine": machine,
            "project": project,
            "target": target,
        }
        self._stream: EventStream | None = None
        self._after: str | None = None
        self._reported: frozenset[str] = frozenset()
        self._failures = 0

    def round(self) -> Steps[tuple[list[Entry], float]]:
        """Wait for the next part of the stream. Returns its events, and the seconds until the next round.

        Raises the errors that end a watch: the key isn't accepted, or the person isn't allowed to see the
        audit log.
        """
        began = self._after is not None
        try:
            if began:
                found = yield from self._next()
            else:
                # What happens while the earlier events are listed is in the stream as well.
                yield from self._next()
                found = yield from self._earlier()
        except (AuthenticationFailed, AccessDenied):
            raise
        except StrongroomError as error:
            self.close()
            if not began:
                raise
            self._failures += 1
            return [], max(error.retry_after, pause(self._failures, longest=LONGEST_PAUSE))
        self._failures = 0
        return found, 0.0 if self._stream is not None else PAUSE

    def close(self) -> None:
        """Close the stream. The next round continues it."""
        if self._stream is not None:
            self._stream.close()
        self._stream = None

    def _next(self) -> Steps[list[Entry]]:
        stream: EventStream = self._stream or (yield Do(self._open))
        self._stream = stream
        block: dict[str, str] | None = yield Do(stream.read_event)
        if block is None or block.get("event") == "end":
            self.close()
            return []
        self._after = block.get("id", self._after)
        if block.get("event") != "entry":
            return []
        entry: Entry = _parsed(block.get("data", ""))
        return [] if entry.id in self._reported else [entry]

    def _earlier(self) -> Steps[list[Entry]]:
        if not self._last:
            return []
        newest = yield from self._operations.list_entries(**self._filter, limit=self._last)
        self._reported = frozenset(each.id for each in newest.items)
        return list(reversed(newest.items))

    def _open(self) -> EventStream:
        call = STREAM.bind(query={**self._filter, "after": self._after})
        opened = self._transport.listen(person_request(call, self._operations.key))
        if not isinstance(opened, Answer):
            return opened
        if opened.status == STREAM.status:
            raise malformed_response(opened)
        raise refusal_to_person(opened)


def _parsed(data: str) -> Entry:
    try:
        return parse(Entry, json.loads(data))
    except (KeyError, TypeError, ValueError):
        pass
    raise malformed_response(Answer(STREAM.status, {}, b""))
