"""A watch: polls, and what each tells. It does not wait by itself; drivers do.

A failed poll is told as an event and the watch goes on, at growing random intervals. Only what cannot
pass by itself ends it with the error: the machine was revoked or has expired.
"""

from collections.abc import Iterable

from strongroom.errors import (
    AuthenticationFailed,
    ClockSkewed,
    Sealed,
    StrongroomError,
    TooMany,
    Unavailable,
)
from strongroom.events import AccessDenied, Changed, Deleted, Event, Failed, Resumed
from strongroom.exchange import pause
from strongroom.operations import Operations
from strongroom.steps import Steps

MOST_AT_ONCE = 1000
LEAST_INTERVAL = 1.0
LONGEST_PAUSE = 60.0
_LOST = {"deleted": Deleted, "access_denied": AccessDenied}


class Watch:
    """The state of one watch. `interval` is in seconds, at least 1: a machine has 60 polls a minute.

    Raises `ValueError` for a shorter interval and for no secrets.
    """

    def __init__(
        self, operations: Operations, secret_ids: Iterable[str], *, interval: float
    ) -> None:
        self._operations = operations
        self._ids = list(dict.fromkeys(secret_ids))
        self._interval = interval
        self._lost: dict[str, str] = {}
        self._failures = 0
        if isinstance(secret_ids, str) or not self._ids:
            raise ValueError("watch takes the ids of at least one secret, as a list")
        if interval < LEAST_INTERVAL:
            raise ValueError(f"a watch polls at most once in {LEAST_INTERVAL:g} s")

    def round(self) -> Steps[tuple[list[Event], float]]:
        """Poll once; return what to tell, and the seconds until the next poll."""
        changes: dict[str, str] = {}
        try:
            for begin in range(0, len(self._ids), MOST_AT_ONCE):
                some = self._ids[begin : begin + MOST_AT_ONCE]
                changes |= yield from self._operations.poll(some)
        except StrongroomError as error:
            if isinstance(error, AuthenticationFailed) and not isinstance(error, ClockSkewed):
                raise
            return [Failed(error)], self._back_off(error)
        events: list[Event] = [Resumed()] if self._failures else []
        self._failures = 0
        return events + self._news(changes), self._interval

    def _news(self, changes: dict[str, str]) -> list[Event]:
        events: list[Event] = []
        for secret in self._ids:
            status = changes.get(secret, "")
            if status == "changed":
                events.append(Changed(secret))
            if status in _LOST and self._lost.get(secret) != status:
                events.append(_LOST[status](secret))
            self._lost[secret] = status
        return events

    def _back_off(self, error: StrongroomError) -> float:
        self._failures += 1
        asked = error.retry_after if isinstance(error, TooMany | Sealed | Unavailable) else 0
        return asked + pause(self._failures, longest=max(LONGEST_PAUSE, self._interval))
