"""A project's secrets as table rows, and the table's filters."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from strongroom_core.secrets.listing import UNUSED_AFTER
from strongroom_core.secrets.views import LastRead, RenameReason
from strongroom_dashboard.components.filter import FilterOption
from strongroom_dashboard.screens.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from strongroom_core.secrets.views import Facet, Facets, SecretView, ToRename

KEPT = ("q", "kind", "tag", "environment", "read", "sort")
"""The filters and the sort in the URL. They stay when a drawer or another page of the list is opened."""
IN_API = {"read": "lastRead"}
"""The filters that have a different name in the API."""

TAGS_IN_A_ROW = 3
CANARY = "canary"
"""The kind shown for canaries."""

LAST_READ = {LastRead.NEVER.value: "Never", LastRead.UNUSED.value: "Not in 90 days"}


@dataclass(frozen=True)
class SecretRow:
    """One row. `last_read` is empty if the secret has never been read.

    Actions on several secrets use `tags_json`, `revision` and `access`.
    """

    id: str
    href: str
    name: str
    about: str
    kind: str
    version: str
    tags: list[str]
    tags_json: str
    revision: str
    access: str
    last_read: str
    last_read_by: str
    unused: bool
    reads: str
    readers: str
    no_readers: bool
    changed: str
    changed_by: str
    selected: bool


@dataclass(frozen=True)
class RenameLine:
    """A secret that should be renamed, and why."""

    name: str
    href: str
    why: str


def rename_of(secret: ToRename, path: str) -> RenameLine:
    """Return the line about a secret that should be renamed, in the project at `path`."""
    match secret.reason:
        case RenameReason.SHARED:
            why = f"another secret has the same variable, {secret.variable}"
        case RenameReason.DANGEROUS:
            why = f"“run” and “export” reject its variable, {secret.variable}"
        case RenameReason.PATH:
            why = "its path can't be used, because its name contains / or #"
    return RenameLine(secret.name, link_to(path, {}, secret=secret.id), why)


def row_of(
    secret: SecretView, href: str, now: datetime, *, selected: bool, canary: bool = False
) -> SecretRow:
    """Return a secret's row. `canary` is false for people who aren't allowed to know that it is one."""
    return SecretRow(
        id=secret.id,
        href=href,
        name=secret.name,
        about=_about(secret),
        kind=CANARY if canary else secret.kind.value,
        version=f"{secret.version:,}",
        tags=secret.tags[:TAGS_IN_A_ROW],
        tags_json=json.dumps(secret.tags),
        revision=str(secret.revision),
        access=f"{counted(secret.readers, 'machine')} can read it" if secret.readers else "",
        last_read=secret.last_read_at.isoformat() if secret.last_read_at is not None else "",
        last_read_by=secret.last_read_by or "",
        unused=is_unused(secret, now),
        reads=f"{secret.read_count:,}",
        readers=f"{secret.readers:,}",
        no_readers=secret.readers == 0,
        changed=secret.changed_at.isoformat(),
        changed_by=secret.changed_by,
        selected=selected,
    )


def is_unused(secret: SecretView, now: datetime) -> bool:
    """Return whether a secret hasn't been read for so long that it may no longer be needed."""
    return (secret.last_read_at or secret.created_at) < now - UNUSED_AFTER


def _about(secret: SecretView) -> str:
    place = [secret.environment] if secret.environment else []
    note = [secret.note.splitlines()[0]] if secret.note else []
    return " · ".join([*place, *note])


def link_to(path: str, given: Mapping[str, str], **changed: str) -> str:
    """Return the screen's URL with some parameters changed. An empty value removes the parameter."""
    wanted = {**given, **changed}
    query = urlencode({name: value for name, value in wanted.items() if value})
    return f"{path}?{query}" if query else path


@dataclass(frozen=True)
class Filter:
    """One filter: its options, the chosen one, and the URL without it."""

    options: list[FilterOption]
    chosen: str
    clear: str


def filter_of(
    path: str,
    given: Mapping[str, str],
    name: str,
    facets: Sequence[Facet],
    titles: Mapping[str, str] | None = None,
) -> Filter:
    """Return the filter for one parameter. Choosing an option returns to the first page."""
    chosen = given.get(name, "")
    titles = titles or {}
    options = [
        FilterOption(
            text=titles.get(facet.name, facet.name),
            href=link_to(path, given, **{name: facet.name}),
            count=f"{facet.secrets:,}",
            current=facet.name.casefold() == chosen.casefold(),
        )
        for facet in facets
    ]
    return Filter(options, titles.get(chosen, chosen), link_to(path, given, **{name: ""}))


def unused_in(facets: Facets) -> int:
    """Return the number of unused secrets, from the filter's counts."""
    return next((each.secrets for each in facets.last_read if each.name == LastRead.UNUSED), 0)
