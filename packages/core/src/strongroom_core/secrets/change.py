"""Rename a secret, and change its note, tags and environment label. No value is touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.db.conflicts import name_taken_as
from strongroom_core.kernel.errors import Conflict, Invalid
from strongroom_core.kernel.names import folded, optional_text, require_name
from strongroom_core.secrets.listing import secret_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.access.targets import Target
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import SecretId
    from strongroom_core.secrets.views import SecretView

NAME_LENGTH = 255
NOTE_LENGTH = 10_000
TAG_LENGTH = 64
MOST_TAGS = 50
ENVIRONMENT_LENGTH = 100
TAKEN = "another secret of this project has this name: choose another"

_UPDATE = """
update secret set revision = revision + 1, name = coalesce($2, name),
       name_folded = coalesce($3, name_folded), note = case when $4 then $5 else note end,
       tags = coalesce($6, tags), environment = case when $7 then $8 else environment end
where id = $1
"""


@dataclass(frozen=True, slots=True)
class Labels:
    """What a secret says about itself besides its name. `environment` only in a standalone project."""

    note: str | None = None
    tags: tuple[str, ...] = ()
    environment: str | None = None

    @classmethod
    def parse(cls, *, note: str | None, tags: Sequence[str], environment: str | None) -> Labels:
        """Check what was sent. Raises `Invalid`."""
        return cls(
            optional_text(note, field="note", most=NOTE_LENGTH),
            require_tags(tags),
            require_name(environment, field="environment", most=ENVIRONMENT_LENGTH)
            if environment
            else None,
        )


@dataclass(frozen=True, slots=True)
class Changes:
    """What to change; None leaves as it is, an empty text removes."""

    name: str | None = None
    note: str | None = None
    tags: Sequence[str] | None = None
    environment: str | None = None


async def update_secret(
    core: Core, caller: Human, secret: SecretId, changes: Changes, *, if_match: int | None = None
) -> SecretView:
    """Change a secret's labels. Raises `Invalid`, `NameTaken`, and `Changed` by `if_match`."""
    if changes.name is not None:
        require_secret_name(changes.name)
    labels = Labels.parse(
        note=changes.note, tags=changes.tags or (), environment=changes.environment
    )
    async with gate.perform(core, caller, Action.SECRET_UPDATE, secret) as act:
        act.require_revision(if_match)
        require_label_allowed(act.target, labels.environment)
        with name_taken_as(TAKEN):
            await act.connection.execute(
                _UPDATE,
                secret,
                changes.name,
                folded(changes.name) if changes.name is not None else None,
                changes.note is not None,
                labels.note,
                list(labels.tags) if changes.tags is not None else None,
                changes.environment is not None,
                labels.environment,
            )
        if changes.name is not None and changes.name != act.target.name:
            act.record(renamed_from=act.target.name, renamed_to=changes.name)
        return await secret_in(act.connection, secret)


def require_secret_name(name: str) -> str:
    """Return the name. Raises `Invalid` unless it is 1–255 visible characters."""
    return require_name(name, field="name", most=NAME_LENGTH)


def require_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Return the tags, each once, in the order given. Raises `Invalid`."""
    if len(tags) > MOST_TAGS:
        raise Invalid(f"at most {MOST_TAGS} tags", field="tags")
    return tuple(dict.fromkeys(require_name(tag, field="tags", most=TAG_LENGTH) for tag in tags))


def require_label_allowed(target: Target, environment: str | None) -> None:
    """Raise `Conflict` for a label inside an application, whose project is the environment (V-2)."""
    in_application = target.place is not None and target.place.application is not None
    if environment is not None and in_application:
        raise Conflict("inside an application the project is the environment: leave the label out")
