"""A watch: its polls, and the events that result from them. The drivers do the waiting.

A watch remembers the version it last reported for each secret and asks for changes relative to it, so
reads by other programs on the machine make no difference.

A failed poll becomes an event and the watch continues, with exponential backoff. Only a permanent error ends
it: the server reports that the machine was revoked or has expired.
"""

from collections.abc import Iterable, Mapping
from typing import cast

from strongroom._internal.calls import Change
from strongroom._internal.exchange import pause
from strongroom._internal.operations import Operations
from strongroom._internal.steps import Steps
from strongroom.errors import AuthenticationFailed, StrongroomError
from strongroom.events import AccessDenied, Changed, Deleted, Event, Failed, Resumed

MOST_AT_ONCE = 1000
LEAST_INTERVAL = 1.0
LONGEST_PAUSE = 60.0
NO_VERSION = 0
"""The version of a secret that the watch couldn't see. Any real version differs from it."""

_CHANGED = "changed"
_LOST = {"deleted": Deleted, "access_denied": AccessDenied}

Watched = Iterable[str] | Mapping[str, int | None]
"""Secret IDs, or a mapping from each ID to the version that the caller has (None if unknown)."""


class Watch:
    """The state of one watch. `interval` is in seconds, at least 1, because 60 polls a minute are allowed.

    Raises `ValueError` for a shorter interval, no secrets, or invalid versions.
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
            raise ValueError("watch needs at least one secret ID, as a list or mapping")
        if any(version < NO_VERSION for version in self._have.values()):
            raise ValueError("versions must be positive integers")
        if interval < LEAST_INTERVAL:
            raise ValueError(f"interval must be at least {LEAST_INTERVAL:g} s")

    def round(self) -> Steps[tuple[list[Event], float]]:
        """Poll once, and return the events and the seconds until the next poll."""
        unknown = [] if self._began else [each for each in self._ids if each not in self._have]
        present: dict[str, Change] = {}
        try:
            if unknown:
                present = yield from self._poll(unknown, dict.fromkeys(unknown, NO_VERSION))
            told = yield from self._poll(self._ids, self._have)
        except StrongroomError as error:
            if isinstance(error, AuthenticationFailed) and error.lasting:
                raise
            return [Failed(error)], self._back_off(error)
        events: list[Event] = [Resumed()] if self._failures else []
        self._failures, self._began = 0, True
        self._take_up(unknown, present)
        # The first round may have polled twice.
        seconds = max(self._interval, 2 * LEAST_INTERVAL) if unknown else self._interval
        return events + self._news(told), seconds

    def _poll(self, ids: list[str], have: Mapping[str, int]) -> Steps[dict[str, Change]]:
        told: dict[str, Change] = {}
        for begin in range(0, len(ids), MOST_AT_ONCE):
            some = ids[begin : begin + MOST_AT_ONCE]
            known = {secret: have[secret] for secret in some if secret in have}
            told |= yield from self._operations.poll(some, known)
        return told

    def _take_up(self, unknown: list[str], present: Mapping[str, Change]) -> None:
        """Start from the current versions and report what this machine hasn't read.

        Frozen secrets are reported only once they are unfrozen.
        """
        for secret in unknown:
            found = present.get(secret)
            if found is None or found.status != _CHANGED:
                self._have[secret] = NO_VERSION
            elif found.version is not None:
                self._have[secret] = found.version

    def _news(self, changes: Mapping[str, Change]) -> list[Event]:
        events: list[Event] = []
        for secret in self._ids:
            told = changes.get(secret)
            status = told.status if told is not None else ""
            if told is not None and status == _CHANGED:
                events.append(Changed(secret, told.version))
                if told.version is not None:
                    self._have[secret] = told.version
            if status in _LOST:
                # A program that dropped a deleted secret's value must learn that the secret is
                # back.
                self._have[secret] = NO_VERSION
                if self._lost.get(secret) != status:
                    events.append(_LOST[status](secret))
            self._lost[secret] = status
        return events

    def _back_off(self, error: StrongroomError) -> float:
        self._failures += 1
        return error.retry_after + pause(self._failures, longest=max(LONGEST_PAUSE, self._interval))


def _versions(watched: Watched) -> dict[str, int]:
    if not isinstance(watched, Mapping):
        return {}
    had = cast("Mapping[str, int | None]", watched)
    return {secret: version for secret, version in had.items() if version is not None}
