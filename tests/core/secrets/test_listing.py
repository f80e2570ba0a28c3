"""Lists of secrets: complete, ordered, filtered, without values, and cheap (S-6, S-9, U-2)."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from typing import Any

import pytest

from strongroom_core.core import Core
from strongroom_core.db.conditions import Conditions
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.errors import Invalid, NotFound
from strongroom_core.kernel.page import PageRequest
from strongroom_core.projects.views import ProjectView
from strongroom_core.runtime.start import blind_core
from strongroom_core.secrets.change import Labels
from strongroom_core.secrets.create import Content, create_secret
from strongroom_core.secrets.listing import (
    MOST_FACETS,
    SECRETS,
    count_secrets,
    list_secrets,
    read_secret,
)
from strongroom_core.secrets.trash import delete_secret
from strongroom_core.secrets.views import Facet, LastRead, SecretView
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.world import World


@pytest.fixture
async def project(world: World) -> ProjectView:
    return await world.project("billing")


async def pages(
    world: World, project: ProjectView, limit: int, **filters: Any
) -> list[list[SecretView]]:
    """Return all pages of a list, by following its cursors."""
    found: list[list[SecretView]] = []
    cursor: str | None = None
    while True:
        request = PageRequest.parse(limit=limit, cursor=cursor)
        page = await list_secrets(world.core, world.owner, project.id, request, **filters)
        found.append(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return found


async def names(world: World, project: ProjectView, **filters: Any) -> list[str]:
    return [each.name for page in await pages(world, project, 200, **filters) for each in page]


async def labelled(
    world: World,
    project: ProjectView,
    name: str,
    *,
    tags: tuple[str, ...] = (),
    environment: str | None = None,
) -> SecretView:
    return await create_secret(
        world.core,
        world.owner,
        project.id,
        name=name,
        kind=SecretKind.SINGLE,
        content=Content(value=world.markers.value()),
        labels=Labels(tags=tags, environment=environment),
    )


async def test_a_list_contains_no_value(world: World, project: ProjectView) -> None:
    """S-6: a list contains only metadata, for both single and structured secrets."""
    values = [world.markers.value() for _ in range(3)]
    for number, value in enumerate(values):
        await world.secret(project, f"KEY_{number}", value)
    listed = await pages(world, project, 50)

    assert not any(value in repr(listed) for value in values)
    assert not {"value", "ciphertext", "material", "data_key"} & set(SecretView.__struct_fields__)


async def test_equal_names_are_each_listed_once(world: World, project: ProjectView) -> None:
    """S-2: 120 similar names in pages of 50 are each listed once, in a stable order."""
    spellings = itertools.product(*zip("abcdefg", "ａｂｃｄｅｆｇ", strict=True))
    made = ["".join(each) for each in itertools.islice(spellings, 120)]
    for name in made:
        await world.secret(project, name)
    listed = await pages(world, project, 50)
    ids = [each.id for page in listed for each in page]

    assert [len(page) for page in listed] == [50, 50, 20]
    assert sorted(each.name for page in listed for each in page) == sorted(made)
    assert ids == sorted(ids)


async def test_a_full_last_page_has_no_cursor(world: World, project: ProjectView) -> None:
    """U-2: a page has a cursor only if something follows it."""
    for number in range(4):
        await world.secret(project, f"KEY_{number}")

    assert [len(page) for page in await pages(world, project, 2)] == [2, 2]
    assert [len(page) for page in await pages(world, project, 4)] == [4]
    assert await pages(world, await world.project("empty"), 4) == [[]]


async def test_names_are_sorted_without_regard_to_case_and_form(
    world: World, project: ProjectView
) -> None:
    """S-2: folded names determine the order, even with other scripts' spaces and long expansions."""
    for name in ("b", "A", "C", "ａa", "x\u1680y", "ﷺ" * 100, "ß", "st"):
        await world.secret(project, name)
    one_by_one = [page[0].name for page in await pages(world, project, 1)]

    assert one_by_one[:5] == ["A", "ａa", "b", "C", "ß"]
    assert sorted(one_by_one) == sorted(["b", "A", "C", "ａa", "x\u1680y", "ﷺ" * 100, "ß", "st"])


async def test_changes_between_pages_repeat_or_skip_nothing(
    world: World, project: ProjectView
) -> None:
    """U-2: a position is a name, not a number, so no row is repeated or skipped."""
    made = [await world.secret(project, f"KEY_{n}") for n in range(6)]
    first = await list_secrets(world.core, world.owner, project.id, PageRequest(limit=3))
    await delete_secret(world.core, world.owner, made[0].id)
    await world.secret(project, "A_NEW_ONE")
    request = PageRequest.parse(limit=3, cursor=first.next_cursor)
    second = await list_secrets(world.core, world.owner, project.id, request)

    assert [each.name for each in second.items] == ["KEY_3", "KEY_4", "KEY_5"]


async def test_filters(world: World, project: ProjectView) -> None:
    """V-2, V-6, U-2: lists can be filtered by label, kind, tag, any part of a word, and combinations."""
    await labelled(world, project, "DB_PROD", tags=("db", "prod"), environment="Production")
    await labelled(world, project, "DB_STAGE", tags=("db",), environment="staging")
    await labelled(world, project, "mail", tags=("prod",))
    await world.structured(project, "db_struct", "user")
    await delete_secret(world.core, world.owner, (await world.secret(project, "DB_OLD")).id)

    assert await names(world, project) == ["DB_PROD", "DB_STAGE", "db_struct", "mail"]
    assert await names(world, project, environment="production") == ["DB_PROD"]
    assert await names(world, project, kind=SecretKind.STRUCTURED) == ["db_struct"]
    assert await names(world, project, tag="prod") == ["DB_PROD", "mail"]
    assert await names(world, project, tag="PROD") == []
    assert await names(world, project, q="b_S") == ["DB_STAGE", "db_struct"]
    assert await names(world, project, q="%") == []
    assert await names(world, project, q="d", tag="db", environment="STAGING") == ["DB_STAGE"]
    assert await names(world, project, environment="nowhere") == []


async def test_nul_in_a_filter_is_invalid(world: World, project: ProjectView) -> None:
    """U-2: NUL in a filter is invalid input, not a server failure."""
    for filters in ({"tag": "\0"}, {"q": "\0"}, {"environment": "\ud800"}):
        with pytest.raises(Invalid):
            await names(world, project, **filters)


async def test_a_list_is_of_one_project(
    core: Core, world: World, other_world: World, project: ProjectView
) -> None:
    """V-7: the list contains no secrets of another project or vault."""
    mine = await world.secret(project, "API_KEY")
    await world.secret(await world.project("shop"), "OTHER")
    await other_world.secret(await other_world.project("theirs"), "THEIRS")

    assert await names(world, project) == ["API_KEY"]
    assert await read_secret(core, world.owner, mine.id) == mine


MANY = """
insert into secret (vault, id, project, kind, name, name_folded, changed_at, changed_by, created_at)
select $1, 'sk_' || lpad(i::text, 16, 'a'), $2, 'single', 'KEY_' || lpad(i::text, 6, '0'),
       'key_' || lpad(i::text, 6, '0'), now(), 'ada', now()
from generate_series(1, 10000) i
"""


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the steps that find rows, without those that count something for each row."""
    steps = [each for each in plan.get("Plans", []) if each["Parent Relationship"] != "SubPlan"]
    return [plan, *(node for step in steps for node in nodes(step))]


async def test_every_page_costs_the_same(
    core: Core, world: World, project: ProjectView, administrator: OpenConnection
) -> None:
    """U-2: among ten thousand secrets each page is one index range, without a sort or table scan.

    The plan is the one that PostgreSQL keeps after the statement has run often enough.
    """
    await administrator.execute(MANY, world.person.vault, project.id)
    await administrator.execute("analyze secret")
    touched: dict[int, int] = {}
    order = SECRETS.order("name")
    conditions = Conditions()
    conditions.add("s.project = {0} and s.trashed_at is null", project.id)
    conditions.add_placed(order.beyond(("key", "sk_"), conditions))
    async with core.database.transaction(world.person.vault) as connection:
        await connection.execute(
            f"prepare page (varchar, text, text) as select {SECRETS.columns}, {order.columns}"
            f" from {SECRETS.source} where {conditions.text} order by {order.text} limit 51"
        )
        for after in (1, 5000, 9000):
            run = f"execute page ('{project.id}', 'key_{after:06}', 'sk_')"
            for _ in range(6):
                await connection.fetch(run)
            rows = await connection.fetch(run)
            found = await connection.fetchval(f"explain (analyze, buffers, format json) {run}")
            plan = json.loads(found)[0]["Plan"]
            kinds = {node["Node Type"] for node in nodes(plan)}

            assert len(rows) == 51
            assert kinds == {"Limit", "Index Scan"}
            assert {node.get("Index Name") for node in nodes(plan)} == {None, "secret_list"}
            assert not any(node.get("Rows Removed by Filter") for node in nodes(plan))
            touched[after] = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]

    # About 60 for the page, and for each secret one lookup in the index of its readers, and one for its
    # rotation settings.
    assert max(touched.values()) < 60 + 51 * 3
    pages_in_table = await administrator.fetchval(
        "select relpages from pg_class where relname = 'secret'"
    )
    assert pages_in_table > 100


async def aged(world: World, secret: SecretView, made: int, read: int | None = None) -> None:
    """Create a secret that is this many days old, and was last read this many days ago or never."""
    now = world.core.clock.now()
    async with world.core.database.transaction(world.person.vault) as connection:
        await connection.execute(
            "update secret set created_at = $2, last_read_at = $3 where id = $1",
            secret.id,
            now - timedelta(days=made),
            None if read is None else now - timedelta(days=read),
        )


async def test_unused_secrets_can_be_found(world: World, project: ProjectView) -> None:
    """U-2: a filter finds secrets never read or unused for 90 days; new ones don't count as unused."""
    for name, made, read in (
        ("NEW", 1, None),
        ("NEVER", 91, None),
        ("LONG_AGO", 200, 91),
        ("LATELY", 200, 89),
    ):
        await aged(world, await world.secret(project, name), made, read)

    assert ["NEVER", "NEW"] == await names(world, project, last_read=LastRead.NEVER)
    assert ["LONG_AGO", "NEVER"] == await names(world, project, last_read=LastRead.UNUSED)
    assert ["NEW"] == await names(world, project, last_read=LastRead.NEVER, q="new")


async def test_each_secret_has_its_number_of_grants(world: World, project: ProjectView) -> None:
    """U-2: each secret in a list has its own number of grants."""
    shared, own, none = [await world.secret(project, name) for name in ("SHARED", "OWN", "NONE")]
    await granted_machine(world, project, shared, own, hostname="a")
    await granted_machine(world, project, shared, hostname="b")
    (listed,) = await pages(world, project, 50)

    assert {shared.id: 2, own.id: 1, none.id: 0} == {each.id: each.readers for each in listed}


def told(facets: list[Facet]) -> list[tuple[str, int]]:
    return [(facet.name, facet.secrets) for facet in facets]


async def test_counts_cover_live_secrets_of_the_project(world: World, project: ProjectView) -> None:
    """U-2: only this project's live secrets are counted, by kind, tag, label and last read."""
    await labelled(world, project, "A", tags=("db", "prod"), environment="Production")
    await labelled(world, project, "B", tags=("db",), environment="production")
    await aged(world, await world.structured(project, "C", "user"), made=100, read=95)
    await delete_secret(world.core, world.owner, (await world.secret(project, "OLD")).id)
    await world.secret(await world.project("shop"), "OTHER")
    counted = await count_secrets(blind_core(world.core), world.owner, project.id)

    assert 3 == counted.secrets
    assert [("single", 2), ("structured", 1)] == told(counted.kinds)
    assert [("db", 2), ("prod", 1)] == told(counted.tags)
    assert [("production", 2)] == [(e.name.lower(), e.secrets) for e in counted.environments]
    assert {("never", 2), ("unused", 1)} == set(told(counted.last_read))


async def test_counts_of_an_empty_and_a_missing_project(
    world: World, other_world: World, project: ProjectView
) -> None:
    """V-7: a project without secrets has zero counts; another vault's project isn't found."""
    theirs = await other_world.project("theirs")
    empty = await count_secrets(world.core, world.owner, project.id)

    assert (0, [], [], []) == (empty.secrets, empty.kinds, empty.tags, empty.environments)
    assert {("never", 0), ("unused", 0)} == set(told(empty.last_read))
    with pytest.raises(NotFound):
        await count_secrets(world.core, world.owner, theirs.id)


async def test_few_of_many_tags_are_counted(world: World, project: ProjectView) -> None:
    """U-2: only the 100 most frequent tags are counted, so that menus don't become too long."""
    await labelled(world, project, "A", tags=tuple(f"a{n}" for n in range(50)))
    await labelled(world, project, "B", tags=tuple(f"b{n}" for n in range(50)))
    await labelled(world, project, "C", tags=("c", "b1"))
    counted = await count_secrets(world.core, world.owner, project.id)

    assert MOST_FACETS == len(counted.tags)
    assert ("b1", 2) == told(counted.tags)[0]
