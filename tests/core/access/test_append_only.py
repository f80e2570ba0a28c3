"""The audit log can only be appended to and read: no role can change an event."""

from __future__ import annotations

from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
import pytest

from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection, connect
from strongroom_core.install.roles import LOGINS
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.world import World

STATEMENTS = [
    "update audit_entry set actor_name = 'somebody else'",
    "update audit_entry set outcome = outcome",
    "update audit_entry set reason = 'x' where false",
    "update only audit_entry set detail = '{}'",
    "delete from audit_entry",
    "delete from audit_entry where false",
    "delete from audit_entry using vault where vault.id = audit_entry.vault",
    "truncate audit_entry",
    "truncate audit_entry cascade",
    "with gone as (delete from audit_entry returning 1) select * from gone",
    "insert into audit_entry select * from audit_entry on conflict (id) do update set reason = 'x'",
    "merge into audit_entry t using audit_entry s on t.id = s.id when matched then delete",
    "merge into audit_entry t using vault v on t.vault = v.id when matched then update set reason = ''",
]

ROLES = ["strongroom_app", "strongroom_blind", *LOGINS, "administrator"]

CONTENT = "select md5(string_agg(e::text, '' order by id)), count(*) from audit_entry e"


@pytest.mark.parametrize("role", ROLES)
async def test_no_role_can_change_an_event(
    core: Core,
    world: World,
    cluster: Cluster,
    database: str,
    administrator: OpenConnection,
    role: str,
) -> None:
    """L-1: UPDATE, DELETE and TRUNCATE fail for every role, including the table's owner."""
    await world.project("billing")
    before = await administrator.fetchrow(CONTENT)
    connection: Any = await connect(
        cluster.url(database, role) if role in LOGINS else cluster.administrator_url(database)
    )
    try:
        await connection.execute(
            "select set_config('strongroom.vault', $1, false)", world.person.vault
        )
        if role not in (*LOGINS, "administrator"):
            await connection.execute(f"set role {role}")
        for statement in STATEMENTS:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with connection.transaction():
                    # The login role and the jobs' role can't even see the schema.
                    await connection.execute(statement.replace("audit_entry", "public.audit_entry"))
    finally:
        await connection.close()
    after = await administrator.fetchrow(CONTENT)

    assert before is not None
    assert before["count"] > 1
    assert before == after


async def test_events_can_be_added_and_read(core: Core, world: World) -> None:
    """L-1: events can be added and read, so the errors in the other test aren't due to missing access."""
    await world.project("billing")
    before = await world.entries()
    await world.project("shop")
    after = await world.entries()

    assert after[: len(before)] == before
    assert [entry["target_name"] for entry in after] == ["billing", "shop"]
