"""Loads an action's target, locked as the action requires, with everything that `decide` needs to know.

Row-level security already hides the rows of all other vaults, so their IDs don't exist here (tenant
isolation).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

import msgspec

from strongroom_core.access.action import Action, Lock, ObjectKind
from strongroom_core.db.connection import Connection
from strongroom_core.kernel.authority import Place, SecretKind
from strongroom_core.kernel.browser import describe_browser
from strongroom_core.kernel.errors import Invalid, NotFound
from strongroom_core.kernel.ids import AccountId, ProjectId, is_id
from strongroom_core.kernel.limits import SECRET_NAME_LENGTH
from strongroom_core.kernel.names import require_name


@dataclass(frozen=True, slots=True)
class Target:
    """An object in the caller's vault, as this transaction sees it."""

    kind: ObjectKind
    id: str
    name: str
    revision: int
    place: Place | None = None
    secret_kind: SecretKind | None = None
    frozen: bool = False
    canary: bool = False
    trashed: bool = False
    creator: AccountId | None = None
    """The account to which a share belongs."""
    holder: AccountId | None = None
    """The account to which a session, browser or passkey belongs. For anyone else, it doesn't exist."""
    projects: frozenset[ProjectId] | None = None
    """An application's live projects. The application exists for anyone who can see one of them."""

    @property
    def located(self) -> Place:
        """The place of an object that is in a project."""
        if self.place is None:
            raise ValueError("this object isn't in a project")
        return self.place


class Subject(msgspec.Struct, frozen=True):
    """The object in an entry."""

    kind: ObjectKind | None
    id: str | None
    name: str | None
    project: str | None


@dataclass(frozen=True, slots=True)
class Path:
    """The path of a live project or secret, used instead of its ID.

    An object whose name contains `/`, because it was named before that was forbidden (S-11), has no path.
    """

    application: str | None
    project: str
    secret: str | None = None

    @classmethod
    def of_project(cls, text: str) -> Path:
        """Parse `application/project`, or the name of a standalone project. Raises `Invalid`."""
        return cls(*_place(_parts(text, 1, "application/project or a project's name")))

    @classmethod
    def of_secret(cls, text: str) -> Path:
        """Parse `application/project/NAME` or `project/NAME`. Raises `Invalid`."""
        *place, name = _parts(text, 2, "application/project/NAME or project/NAME")
        return cls(*_place(place), name)

    def __str__(self) -> str:
        return "/".join(filter(None, (self.application, self.project, self.secret)))


def _parts(text: str, fewest: int, form: str) -> list[str]:
    """Return the parts of a path. There are `fewest` of them, or one more with an application."""
    parts = text.split("/")
    if len(parts) not in (fewest, fewest + 1):
        raise Invalid(f"path must be {form}", field="path")
    return [require_name(part, field="path", most=SECRET_NAME_LENGTH) for part in parts]


def _place(parts: list[str]) -> tuple[str | None, str]:
    return (parts[0] if len(parts) > 1 else None, parts[-1])


PREFIXES = {
    ObjectKind.ACCESS_ROLE: "arole",
    ObjectKind.ACCOUNT: "acc",
    ObjectKind.ALLOWLIST_ENTRY: "net",
    ObjectKind.APPLICATION: "app",
    ObjectKind.DEVICE: "dev",
    ObjectKind.ENROLLMENT_TOKEN: "ent",
    ObjectKind.KEY: "key",
    ObjectKind.INVITATION: "inv",
    ObjectKind.MEMBER: "mem",
    ObjectKind.PLAN: "plan",
    ObjectKind.PASSKEY: "pky",
    ObjectKind.POLICY: "pol",
    ObjectKind.PROJECT: "proj",
    ObjectKind.SECRET: "sk",
    ObjectKind.SESSION: "ses",
    ObjectKind.SHARE: "shr",
    ObjectKind.TRUST: "trust",
    ObjectKind.WEBHOOK: "hook",
    ObjectKind.VAULT: "vault",
    ObjectKind.VAULT_ROLE: "vrole",
}
"""Kinds whose IDs have a prefix. A machine's ID is a UUID."""

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_ROW_LOCK = {Lock.NONE: "", Lock.SHARE: "for share of {0}", Lock.CHANGE: "for no key update of {0}"}

_PLAIN_ROWS = {
    ObjectKind.ACCESS_ROLE: "select id, name, revision from access_role where id = $1",
    ObjectKind.ACCOUNT: "select id, username as name, 1 as revision from account where id = $1",
    ObjectKind.ALLOWLIST_ENTRY: "select id, name, revision from allowlist_entry where id = $1",
    ObjectKind.ENROLLMENT_TOKEN: "select id, name, revision from enrollment_token where id = $1",
    ObjectKind.INVITATION: "select id, address as name, revision from invitation where id = $1",
    ObjectKind.MEMBER: "select id, username_in(account) as name, revision from member where id = $1",
    ObjectKind.PLAN: "select id, name, revision from plan where id = $1",
    ObjectKind.TRUST: "select id, name, revision from trust where id = $1",
    ObjectKind.WEBHOOK: "select id, name, revision from webhook where id = $1",
    ObjectKind.VAULT: "select id, name, revision from vault where id = $1",
    ObjectKind.VAULT_ROLE: "select id, name, revision from vault_role where id = $1",
}
"""Objects that belong to the vault itself or to the installation and aren't in a project."""

_PERSONAL_ROWS = {
    ObjectKind.DEVICE: "select id, user_agent as name, account from device where id = $1",
    ObjectKind.KEY: "select id, name, account from person_key key where id = $1 and ended_at is null",
    ObjectKind.PASSKEY: "select id, name, account from passkey where id = $1",
    ObjectKind.SESSION: "select id, user_agent as name, account from session where id = $1",
}
"""Objects that belong to one person, in any vault."""

_MACHINE_ROW = "select id, name, revision from machine where id = $1"

_PROJECT_ROW = """
select p.id, p.name, p.revision, p.application, p.environment,
       p.frozen_at is not null as frozen, p.trashed_at is not null as trashed
from project p where p.id = $1 and p.purge_ordered_at is null
"""

_APPLICATION_ROW = """
select a.id, a.name, a.revision,
       array(select p.id from project p where p.application = a.id and p.trashed_at is null) as projects
from application a where a.id = $1
"""

_POLICY_ROW = """
select o.id, o.name, o.revision, o.project, p.application, p.environment, p.frozen_at is not null as frozen
from policy o join project p on p.vault = o.vault and p.id = o.project
where o.id = $1 and p.trashed_at is null
"""

# The project is locked too, so that it can't be trashed during an act on one of its secrets.
_SECRET_ROW = """
select s.id, s.name, s.revision, s.kind, s.project, p.application, p.environment,
       s.decoy is not null as canary, p.frozen_at is not null as frozen, s.trashed_at is not null as trashed
from secret s join project p on p.vault = s.vault and p.id = s.project
where s.id = $1 and p.trashed_at is null
"""


_SHARE_ROW = """
select s.id, coalesce(s.label, s.id) as name, s.created_by, p.id as project, p.application, p.environment
from share s left join project p on p.vault = s.vault and p.id = s.project and p.purge_ordered_at is null
where s.id = $1
"""

_ID_OF_PROJECT = """
select p.id from project p left join application a on a.vault = p.vault and a.id = p.application
where p.name = $1 and a.name is not distinct from $2 and p.trashed_at is null
"""

_ID_OF_SECRET = f"""
select s.id from secret s
where s.project = ({_ID_OF_PROJECT}) and s.name = $3 and s.trashed_at is null
"""


async def id_of(connection: Connection, path: str | Path) -> str:
    """Return the ID of the live object at a path; an ID is returned unchanged. Raises `NotFound`."""
    if isinstance(path, str):
        return path
    place = (path.project, path.application)
    if path.secret is None:
        kind, row = ObjectKind.PROJECT, await connection.fetchrow(_ID_OF_PROJECT, *place)
    else:
        kind = ObjectKind.SECRET
        row = await connection.fetchrow(_ID_OF_SECRET, *place, path.secret)
    if row is None:
        raise NotFound(kind.value)
    return row["id"]


async def load(connection: Connection, action: Action, target_id: str) -> Target:
    """Return the target, or raise `NotFound`. Missing, malformed and foreign IDs look the same."""
    kind = action.about
    if kind is None:
        raise ValueError("this action has no object")
    if not is_id_of(kind, target_id):
        raise NotFound(kind.value)
    match kind:
        case ObjectKind.MACHINE:
            target = await _machine(connection, action.lock, target_id)
        case _ if kind in _PLAIN_ROWS:
            target = await _plain(connection, kind, action.lock, target_id)
        case _ if kind in _PERSONAL_ROWS:
            target = await _personal(connection, kind, action.lock, target_id)
        case _:
            target = await _LOADERS[kind](connection, action.lock, target_id)
    if target is None or target.trashed != action.in_trash:
        raise NotFound(kind.value)
    return target


def is_id_of(kind: ObjectKind, text: str) -> bool:
    """Whether the text is a well-formed ID of this kind. The object itself may not exist."""
    if kind is ObjectKind.MACHINE:
        return _UUID.fullmatch(text) is not None
    return is_id(text, PREFIXES[kind])


def require_id_of(kind: ObjectKind, text: str, *, field: str) -> str:
    """Return an ID that filters a list. Raises `Invalid` for anything else, such as a name.

    A list filtered by a name would be empty, which would look as if there were no items.
    """
    if is_id_of(kind, text):
        return text
    example = (
        "a UUID" if kind is ObjectKind.MACHINE else f"such as {PREFIXES[kind]}_k3m5q7wx2y4z6abc"
    )
    raise Invalid(
        f"{field} must be the {kind.value}'s ID, {example}; list the {kind.value}s to find it",
        field=field,
    )


async def _machine(connection: Connection, lock: Lock, target_id: str) -> Target | None:
    sql = f"{_MACHINE_ROW} {_ROW_LOCK[lock].format('machine')}"
    row = await connection.fetchrow(sql, UUID(target_id))
    if row is None:
        return None
    return Target(ObjectKind.MACHINE, str(row["id"]), row["name"], row["revision"])


async def _plain(
    connection: Connection, kind: ObjectKind, lock: Lock, target_id: str
) -> Target | None:
    sql = f"{_PLAIN_ROWS[kind]} {_ROW_LOCK[lock].format(kind.value)}"
    row = await connection.fetchrow(sql, target_id)
    if row is None:
        return None
    return Target(kind, row["id"], row["name"], row["revision"])


async def _personal(
    connection: Connection, kind: ObjectKind, lock: Lock, target_id: str
) -> Target | None:
    sql = f"{_PERSONAL_ROWS[kind]} {_ROW_LOCK[lock].format(kind.value)}"
    row = await connection.fetchrow(sql, target_id)
    if row is None:
        return None
    named = kind in (ObjectKind.KEY, ObjectKind.PASSKEY)
    name = row["name"] if named else describe_browser(row["name"])
    return Target(kind, row["id"], name, 1, holder=AccountId(row["account"]))


async def _application(connection: Connection, lock: Lock, target_id: str) -> Target | None:
    row = await connection.fetchrow(f"{_APPLICATION_ROW} {_ROW_LOCK[lock].format('a')}", target_id)
    if row is None:
        return None
    return Target(
        ObjectKind.APPLICATION,
        row["id"],
        row["name"],
        row["revision"],
        projects=frozenset(map(ProjectId, row["projects"])),
    )


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
        canary=row["canary"],
        frozen=row["frozen"],
        trashed=row["trashed"],
    )


async def _policy(connection: Connection, lock: Lock, target_id: str) -> Target | None:
    locks = "" if lock is Lock.NONE else f"{_ROW_LOCK[lock].format('o')} for share of p"
    row = await connection.fetchrow(f"{_POLICY_ROW} {locks}", target_id)
    if row is None:
        return None
    return Target(
        ObjectKind.POLICY,
        row["id"],
        row["name"],
        row["revision"],
        place=Place(row["project"], row["application"], row["environment"]),
        frozen=row["frozen"],
    )


async def _share(connection: Connection, lock: Lock, target_id: str) -> Target | None:
    row = await connection.fetchrow(f"{_SHARE_ROW} {_ROW_LOCK[lock].format('s')}", target_id)
    if row is None:
        return None
    place = None
    if row["project"] is not None:
        place = Place(row["project"], row["application"], row["environment"])
    creator = AccountId(row["created_by"])
    return Target(ObjectKind.SHARE, row["id"], row["name"], 1, place=place, creator=creator)


_LOADERS = {
    ObjectKind.APPLICATION: _application,
    ObjectKind.POLICY: _policy,
    ObjectKind.PROJECT: _project,
    ObjectKind.SECRET: _secret,
    ObjectKind.SHARE: _share,
}


def subject_of(target: Target | None) -> Subject:
    """Return the object in the entry for an act on a target, or on none."""
    if target is None:
        return Subject(None, None, None, None)
    project = target.place.project if target.place is not None else None
    return Subject(target.kind, target.id, target.name, project)


def subject_named(action: Action, target_id: str | Path | None) -> Subject:
    """Return the object in the entry for a denial: only the requested ID, if it is well formed.

    A name, or the ID for a path, could be looked up, but then the entry would reveal whether the object
    exists.
    """
    wanted = target_id if isinstance(target_id, str) else ""
    if action.about is None or not is_id_of(action.about, wanted):
        return Subject(action.about, None, None, None)
    return Subject(action.about, wanted, None, None)
