"""Which index serves a list of rare events, no matter how the statement is planned (L-4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from strongroom_core.access.action_table import ACTIONS
from strongroom_core.access.entry import Severity
from strongroom_core.audit.filter import EntryFilter, conditions_of
from strongroom_core.audit.list import IN_TIME
from strongroom_core.db.connection import connect

if TYPE_CHECKING:
    from strongroom_core.db.connection import OpenConnection
    from strongroom_testkit.cluster import Cluster
    from strongroom_testkit.world import World

READS = """
insert into audit_entry (vault, id, at, incarnation, action, severity, outcome, actor_kind, actor_id,
                         actor_name, address, request_id, salt)
select '{vault}', gen_random_uuid(), now(), 1, 'secret_read', 'info', 'done', 'machine', 'm',
       'web-1', '127.0.0.1', 'req_' || n, decode(md5(n::text), 'hex')
from generate_series(1, 5000) n
"""


async def plan(connection: OpenConnection, vault: str, wanted: EntryFilter) -> str:
    """Return the plan of a list's first page, as the role that serves requests gets it."""
    conditions, order = conditions_of(wanted), IN_TIME.order(None)
    listing = IN_TIME.filled(named="true")
    async with connection.transaction():
        await connection.execute("select set_config('strongroom.vault', $1, true)", vault)
        await connection.execute("set local role strongroom_app")
        rows = await connection.fetch(
            f"explain select {listing.columns} from {listing.source}"
            f" where {conditions.text} order by {order.text} limit 51",
            *conditions.arguments,
        )
    return "\n".join(row["QUERY PLAN"] for row in rows)


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
async def test_rare_events_are_found_without_walking_through_the_reads(
    cluster: Cluster, database: str, world: World, mode: str
) -> None:
    """L-4: lists filtered by action or severity use the indexes that exclude reads, even with a generic plan.

    The events of one action come from its index in the list's order, and aren't sorted.
    """
    vault = world.person.vault
    rare = EntryFilter(actions=frozenset({ACTIONS["project_freeze"]}))
    severe = EntryFilter(severities=frozenset({Severity.HIGH, Severity.CRITICAL}))
    connection = await connect(cluster.administrator_url(database))
    try:
        await connection.execute(READS.format(vault=vault))
        await connection.execute("analyze audit_entry")
        await connection.execute(f"set plan_cache_mode = {mode}")
        by_action, by_severity = [await plan(connection, vault, each) for each in (rare, severe)]
        reads = EntryFilter(actions=frozenset({ACTIONS["secret_read"]}))
        of_reads = await plan(connection, vault, reads)
    finally:
        await connection.close()

    assert "audit_entry_by_action" in by_action
    assert "Sort" not in by_action
    assert "audit_entry_by_severity" in by_severity
    assert "audit_entry_by_action" not in of_reads
