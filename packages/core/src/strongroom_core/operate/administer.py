"""What an administrator of PostgreSQL does before there is anything to migrate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg  # pyright: ignore[reportMissingTypeStubs]

from strongroom_core.db.connection import connect
from strongroom_core.kernel.errors import StrongroomError, Unavailable
from strongroom_core.operate.roles import LOGINS, provision

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DATABASE = "strongroom"

_WANTED_ROLES = {"strongroom_app", "strongroom_blind", *LOGINS}
_NOT_LET_IN = (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError)


class RolesMissing(StrongroomError):
    """The database lacks what only an administrator can make."""

    code = "roles_missing"


async def make_database(administrator: Callable[[str], str], passwords: Mapping[str, str]) -> None:
    """Make database and roles where they are missing, and give each log-in its password.

    `administrator` returns the URL by which PostgreSQL's administrator logs in to the named
    database. May be run again.
    """
    outside = await connect(administrator("postgres"))
    try:
        found = "select exists (select from pg_database where datname = $1)"
        if not await outside.fetchval(found, DATABASE):
            await outside.execute(f"create database {DATABASE}")
    finally:
        await outside.close()
    inside = await connect(administrator(DATABASE))
    try:
        await provision(inside, passwords)
        await inside.execute(f"alter database {DATABASE} owner to strongroom_owner")
    finally:
        await inside.close()


async def forget_passwords(administrator: Callable[[str], str]) -> None:
    """Take every log-in's password away, so that nobody gets in until new ones are set."""
    inside = await connect(administrator(DATABASE))
    try:
        for login in LOGINS:
            await inside.execute(f"alter role {login} password null")
    finally:
        await inside.close()


async def require_roles(owner_url: str) -> None:
    """Raise `RolesMissing` unless an administrator has made the roles and the queue's schema.

    Raises `Unavailable` when PostgreSQL cannot be reached.
    """
    try:
        connection = await connect(owner_url)
    except _NOT_LET_IN as error:
        raise RolesMissing(
            f"strongroom_owner cannot log in, or the database does not exist"
            f" ({type(error).__name__}): have an administrator run the statements that `init`"
            " prints, and put the passwords into the three URLs"
        ) from None
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        raise Unavailable from None
    try:
        rows = await connection.fetch("select rolname from pg_roles")
        queue = await connection.fetchval("select to_regnamespace('saq') is not null")
    finally:
        await connection.close()
    missing = sorted(_WANTED_ROLES - {row["rolname"] for row in rows})
    lacking = missing if queue else [*missing, "the schema saq"]
    if lacking:
        raise RolesMissing(
            f"the database lacks {', '.join(lacking)}: have an administrator run the statements"
            " that `init` prints"
        )
