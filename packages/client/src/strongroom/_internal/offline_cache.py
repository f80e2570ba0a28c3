"""The offline cache as a program sees it. `cache_folder` does the work."""

import os
from dataclasses import dataclass
from datetime import datetime

SECRETS, PROJECTS = "list-secrets", "list-projects"
EXPORT, CLOSED = "export-", "closed-"
NO_SECRETS = ("list-", EXPORT, CLOSED)
"""The prefix of entries that aren't secrets."""


def export_name(scope: str | None) -> str:
    """Return the entry name for the index of an export."""
    return f"{EXPORT}{scope or 'all'}"


class CacheNotWritten(RuntimeWarning):
    """A value was read but couldn't be cached."""


@dataclass(frozen=True, slots=True)
class OfflineCache:
    """Enables the offline cache.

    `folder` defaults to `cache` next to the identity. `max_age` is in seconds: older values aren't
    served. With `only`, the server is never contacted.
    """

    folder: str | os.PathLike[str] | None = None
    max_age: float | None = None
    only: bool = False


@dataclass(frozen=True, slots=True)
class CacheState:
    """The state of a cache. `entries` counts readable values and lists, and `unreadable` counts the others.

    `closed` says when and why the server denied access, if no request has succeeded since.
    """

    entries: int
    unreadable: int
    closed: str | None


@dataclass(frozen=True, slots=True)
class CachedSecret:
    """A secret in the cache. `name` is None if it was read by ID only."""

    secret_id: str
    name: str | None
    cached_at: datetime
