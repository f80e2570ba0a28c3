"""Renames a secret, and changes its note, tags and environment label. Values aren't touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.secrets import SECRET_UPDATE
from strongroom_core.db.conflicts import name_taken_as
from strongroom_core.db.query import revise
from strongroom_core.kernel.errors import Conflict, Invalid
from strongroom_core.kernel.limits import NAME_LENGTH, NOTE_LENGTH, SECRET_NAME_LENGTH, TAG_LENGTH
from strongroom_core.kernel.names import require_name, require_path_part, require_text
from strongroom_core.schema.secrets import Secret
from strongroom_core.secrets.listing import secret_in
from strongroom_core.secrets.variables import require_own_variables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from piccolo.columns import Column

    from strongroom_core.access.targets import Target
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import SecretId
    from strongroom_core.secrets.views import SecretView

MOST_TAGS = 50
TAKEN = "another secret in this project has this name; choose another name"


@dataclass(frozen=True, slots=True)
class Labels:
    """A secret's metadata other than its name. `environment` is allowed only in a standalone project."""

    note: str | None = None
    tags: tuple[str, ...] = ()
    environment: str | None = None

    @classmethod
    def parse(cls, *, note: str | None, tags: Sequence[str], environment: str | None) -> Labels:
        """Check the input. Raises `Invalid`."""
        return cls(
            require_text(note, field="note", most=NOTE_LENGTH),
            require_tags(tags),
            require_name(environment, field="environment", most=NAME_LENGTH)
            if environment
            else None,
        )


@dataclass(frozen=True, slots=True)
class Changes:
    """What to change. None leaves a member unchanged, and an empty string removes it."""

    name: str | None = None
    note: str | None = None
    tags: Sequence[str] | None = None
    environment: str | None = None


async def update_secret(
    core: Core, caller: Human, secret: SecretId, changes: Changes, *, if_match: int | None = None
) -> SecretView:
    """Change a secret's metadata.

    Raises `Invalid`, `Changed` if `if_match` doesn't match, and `NameTaken` for a name or variable in use.
    """
    if changes.name is not None:
        require_secret_name(changes.name)
    labels = Labels.parse(
        note=changes.note, tags=changes.tags or (), environment=changes.environment
    )
    async with gate.perform(core, caller, SECRET_UPDATE, secret) as act:
        act.require_revision(if_match)
        require_label_allowed(act.target, labels.environment)
        values: dict[Column, object] = {}
        if changes.note is not None:
            values[Secret.note] = labels.note
        if changes.tags is not None:
            values[Secret.tags] = list(labels.tags)
        if changes.environment is not None:
            values[Secret.environment] = labels.environment
        if changes.name is not None:
            await require_own_variables(act, secret, changes.name, taken=TAKEN)
        with name_taken_as(TAKEN):
            await act.run(revise(Secret, secret, values, name=changes.name))
        if changes.name is not None and changes.name != act.target.name:
            act.record(renamed_from=act.target.name, renamed_to=changes.name)
        return await secret_in(act.connection, secret)


def require_secret_name(name: str) -> str:
    """Return the name. Raises `Invalid` unless it is 1–255 visible characters that can be part of a path."""
    return require_path_part(name, field="name", most=SECRET_NAME_LENGTH)


def require_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Return the tags in the given order, without duplicates. Raises `Invalid`."""
    if len(tags) > MOST_TAGS:
        raise Invalid(f"at most {MOST_TAGS} tags", field="tags")
    return tuple(dict.fromkeys(require_name(tag, field="tags", most=TAG_LENGTH) for tag in tags))


def require_label_allowed(target: Target, environment: str | None) -> None:
    """Raise `Conflict` for a label in an application, where the project determines the environment (V-2)."""
    in_application = target.place is not None and target.place.application is not None
    if environment is not None and in_application:
        raise Conflict("in an application, the project determines the environment; omit the label")
