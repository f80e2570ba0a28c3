"""The administrator's lists on a server with ten thousand accounts and vaults (Q-3)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from strongroom_core.kernel.page import Cursor, PageRequest
from strongroom_core.operator.accounts import list_accounts
from strongroom_core.operator.installation import list_vaults

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import OpenConnection
    from strongroom_core.kernel.caller import Human
    from strongroom_testkit.world import World

MANY = """
insert into account
    (vault, id, email, email_folded, username, username_folded, password_hash, status, created_at)
select 'installation', 'acc_' || n, n || '@example.org', n || '@example.org', 'p' || n, 'p' || n, 'x',
       'active', now() + n * interval '1 second'
from generate_series(10001, 20000) n;
insert into vault (id, shape, name, created_at)
select 'vlt_' || n, 'personal', 'Vault ' || n, now() from generate_series(10001, 20000) n;
insert into member (vault, id, account, vault_role, status, joined_at)
select 'vlt_' || n, 'mbr_' || n, 'acc_' || n, 'owner', 'active', now() from generate_series(10001, 20000) n;
analyze;
"""

COST = "explain (analyze, buffers, format json) select * from {}"


@pytest.fixture
async def operator(world: World, administrator: OpenConnection) -> Human:
    """The administrator of a server with ten thousand more accounts and vaults."""
    await administrator.execute(MANY)
    return replace(world.owner, operator=True)


async def test_pages_of_ten_thousand_accounts_and_vaults(core: Core, operator: Human) -> None:
    """Q-3, U-2: each page follows the previous one, and the search finds what isn't on the first page."""
    sort = "-createdAt"
    first = await list_accounts(core, operator, PageRequest(3, sort=sort))
    after = Cursor.decode(first.next_cursor or "")
    second = await list_accounts(core, operator, PageRequest(3, after, sort))
    before = Cursor.decode(second.previous_cursor or "")
    again = await list_accounts(core, operator, PageRequest(3, before, sort))
    accounts = await list_accounts(core, operator, PageRequest(), search="P1999")
    vaults = await list_vaults(core, operator, PageRequest(), search="P1999")
    named = await list_vaults(core, operator, PageRequest(3, sort="-members"), search="vault 1999")

    assert [each.username for each in first.items] == ["p20000", "p19999", "p19998"]
    assert [each.username for each in second.items] == ["p19997", "p19996", "p19995"]
    assert (second.first, second.total) == (4, 10_001)
    assert again.items == first.items
    assert [each.username for each in accounts.items] == [f"p{n}" for n in range(19990, 20000)]
    assert [each.owners for each in vaults.items] == [[f"p{n}"] for n in range(19990, 20000)]
    assert ([each.members for each in named.items], named.total) == ([1, 1, 1], 10)


async def test_a_page_costs_the_same_among_ten_thousand(
    operator: Human, administrator: OpenConnection
) -> None:
    """Q-3, U-2: only the rows of a page are looked up in other tables; the others are read in one scan."""
    rows = await administrator.fetch("select id, vault from member where id like 'mbr\\_1995_'")
    accounts = ", ".join(f"'{row['id'].replace('mbr', 'acc')}'" for row in rows)
    vaults = ", ".join(f"'{row['vault']}'" for row in rows)
    tables = await administrator.fetchval(
        "select sum(relpages) from pg_class where relname in ('account', 'vault', 'member')"
    )
    listed = [
        await _blocks(administrator, each)
        for each in ("accounts_to_list(false)", "vaults_to_list(false)", "vaults_owned_by('p1999')")
    ]
    shown = [
        await _blocks(administrator, f"accounts_overseen(array[{accounts}]::varchar[])"),
        await _blocks(administrator, f"vaults_overseen(array[{vaults}]::varchar[])"),
    ]

    assert operator.operator
    assert len(rows) == 10
    assert max(listed) < tables + 100
    assert max(shown) < 10 * 40


async def _blocks(administrator: OpenConnection, function: str) -> int:
    """Return how many blocks a function reads, with a warm cache of the catalog."""
    statement = COST.format(function)
    await administrator.fetchval(statement)
    plan = json.loads(await administrator.fetchval(statement))[0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
