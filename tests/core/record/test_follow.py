"""Following the record: nothing is missed, nothing is told twice, and whose growth it is (L-4, V-7)."""

from __future__ import annotations

from typing import Any

import pytest

from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.caller import System
from strongroom_core.kernel.errors import NotFound
from strongroom_core.kernel.ids import SecretId
from strongroom_core.kernel.origin import Origin
from strongroom_core.record import follow
from strongroom_core.record.follow import Follow, find_news, latest
from strongroom_core.record.read import read_entry
from strongroom_core.secrets.trash import delete_secret
from strongroom_testkit.world import World

from .conftest import with_rights

COPY = """
insert into audit_entry (vault, id, at, incarnation, action, severity, outcome, actor_kind, actor_name,
                         target_name, address, request_id, salt)
select vault, gen_random_uuid(), at, incarnation, action, severity, outcome, actor_kind, actor_name,
       $2, address, request_id, salt from audit_entry where vault = $1 limit 1
"""


async def test_news(eyes: Core, world: World) -> None:
    """L-4: an act is news once, and a look is none."""
    position = await latest(eyes, world.owner)
    quiet = await find_news(eyes, world.owner, position)
    await world.project("billing")
    first = await find_news(eyes, world.owner, position)

    assert quiet is None
    assert first is not None
    assert await find_news(eyes, world.owner, first) is None
    assert await find_news(eyes, world.owner, position) is not None


async def test_a_refused_act_is_news_and_a_refused_look_is_none(eyes: Core, world: World) -> None:
    """L-1, L-4: whoever follows looks again at news, so that a look in vain must not be any."""
    position = await latest(eyes, world.owner)
    with pytest.raises(NotFound):
        await read_entry(eyes, world.owner, "nothing")

    assert await find_news(eyes, world.owner, position) is None
    with pytest.raises(NotFound):
        await delete_secret(eyes, world.owner, SecretId("sk_aaaaaaaaaaaaaaaa"))

    assert await find_news(eyes, world.owner, position) is not None


async def test_another_vault_is_no_news(eyes: Core, world: World, other_world: World) -> None:
    """V-7: what happens in one vault is no news in another."""
    position = await latest(eyes, world.owner)
    await other_world.project("theirs")

    assert await find_news(eyes, world.owner, position) is None
    await world.project("mine")
    assert await find_news(eyes, world.owner, position) is not None


async def test_who_may_ask(eyes: Core, world: World) -> None:
    """L-4: any member, and the server itself for those who watch: it tells nothing of any entry."""
    server = System("follow", world.person.vault, Origin("local", "req_test"))
    before = await world.entries()
    for caller in (with_rights(world.owner), server):
        assert await find_news(eyes, caller, await latest(eyes, caller)) is None

    assert before == await world.entries()


async def test_what_commits_late_is_news(
    eyes: Core, world: World, administrator: OpenConnection
) -> None:
    """L-4: an entry that was written before the position and committed after it is not passed over."""
    await world.project("billing")
    await administrator.execute("begin")
    await administrator.execute(COPY, world.person.vault, "late")
    await world.project("orders")
    position = await latest(eyes, world.owner)
    quiet = await find_news(eyes, world.owner, position)
    await administrator.execute("commit")
    news = await find_news(eyes, world.owner, position)

    assert quiet is None
    assert news is not None
    assert await find_news(eyes, world.owner, news) is None


async def test_a_transaction_that_takes_long_hides_nothing(
    eyes: Core, world: World, administrator: OpenConnection
) -> None:
    """L-4: while somebody holds a transaction open, what others commit is news all the same."""
    await world.project("billing")
    await administrator.execute("begin")
    await administrator.execute("select pg_current_xact_id()")
    position = await latest(eyes, world.owner)
    for name in ("one", "two"):
        await world.project(name)
        position = await find_news(eyes, world.owner, position) or pytest.fail(f"{name} is no news")
    quiet = await find_news(eyes, world.owner, position)
    await administrator.execute("rollback")

    assert quiet is None
    assert await find_news(eyes, world.owner, position) is None


async def test_too_much_to_count_is_news(
    eyes: Core, world: World, administrator: OpenConnection
) -> None:
    """L-4: with more than is counted, the answer is yes rather than no."""
    await world.project("billing")
    await administrator.execute("begin")
    await administrator.execute("select pg_current_xact_id()")
    async with world.core.database.transaction(world.person.vault) as connection:
        await connection.execute(
            COPY.replace("limit 1", f", generate_series(1, {follow.MOST_UNSETTLED})").replace(
                "from audit_entry where vault = $1 ,",
                "from (select * from audit_entry where vault = $1 limit 1) e,",
            ),
            world.person.vault,
            "many",
        )
    position = await latest(eyes, world.owner)
    uncertain = await find_news(eyes, world.owner, position)
    await administrator.execute("rollback")
    settled = await latest(eyes, world.owner)

    assert uncertain is not None
    assert await find_news(eyes, world.owner, settled) is None


async def test_entry_by_entry(
    world: World, other_world: World, administrator: OpenConnection
) -> None:
    """L-3: each entry of one vault once, in order of commit, and none before those behind it are known."""
    story = Follow(world.core, world.person.vault)
    await world.project("one")
    await other_world.project("theirs")
    first = await story.news()
    await administrator.execute("begin")
    await administrator.execute(COPY, world.person.vault, "two")
    await world.project("three")
    held: list[Any] = await story.news()
    await administrator.execute("commit")
    rest = [*await story.news(most=1), *await story.news()]

    assert (["one"], []) == ([entry.target_name for entry in first], held)
    assert ["two", "three"] == [entry.target_name for entry in rest]
    assert [] == await story.news()
