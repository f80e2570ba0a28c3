"""The wish for an offline cache, and what is told about one. `cache_folder` does the work."""

import os
from dataclasses import dataclass
from datetime import datetime

SECRETS, PROJECTS = "list-secrets", "list-projects"
EXPORT, CLOSED = "export-", "closed-"
NO_SECRETS = ("list-", EXPORT, CLOSED)
"""Names of entries that are not secrets begin so."""


def export_name(scope: str | None) -> str:
    """Return the name under which what an export held is kept."""
    return f"{EXPORT}{scope or 'all'}"


class CacheNotWritten(RuntimeWarning):
    """A value was read, and could not be kept for later."""


@dataclass(frozen=True, slots=True)
class OfflineCache:
    """The wish for an offline cache.

    `folder` is where it lies; without one, `cache` beside the identity. `max_age` is in seconds: what
    is older is not served. `only`: nothing is asked of the server.
    """

    folder: str | os.PathLike[str] | None = None
    max_age: float | None = None
    only: bool = False


@dataclass(frozen=True, slots=True)
class CacheState:
    """How a cache is. `entries` counts values and lists that open, `unreadable` those that do not.

    `closed` says when and why the server refused the machine, if it did and has not answered since.
    """

    entries: int
    unreadable: int
    closed: str | None


@dataclass(frozen=True, slots=True)
class CachedSecret:
    """A secret in the cache. `name` is None where it was read by its id only."""

    secret_id: str
    name: str | None
    cached_at: datetime
