"""Loads the object an action is about, locked as its rule asks, with what `decide` must know of it.

Row-level security has already removed every other vault's rows: their ids are simply not there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from strongroom_core.access.actions import Lock, ObjectKind, Rule
from strongroom_core.db.connection import Connection
from strongroom_core.kernel.authority import Place, SecretKind
from strongroom_core.kernel.errors import NotFound
from strongroom_core.kernel.ids import is_id


@dataclass(frozen=True, slots=True)
class Target:
    """An object of the caller's vault as it is in this transaction."""

    kind: ObjectKind
    id: str
    name: str
    revision: int
    place: Place | None = None
    secret_kind: SecretKind | None = None
    frozen: bool = False
    trashed: bool = False


PREFIXES = {
    ObjectKind.APPLICATION: "app",
    ObjectKind.PROJECT: "proj",
    ObjectKind.SECRET: "sk",
}
"""Kinds whose ids carry a prefix. A machine's is a UUID."""

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_ROW_LOCK = {Lock.NONE: "", Lock.SHARE: "for share of {0}", Lock.CHANGE: "for no key update of {0}"}

_APPLICATION_ROW = "select id, name, revision from application where id = $1"

_MACHINE_ROW = "select id, name, revision from machine where id = $1"

_PROJECT_ROW = """
select p.id, p.name, p.revision, p.application, p.environment,
       p.frozen_at is not null as frozen, p.trashed_at is not null as trashed
from project p where p.id = $1 and p.purge_ordered_at is null
"""

# The project is held too, so that it is not trashed under an act on one of its secrets.
_SECRET_ROW = """
select s.id, s.name, s.revision, s.kind, s.project, p.application, p.environment,
       p.frozen_at is not null as frozen, s.trashed_at is not null as trashed
from secret s join project p on p.vault = s.vault and p.id = s.project
where s.id = $1 and p.trashed_at is null
"""


async def load(connection: Connection, rule: Rule, target_id: str) -> Target:
    """Return the target, or raise `NotFound`: absent, malformed and foreign ids look the same."""
    kind = rule.about
    if kind is None:
        raise ValueError("this action is about no object")
    if not is_id_of(kind, target_id):
        raise NotFound(kind.value)
    match kind:
        case ObjectKind.MACHINE:
            target = await _machine(connection, rule.lock, target_id)
        case ObjectKind.APPLICATION:
            target = await _application(connection, rule.lock, target_id)
        case ObjectKind.PROJECT:
            target = await _project(connection, rule.lock, target_id)
        case _:
            target = await _secret(connection, rule.lock, target_id)
    if target is None or target.trashed != rule.in_trash:
        raise NotFound(kind.value)
    return target


def is_id_of(kind: ObjectKind, text: str) -> bool:
    """Whether the text has the form of an id of this kind. Says nothing about existence."""
    if kind is ObjectKind.MACHINE:
        return _UUID.fullmatch(text) is not None
    return is_id(text, PREFIXES[kind])


async def _machine(connection: Connection, lock: Lock, target_id: str) -> Target | None:
    sql = f"{_MACHINE_ROW} {_ROW_LOCK[lock].format('machine')}"
    row = await connection.fetchrow(sql, UUID(target_id))
    if row is None:
        return None
    return Target(ObjectKind.MACHINE, str(row["id"]), row["name"], row["revision"])


async def _application(connection: Connection, lock: Lock, target_id: str) -> Target | None:
    sql = f"{_APPLICATION_ROW} {_ROW_LOCK[lock].format('application')}"
    row = await connection.fetchrow(sql, target_id)
    if row is None:
        return None
    return Target(ObjectKind.APPLICATION, row["id"], row["name"], row["revision"])


async def _project(connection: Connection, lock: Lock, target_id: str) -> Target | None:
    row = await connection.fetchrow(f"{_PROJECT_ROW} {_ROW_LOCK[lock].format('p')}", target_id)
    if row is None:
        return None
    return Target(
        ObjectKind.PROJECT,
        row["id"],
        row["name"],
        row["revision"],
        place=Place(row["id"], row["application"], row["environment"]),
        frozen=row["frozen"],
        trashed=row["trashed"],
    )


async def _secret(connection: Connection, lock: Lock, target_id: str) -> Target | None:
    locks = "" if lock is Lock.NONE else f"{_ROW_LOCK[lock].format('s')} for share of p"
    row = await connection.fetchrow(f"{_SECRET_ROW} {locks}", target_id)
    if row is None:
        return None
    return Target(
        ObjectKind.SECRET,
        row["id"],
        row["name"],
        row["revision"],
        place=Place(row["project"], row["application"], row["environment"]),
        secret_kind=SecretKind(row["kind"]),
        frozen=row["frozen"],
        trashed=row["trashed"],
    )
