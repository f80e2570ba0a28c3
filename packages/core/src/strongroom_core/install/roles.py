"""The database roles, created once by a PostgreSQL administrator.

If `init` can't create them, it prints this SQL.

The serving processes log in as `strongroom`, which has no rights itself: each transaction switches to *app*
or *blind* (`db/scope.py`). `strongroom_jobs` owns the queue's schema and has no access to anything else
(least privilege).
"""

from __future__ import annotations

from collections.abc import Mapping

from strongroom_core.crypto.scram import scram_verifier
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
    -- A temporary table would outlive the transaction that created it; it isn't needed.
    execute format('revoke temporary on database %I from public', current_database());
end $$;
do $$ declare
    each regprocedure;
begin
    -- Large objects belong to no table, so row-level security doesn't apply to them. None is needed.
    for each in select oid from pg_proc
        where pronamespace = 'pg_catalog'::regnamespace
          and (proname like 'lo\\_%' or proname in ('loread', 'lowrite'))
    loop
        execute format('revoke execute on function %s from public', each);
    end loop;
exception when insufficient_privilege then
    raise notice 'the rights of large objects stay as they are: %', sqlerrm;
end $$;
create schema if not exists saq authorization strongroom_jobs;
alter role strongroom_jobs set search_path = saq;
do $$ begin
    -- For a fast search. Without it, search reads row by row.
    create schema if not exists trigrams authorization strongroom_owner;
    create extension if not exists pg_trgm with schema trigrams;
exception when others then
    raise notice 'pg_trgm is not available: %', sqlerrm;
end $$;
"""


async def provision(connection: Connection, passwords: Mapping[str, str]) -> None:
    """Create the roles and the queue's schema in the connected database; set the login roles' passwords.

    `connection` is an administrator's connection to Strongroom's database. Idempotent. A password must be
    random and consist of `A-Za-z0-9_-`, because role statements can't have parameters.
    """
    await connection.execute(ROLES + IN_DATABASE)
    for login in LOGINS:
        password = passwords[login]
        if not password.replace("-", "").replace("_", "").isalnum():
            raise ValueError("a role's password can contain only letters, digits, - and _")
        await connection.execute(f"alter role {login} password '{scram_verifier(password)}'")


def for_administrators() -> str:
    """Return the SQL for a PostgreSQL administrator to run before `init`."""
    # psql then asks for a password and sends only a hash of it, which the server's log may keep.
    logins = "\n".join(f"\\password {login}" for login in LOGINS)
    return (
        f"-- As a database administrator, in psql:\n{ROLES}\n"
        f"-- psql asks for a new password for each role:\n{logins}\n"
        "create database strongroom owner strongroom_owner;\n"
        f"-- then in the database strongroom:\n{IN_DATABASE}"
    )
