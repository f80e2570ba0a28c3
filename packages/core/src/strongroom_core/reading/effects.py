"""An item's effects apart from its response. A batch performs them with one statement for each kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from strongroom_core.access.admission import know
from strongroom_core.policies.destroy import erase_secrets
from strongroom_core.reading.uses import write_uses

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from strongroom_core.access.action import Action
    from strongroom_core.access.entry import Detail
    from strongroom_core.access.gate import Batch
    from strongroom_core.access.targets import Subject
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Machine
    from strongroom_core.kernel.errors import StrongroomError
    from strongroom_core.kernel.ids import VaultId
    from strongroom_core.kernel.policies import Use

# Locked in the order of IDs, like everywhere else that locks several projects (`grants/scope.py`).
_FREEZE = """
with open as materialized (
    select id from project where id = any($1::varchar[]) and frozen_at is null order by id for no key update
)
update project p set frozen_at = $2, frozen_by = t.by, frozen_by_canary = true, freeze_reason = $4,
       revision = revision + 1
from open join unnest($1::varchar[], $3::varchar[]) as t(id, by) on t.id = open.id
where p.id = open.id
"""

_TRIP = "update secret set tripped_at = $2 where id = any($1::varchar[])"

_ROTATE = """
update rotation r set queued_version = t.version, queued_at = $4, queued_by = t.by, retry_at = null
from unnest($1::varchar[], $2::int[], $3::varchar[]) as t(secret, version, by)
where r.secret = t.secret and r.queued_version is distinct from t.version
"""

TRIP_REASON = "A canary was read"
"""The reason for a freeze by a canary. People who can see the audit log learn there which canary it was."""

_SEE = """
update secret_grant g set seen_version = t.version
from unnest($1::varchar[], $2::uuid[], $3::varchar[], $4::int[]) as t(vault, machine, secret, version)
where g.vault = t.vault and g.machine = t.machine and g.secret = t.secret
  and g.seen_version is distinct from t.version
"""


class Event(msgspec.Struct, frozen=True):
    """An entry for any action of this machine or, with a refusal, for its denial."""

    caller: Machine
    machine_name: str | None
    action: Action
    subject: Subject
    refusal: StrongroomError | None = None
    detail: Detail | None = None


@dataclass(frozen=True, slots=True, order=True)
class VersionSeen:
    """A machine has read this version of a secret for the first time."""

    vault: VaultId
    machine: UUID
    secret: str
    version: int


@dataclass(frozen=True, slots=True, order=True)
class NetworkSeen:
    """A machine has acted from a network where it wasn't known or hasn't been seen recently."""

    vault: VaultId
    machine: UUID
    network: str


@dataclass(frozen=True, slots=True)
class CanaryTripped:
    """A canary was read, which froze these projects, if there are any. `by` is the machine's name."""

    canary: str
    projects: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True)
class Counted:
    """A delivered read was counted for its secret's policy."""

    secret: str
    use: Use


@dataclass(frozen=True, slots=True)
class Destroyed:
    """The last read that a secret's policy allows. Its value is still delivered."""

    secret: str


@dataclass(frozen=True, slots=True, order=True)
class RotationQueued:
    """The read after which a secret's policy rotates this version. `by` is the machine's name."""

    secret: str
    version: int
    by: str


Effect = Event | VersionSeen | NetworkSeen | CanaryTripped | Counted | Destroyed | RotationQueued


async def perform_effects(batch: Batch, effects: Iterable[Effect]) -> None:
    """Perform the effects of all items. Most reads are repeats, whose only effect is their entry."""
    versions, networks = set[VersionSeen](), set[NetworkSeen]()
    trips: list[CanaryTripped] = []
    counted = dict[str, "Use"]()
    last: list[Destroyed | RotationQueued] = []
    for effect in effects:
        match effect:
            case Event():
                batch.log(
                    effect.caller,
                    effect.machine_name,
                    effect.action,
                    effect.subject,
                    effect.refusal,
                    effect.detail,
                )
            case VersionSeen():
                versions.add(effect)
            case NetworkSeen():
                networks.add(effect)
            case CanaryTripped():
                trips.append(effect)
            case Counted():
                counted[effect.secret] = effect.use
            case Destroyed() | RotationQueued():
                last.append(effect)
    await _note_trips(batch, trips)
    await _note_versions(batch.connection, sorted(versions))
    await _note_networks(batch, sorted(networks))
    if counted:
        await write_uses(batch.connection, counted)
    if last:
        await _act_on_counts(batch, last)


async def _note_trips(batch: Batch, trips: list[CanaryTripped]) -> None:
    """Freeze the projects. The batch holds exclusive locks on them, so nothing can be read there anymore."""
    if not trips:
        return
    frozen = {project: trip.by for trip in trips for project in trip.projects}
    await batch.connection.execute(_TRIP, [trip.canary for trip in trips], batch.at)
    if frozen:
        await batch.connection.execute(
            _FREEZE, list(frozen), batch.at, list(frozen.values()), TRIP_REASON
        )


async def _act_on_counts(batch: Batch, last: list[Destroyed | RotationQueued]) -> None:
    """Delete secrets, and queue rotations. The worker ignores those of a version that isn't current."""
    rotations = sorted(each for each in last if isinstance(each, RotationQueued))
    if rotations:
        await batch.connection.execute(
            _ROTATE,
            [each.secret for each in rotations],
            [each.version for each in rotations],
            [each.by for each in rotations],
            batch.at,
        )
    destroyed = {each.secret for each in last if isinstance(each, Destroyed)}
    if destroyed:
        await erase_secrets(batch.connection, sorted(destroyed))


async def _note_versions(connection: Connection, seen: list[VersionSeen]) -> None:
    if seen:
        await connection.execute(
            _SEE,
            [each.vault for each in seen],
            [each.machine for each in seen],
            [each.secret for each in seen],
            [each.version for each in seen],
        )


async def _note_networks(batch: Batch, seen: list[NetworkSeen]) -> None:
    if seen:
        await know(
            batch.connection, [(each.vault, each.machine, each.network) for each in seen], batch.at
        )
