"""What a machine may read of one project, and what it may not, secret by secret (M-9)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from strongroom_core.grants.manage import MOST, list_grants
from strongroom_core.kernel.page import MAX_LIMIT, PageRequest
from strongroom_core.secrets.listing import list_secrets
from strongroom_dashboard.states.counting import counted

if TYPE_CHECKING:
    from strongroom_core.grants.views import GrantView
    from strongroom_core.kernel.ids import ProjectId
    from strongroom_core.secrets.views import SecretView
    from strongroom_dashboard.door import Call


@dataclass(frozen=True)
class FieldChoice:
    """One field of a structured secret. `key` is its own among all fields of the page."""

    key: str
    name: str
    granted: bool


@dataclass(frozen=True)
class GrantChoice:
    """One secret: whether it is granted, and which of its fields. `found_by` is what a search looks at."""

    id: str
    href: str
    name: str
    kind: str
    environment: str
    tags: str
    found_by: str
    granted: bool
    some: bool
    field_count: str
    fields: list[FieldChoice] = field(default_factory=list[FieldChoice])


async def choices_of(
    call: Call, project: ProjectId, machine: str
) -> tuple[list[GrantChoice], bool]:
    """Return every live secret of the project by name; or none, and that there are too many.

    Saving sets exactly what is shown, so what cannot be shown whole is not shown at all. Raises
    `NotFound` for a machine that is not attached.
    """
    grants = await list_grants(call.core, call.caller, project, machine=machine)
    by_secret = {grant.secret_id: grant for grant in grants}
    choices: list[GrantChoice] = []
    page = PageRequest(limit=MAX_LIMIT)
    while True:
        found = await list_secrets(call.core, call.caller, project, page)
        choices += [_choice(secret, by_secret.get(secret.id)) for secret in found.items]
        if len(choices) > MOST:
            return [], True
        if found.next_cursor is None:
            return choices, False
        page = PageRequest.parse(limit=MAX_LIMIT, cursor=found.next_cursor, keys=2)


def _choice(secret: SecretView, grant: GrantView | None) -> GrantChoice:
    only = grant.fields if grant is not None else None
    return GrantChoice(
        id=secret.id,
        href=f"/secrets/{secret.id}",
        name=secret.name,
        kind=secret.kind.value,
        environment=secret.environment or "",
        tags=", ".join(secret.tags),
        found_by=" ".join((secret.name, secret.environment or "", *secret.tags)).lower(),
        granted=grant is not None,
        some=only is not None,
        field_count=counted(len(secret.field_names), "field") if secret.field_names else "",
        fields=[
            FieldChoice(f"{secret.id}.{name}", name, only is None or name in only)
            for name in secret.field_names
        ],
    )
