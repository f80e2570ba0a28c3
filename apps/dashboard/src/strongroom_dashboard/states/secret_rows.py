"""A project's secrets as lines of a table, and by what the table can be narrowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from strongroom_core.secrets.listing import UNUSED_AFTER
from strongroom_core.secrets.views import LastRead
from strongroom_dashboard.components.filter import FilterOption

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from strongroom_core.secrets.views import Facet, Facets, SecretView

KEPT = ("q", "kind", "tag", "environment", "read")
"""What narrows the table. A drawer opens above it, and a page begins, without changing it."""

TAGS_IN_A_ROW = 3

LAST_READ = {LastRead.NEVER.value: "Never", LastRead.UNUSED.value: "Not in 90 days"}


@dataclass(frozen=True)
class SecretRow:
    """One line of the table. `last_read` is empty for a secret that was never read."""

    id: str
    href: str
    name: str
    about: str
    kind: str
    last_read: str
    last_read_by: str
    unused: bool
    reads: str
    readers: str
    no_readers: bool
    changed: str
    changed_by: str
    selected: bool


def row_of(secret: SecretView, href: str, now: datetime, *, selected: bool) -> SecretRow:
    """Return the line of a secret."""
    return SecretRow(
        id=secret.id,
        href=href,
        name=secret.name,
        about=_about(secret),
        kind=secret.kind.value,
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
    """Whether nothing has read a secret for so long that nothing may need it any more."""
    return (secret.last_read_at or secret.created_at) < now - UNUSED_AFTER


def _about(secret: SecretView) -> str:
    shown = secret.tags[:TAGS_IN_A_ROW]
    more = len(secret.tags) - len(shown)
    place = [secret.environment] if secret.environment else []
    parts = [f"v{secret.version}", *place, *shown, *([f"{more} more"] if more else [])]
    if not secret.tags and secret.note:
        parts.append(secret.note.splitlines()[0])
    return " · ".join(parts)


def link_to(path: str, given: Mapping[str, str], **changed: str) -> str:
    """Return a URL of the same screen with some of its parameters changed; an empty one goes."""
    wanted = {**given, **changed}
    query = urlencode({name: value for name, value in wanted.items() if value})
    return f"{path}?{query}" if query else path


@dataclass(frozen=True)
class Narrowing:
    """One menu above the table: what it offers, what is chosen, and the URL without it."""

    options: list[FilterOption]
    chosen: str
    clear: str


def narrowing(
    path: str,
    given: Mapping[str, str],
    name: str,
    facets: Sequence[Facet],
    titles: Mapping[str, str] | None = None,
) -> Narrowing:
    """Return the menu of one parameter. Choosing anew starts at the first page."""
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
    return Narrowing(options, titles.get(chosen, chosen), link_to(path, given, **{name: ""}))


def unused_in(facets: Facets) -> int:
    """Return how many secrets are not used any more."""
    return next((each.secrets for each in facets.last_read if each.name == LastRead.UNUSED), 0)
