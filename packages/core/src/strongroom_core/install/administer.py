"""The steps that a PostgreSQL administrator takes before the first migration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.db.connection import connect
from strongroom_core.db.failures import LOGIN_DENIED, NO_DATABASE
from strongroom_core.install.roles import LOGINS, provision
from strongroom_core.kernel.errors import StrongroomError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DATABASE = "strongroom"

_WANTED_ROLES = {"strongroom_app", "strongroom_blind", *LOGINS}
_NOT_THERE = (LOGIN_DENIED.reason, NO_DATABASE.reason)


class RolesMissing(StrongroomError):
    """The database lacks something that only a PostgreSQL administrator can create."""

    code = "roles_missing"


async def make_database(administrator: Callable[[str], str], passwords: Mapping[str, str]) -> None:
    """Create the database and roles if they are missing, and set each login role's password.

    `administrator` returns the administrator's URL for a database. Idempotent.
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
    """Remove every login role's password, so that nobody can log in until new passwords are set."""
    inside = await connect(administrator(DATABASE))
    try:
        for login in LOGINS:
            await inside.execute(f"alter role {login} password null")
    finally:
        await inside.close()


async def require_login(url: str, *, named: str) -> None:
    """Raise `Unavailable` unless the URL can log in. The message begins with `named`, the variable's name."""
    try:
        connection = await connect(url)
    except Unavailable as error:
        raise Unavailable(reason=f"{named}: {error.reason}", remedy=error.remedy) from None
    await connection.close()


async def require_roles(owner_url: str) -> None:
    """Raise `RolesMissing` unless the roles and the queue's schema exist.

    Raises `Unavailable` if PostgreSQL can't be reached.
    """
    try:
        connection = await connect(owner_url)
    except Unavailable as error:
        if error.reason not in _NOT_THERE:
            raise
        raise RolesMissing(
            f"{error.reason}; have a DBA run the SQL that `init` prints, and put the"
            " passwords into the three URLs, with % written as %25"
        ) from None
    try:
        rows = await connection.fetch("select rolname from pg_roles")
        queue = await connection.fetchval("select to_regnamespace('saq') is not null")
    finally:
        await connection.close()
    missing = sorted(_WANTED_ROLES - {row["rolname"] for row in rows})
    lacking = missing if queue else [*missing, "the schema saq"]
    if lacking:
        raise RolesMissing(
            f"the database lacks {', '.join(lacking)}; have a DBA run the SQL that `init` prints"
        )
