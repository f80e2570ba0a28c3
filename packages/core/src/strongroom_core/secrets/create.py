"""Creates a secret with its first version (S-2, S-3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.secrets import SECRET_CREATE
from strongroom_core.crypto.random import new_id
from strongroom_core.db.conflicts import name_taken_as
from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.ids import SecretId
from strongroom_core.kernel.names import folded
from strongroom_core.limits.caps import Cap
from strongroom_core.limits.quota import require_room
from strongroom_core.schema.secrets import Secret
from strongroom_core.secrets.change import (
    Labels,
    require_label_allowed,
    require_secret_name,
)
from strongroom_core.secrets.listing import secret_in
from strongroom_core.secrets.material import store_value
from strongroom_core.secrets.values import complete, single_value, structured_value
from strongroom_core.secrets.variables import require_variables_free
from strongroom_core.secrets.versions import VersionOrigin, append_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import ProjectId
    from strongroom_core.kernel.plaintext import Plaintext
    from strongroom_core.secrets.generate import Recipe
    from strongroom_core.secrets.views import SecretView

TAKEN = "this project already has a secret with this name; choose another name, or replace that one"


@dataclass(frozen=True, slots=True)
class Content:
    """A new secret's content: a `value`, `fields` (blank ones are generated), or a recipe."""

    value: str | None = field(default=None, repr=False)
    fields: Mapping[str, str | None] | None = field(default=None, repr=False)
    recipe: Recipe | None = None


async def create_secret(
    core: Core,
    caller: Human,
    project: ProjectId,
    *,
    name: str,
    kind: SecretKind,
    content: Content,
    labels: Labels,
) -> SecretView:
    """Create a secret.

    Raises `Invalid` for invalid content or labels, `NameTaken` for a name or variable in use, and
    `CapReached`.
    """
    require_secret_name(name)
    value, field_names = first_value(kind, content)
    async with gate.perform(core, caller, SECRET_CREATE, project, kind=kind) as act:
        require_label_allowed(act.target, labels.environment)
        secret = await insert_secret(
            core, act, project, name, kind, labels, value=value, field_names=field_names
        )
        act.record(kind=kind.value, version=1)
        return await secret_in(act.connection, secret)


async def insert_secret(
    core: Core,
    act: gate.Act,
    project: ProjectId,
    name: str,
    kind: SecretKind,
    labels: Labels,
    *,
    value: Plaintext,
    field_names: list[str],
) -> SecretId:
    """Insert a secret with its first version, as the act's object. Raises as `create_secret` does."""
    await require_room(act, Cap.SECRETS)
    secret = Secret(
        vault=act.vault,
        id=new_id("sk"),
        project=project,
        kind=kind.value,
        name=name,
        name_folded=folded(name),
        environment=labels.environment,
        note=labels.note,
        tags=list(labels.tags),
        field_names=field_names,
        current_version=1,
        changed_at=act.at,
        changed_by=act.actor[2],
        created_at=act.at,
    )
    await require_variables_free(
        act, project, secret.id, name, field_names=field_names, taken=TAKEN
    )
    with name_taken_as(TAKEN):
        await act.run(Secret.insert(secret))
    material = await store_value(core, act, project, secret.id, value)
    await append_version(act, secret.id, 1, material, VersionOrigin.CREATE, field_names)
    act.concerns(ObjectKind.SECRET, secret.id, name, project)
    return SecretId(secret.id)


def first_value(kind: SecretKind, content: Content) -> tuple[Plaintext, list[str]]:
    """Return a new secret's value and its fields' names. Raises `Invalid` if they don't fit the kind."""
    match kind:
        case SecretKind.SINGLE:
            if content.fields is not None:
                raise Invalid(
                    'a single secret has a value, not fields; for fields, add "kind": "structured"',
                    field="fields",
                )
            return single_value(content.value, content.recipe), []
        case SecretKind.STRUCTURED:
            if content.value is not None:
                raise Invalid("a structured secret has fields, not a value", field="value")
            fields = complete(content.fields or {}, content.recipe)
            return structured_value(fields), list(fields)
