"""The database's roles. Made by an administrator of PostgreSQL, once; `init` prints this where it may not.

`strongroom` is the one log-in of the serving processes. It has no rights of its own: each transaction
takes on *app* or *blind* (`db/scope.py`). `strongroom_jobs` owns the queue's schema and sees nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping

from strongroom_core.db.connection import Connection

LOGINS = ("strongroom_owner", "strongroom", "strongroom_jobs")

ROLES = """
do $$ begin
    if not exists (select from pg_roles where rolname = 'strongroom_app') then
        create role strongroom_app nologin;
    end if;
    if not exists (select from pg_roles where rolname = 'strongroom_blind') then
        create role strongroom_blind nologin;
    end if;
    if not exists (select from pg_roles where rolname = 'strongroom_owner') then
        create role strongroom_owner login;
    end if;
    if not exists (select from pg_roles where rolname = 'strongroom') then
        create role strongroom login noinherit;
    end if;
    if not exists (select from pg_roles where rolname = 'strongroom_jobs') then
        create role strongroom_jobs login;
    end if;
end $$;
grant strongroom_app, strongroom_blind to strongroom;
"""

IN_DATABASE = """
alter schema public owner to strongroom_owner;
revoke all on schema public from public;
do $$ begin
    -- A temporary table would outlive the transaction that made it; nobody needs one.
    execute format('revoke temporary on database %I from public', current_database());
end $$;
create schema if not exists saq authorization strongroom_jobs;
alter role strongroom_jobs set search_path = saq;
"""


async def provision(connection: Connection, passwords: Mapping[str, str]) -> None:
    """Make the roles and the queue's schema in the connected database, and set the log-ins' passwords.

    `connection` is an administrator's, in Strongroom's own database. May be run again. A password
    must be random and of the alphabet `A-Za-z0-9_-`: role statements take no parameters.
    """
    await connection.execute(ROLES + IN_DATABASE)
    for login in LOGINS:
        password = passwords[login]
        if not password.replace("-", "").replace("_", "").isalnum():
            raise ValueError("a role's password is letters, digits, - and _")
        await connection.execute(f"alter role {login} password '{password}'")


def for_administrators() -> str:
    """Return the SQL that an administrator runs before `init` on a PostgreSQL of their own."""
    logins = "\n".join(f"alter role {login} password '…';  -- choose one" for login in LOGINS)
    return (
        f"-- As an administrator, in the server:\n{ROLES}\n{logins}\n"
        "create database strongroom owner strongroom_owner;\n"
        f"-- then in the database strongroom:\n{IN_DATABASE}"
    )
