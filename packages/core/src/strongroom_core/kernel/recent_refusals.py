"""Remembers in memory who is rate limited, so that their next requests don't reach the database."""

from datetime import datetime, timedelta

MOST = 10_000
AT_MOST = timedelta(minutes=1)
"""How long a limit is remembered before the database is queried again."""


class RecentRefusals:
    """When each key's limit ends, according to the database."""

    def __init__(self) -> None:
        self._until: dict[str, tuple[datetime, datetime]] = {}

    def note(self, key: str, until: datetime, now: datetime) -> None:
        """Remember that a key is limited until `until`."""
        if len(self._until) >= MOST:
            self._until.clear()
        self._until[key] = (now, until)

    def until(self, key: str, now: datetime) -> datetime | None:
        """Return when a key's limit ends, or None if the limit has ended or was recorded too long ago.

        Setting the clock back doesn't extend a limit: a limit recorded in the future is forgotten.
        """
        found = self._until.get(key)
        if found is None:
            return None
        learnt, until = found
        if learnt <= now < min(until, learnt + AT_MOST):
            return until
        del self._until[key]
        return None
