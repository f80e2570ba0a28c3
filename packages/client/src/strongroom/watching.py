"""A watch: polls, and what each tells. It does not wait by itself; drivers do.

A watch knows the version it told last of each secret, and asks for what differs from that. What other
programs of the machine read meanwhile therefore changes nothing for it.

A failed poll is told as an event and the watch goes on, at growing random intervals. Only what cannot
pass by itself ends it with the error: the machine was revoked or has expired.
"""

from collections.abc import Iterable, Mapping
from typing import cast

from strongroom.calls import Told
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
NO_VERSION = 0
"""What a watch knows of a secret that it could not see: any version is then another one."""

_CHANGED = "changed"
_LOST = {"deleted": Deleted, "access_denied": AccessDenied}

Watched = Iterable[str] | Mapping[str, int | None]
"""Ids of secrets, or for each id the version that the caller has, None where it does not know."""


class Watch:
    """The state of one watch. `interval` is in seconds, at least 1: a machine has 60 polls a minute.

    Raises `ValueError` for a shorter interval, for no secrets, and for versions that are none.
    """

    def __init__(self, operations: Operations, secret_ids: Watched, *, interval: float) -> None:
        self._operations = operations
        self._ids = list(dict.fromkeys(secret_ids))
        self._have = _versions(secret_ids)
        self._interval = interval
        self._began = False
        self._lost: dict[str, str] = {}
        self._failures = 0
        if isinstance(secret_ids, str) or not self._ids:
            raise ValueError("watch takes the ids of at least one secret, as a list or mapping")
        if any(version < NO_VERSION for version in self._have.values()):
            raise ValueError("watch takes versions, which are numbers from 1 on")
        if interval < LEAST_INTERVAL:
            raise ValueError(f"a watch polls at most once in {LEAST_INTERVAL:g} s")

    def round(self) -> Steps[tuple[list[Event], float]]:
        """Poll once; return what to tell, and the seconds until the next poll."""
        unknown = [] if self._began else [each for each in self._ids if each not in self._have]
        present: dict[str, Told] = {}
        try:
            if unknown:
                present = yield from self._poll(unknown, dict.fromkeys(unknown, NO_VERSION))
            told = yield from self._poll(self._ids, self._have)
        except StrongroomError as error:
            if isinstance(error, AuthenticationFailed) and not isinstance(error, ClockSkewed):
                raise
            return [Failed(error)], self._back_off(error)
        events: list[Event] = [Resumed()] if self._failures else []
        self._failures, self._began = 0, True
        self._take_up(unknown, present)
        # The first round may have asked twice.
        seconds = max(self._interval, 2 * LEAST_INTERVAL) if unknown else self._interval
        return events + self._news(told), seconds

    def _poll(self, ids: list[str], have: Mapping[str, int]) -> Steps[dict[str, Told]]:
        told: dict[str, Told] = {}
        for begin in range(0, len(ids), MOST_AT_ONCE):
            some = ids[begin : begin + MOST_AT_ONCE]
            known = {secret: have[secret] for secret in some if secret in have}
            told |= yield from self._operations.poll(some, known)
        return told

    def _take_up(self, unknown: list[str], present: Mapping[str, Told]) -> None:
        """Begin with the versions there are: what this machine has not read of them is told now.

        What is frozen is silent, and told when it is not any more.
        """
        for secret in unknown:
            found = present.get(secret)
            if found is None or found.status != _CHANGED:
                self._have[secret] = NO_VERSION
            elif found.version is not None:
                self._have[secret] = found.version

    def _news(self, changes: Mapping[str, Told]) -> list[Event]:
        events: list[Event] = []
        for secret in self._ids:
            told = changes.get(secret)
            status = told.status if told is not None else ""
            if told is not None and status == _CHANGED:
                events.append(Changed(secret, told.version))
                if told.version is not None:
                    self._have[secret] = told.version
            if status in _LOST:
                # Whoever lets go of a value that is lost is told when it is there again.
                self._have[secret] = NO_VERSION
                if self._lost.get(secret) != status:
                    events.append(_LOST[status](secret))
            self._lost[secret] = status
        return events

    def _back_off(self, error: StrongroomError) -> float:
        self._failures += 1
        asked = error.retry_after if isinstance(error, TooMany | Sealed | Unavailable) else 0
        return asked + pause(self._failures, longest=max(LONGEST_PAUSE, self._interval))


def _versions(watched: Watched) -> dict[str, int]:
    if not isinstance(watched, Mapping):
        return {}
    had = cast("Mapping[str, int | None]", watched)
    return {secret: version for secret, version in had.items() if version is not None}
