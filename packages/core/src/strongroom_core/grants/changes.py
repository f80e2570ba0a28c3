"""How other changes affect grants, and how events report this (L-6).

An event names each secret and field to which a machine gained or lost access, and contains their IDs for
searches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from strongroom_core.access.entry import Detail
    from strongroom_core.db.connection import Connection, Row

_Reach = tuple[UUID, str, str]
"""A machine's access to a secret: their IDs, and a field, or "" for the whole secret."""

# A machine's grants, each with the secret's path, by which people know the secret.
_OF_MACHINE = """
select g.secret, g.fields, s.name, s.kind, concat_ws('/', a.name, p.name, s.name) as path
from secret_grant g
join secret s on s.vault = g.vault and s.id = g.secret
join project p on p.vault = s.vault and p.id = s.project
left join application a on a.vault = p.vault and a.id = p.application
where g.machine = $1 and ($2::text is null or g.project = $2) order by 5, 1
"""

_AMONG = """
select g.machine, m.name as machine_name, g.secret, s.name, g.fields
from secret_grant g
join machine m on m.vault = g.vault and m.id = g.machine
join secret s on s.vault = g.vault and s.id = g.secret
where g.project = $1 and g.machine = any($2::uuid[]) and g.secret = any($3::varchar[])
"""

_OF_SECRET = """
select m.id, m.name, g.fields from secret_grant g join machine m on m.vault = g.vault and m.id = g.machine
where g.secret = $1 order by m.name, m.id
"""


# Grants of fields that no longer exist. `fields` lists what each grant loses.
_LOSING = """
select m.id, m.name, array(select f from unnest(g.fields) f where f <> all($2::varchar[])) as fields
from secret_grant g join machine m on m.vault = g.vault and m.id = g.machine
where g.secret = $1 and g.fields is not null and not g.fields <@ $2::varchar[] order by m.name, m.id
"""

_REVOKE = """
delete from secret_grant where secret = $1 and fields is not null and not fields && $2::varchar[]
"""

_NARROW = """
update secret_grant set fields = array(select f from unnest(fields) f where f = any($2::varchar[]))
where secret = $1 and fields is not null and not fields <@ $2::varchar[]
"""


async def narrow_grants(connection: Connection, secret: str, live: Sequence[str]) -> list[Row]:
    """Limit grants of single fields to the fields a secret still has; a grant with no fields left is deleted.

    Otherwise, a machine that could read a removed field could read a new field of the same name. Returns the
    machines that lost access to fields, with those fields.
    """
    losing = await connection.fetch(_LOSING, secret, live)
    if losing:
        await connection.execute(_REVOKE, secret, live)
        await connection.execute(_NARROW, secret, live)
    return losing


async def grants_of_machine(
    connection: Connection, machine: object, project: str | None = None
) -> list[Row]:
    """Return a machine's grants, in one project or in all of them."""
    return await connection.fetch(_OF_MACHINE, machine, project)


def given_and_taken(before: Iterable[Row], after: Iterable[Row], *, paths: bool = False) -> Detail:
    """Return the difference as details of an event.

    `given` and `taken` name secrets as NAME, or as NAME#FIELD for single fields, with the full path if
    `paths` is true. `secret_ids` identifies the secrets whose access changed.
    """
    had, has = _reached(before, paths=paths), _reached(after, paths=paths)
    changed = {secret for _, secret in had.items() ^ has.items()}
    return {
        "given": sorted(has.keys() - had.keys()),
        "taken": sorted(had.keys() - has.keys()),
        "secret_ids": sorted(changed),
    }


async def grants_among(
    connection: Connection, project: str, machines: Sequence[UUID], secrets: Sequence[str]
) -> list[Row]:
    """Return the grants of some of a project's secrets to some machines."""
    return await connection.fetch(_AMONG, project, machines, secrets)


@dataclass(frozen=True, slots=True)
class GrantsChange:
    """The difference between two lists of grants: the details of its event, and two counts for the response.

    `given` is the number of grants that are new or different, and `taken` is the number that were removed. If
    only one secret is affected, `secret` is its ID and name.
    """

    detail: Detail
    given: int
    taken: int
    secret: tuple[str, str] | None


def change_of_grants(before: Iterable[Row], after: Iterable[Row]) -> GrantsChange:
    """Return the difference between two lists of grants, of several secrets and machines.

    The details name everything that was granted and removed, without repeating names that the event already
    contains: an event about one secret lists machines, an event about one machine lists secrets, and any
    other event lists NAME: MACHINE.
    """
    had, has = _reached_by(before), _reached_by(after)
    given, taken = has.keys() - had.keys(), had.keys() - has.keys()
    known = had | has
    secrets = {secret: known[each][0] for each in given | taken for secret in (each[1],)}
    machines = {machine: known[each][1] for each in given | taken for machine in (each[0],)}

    def named(reaches: Iterable[_Reach]) -> list[str]:
        names: dict[tuple[str, str], list[str]] = {}
        for machine, secret, each in sorted(reaches, key=str):
            names.setdefault((secrets[secret], machines[machine]), []).append(each)
        if len(secrets) == 1:
            return sorted(
                f"{machine} ({', '.join(fields)})" if fields != [""] else machine
                for (_, machine), fields in names.items()
            )
        return sorted(
            f"{secret}#{each}".removesuffix("#") + (f": {machine}" if len(machines) > 1 else "")
            for (secret, machine), fields in names.items()
            for each in fields
        )

    detail: Detail = {
        "given": named(given),
        "taken": named(taken),
        "secret_ids": sorted(secrets),
        "machine_ids": sorted(map(str, machines)),
    }
    if len(machines) == 1 and len(secrets) > 1:
        ((machine, name),) = machines.items()
        detail |= {"machine": str(machine), "machine_name": name}
    left = {each[:2] for each in has}
    return GrantsChange(
        detail,
        given=len({each[:2] for each in given}),
        taken=len({each[:2] for each in taken} - left),
        secret=next(iter(secrets.items())) if len(secrets) == 1 else None,
    )


async def readers_of(connection: Connection, secret: str) -> list[Row]:
    """Return the machines that were granted a secret: `id`, `name` and `fields` (None means all)."""
    return await connection.fetch(_OF_SECRET, secret)


def machines_named(rows: Iterable[Row]) -> Detail:
    """Return machines as an event's details: names (with the fields, unless all are granted) and IDs."""
    rows = list(rows)
    return {
        "machines": [
            row["name"] if row["fields"] is None else f"{row['name']} ({', '.join(row['fields'])})"
            for row in rows
        ],
        "machine_ids": [str(row["id"]) for row in rows],
    }


def _reached_by(rows: Iterable[Row]) -> dict[_Reach, tuple[str, str]]:
    """Return everything that machines can read, each with the names of its secret and machine."""
    return {
        (row["machine"], row["secret"], each): (row["name"], row["machine_name"])
        for row in rows
        for each in ([""] if row["fields"] is None else row["fields"])
    }


def _reached(rows: Iterable[Row], *, paths: bool) -> dict[str, str]:
    """Return the names of everything that can be read, each with its secret's ID."""
    reached: dict[str, str] = {}
    for row in rows:
        name = row["path"] if paths else row["name"]
        fields = [""] if row["fields"] is None else [f"#{each}" for each in row["fields"]]
        reached |= {f"{name}{each}": row["secret"] for each in fields}
    return reached
