"""The shared options that were given on the command line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Choices:
    """The shared options given on the command line. None and False mean not given."""

    quiet: bool = False
    debug: bool = False
    identity: str | None = None
    vault: str | None = None
    project: str | None = None
    offline_cache: bool = False
    offline: bool = False
    cache_max_age: str | None = None
    output: str | None = None
    attempts: int | None = None
    profile: str | None = None
    yes: bool = False
    dry_run: bool = False
    as_person: bool = False
    """Whether the command acts as a person, with a profile's key."""
    server: str | None = None
    """The server's URL, once the identity is loaded."""
