"""What a batch of reads costs: statements, rows and pages, and the same plan at every size of data."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from strongroom_core.access.admission import signer_columns
from strongroom_core.access.project_lock import _BY_SECRET as LOCKS
from strongroom_core.db.connection import Connection, OpenConnection
from strongroom_core.reading.batch import read_batch
from strongroom_core.reading.facts import _FACTS as FACTS
from strongroom_core.reading.facts import Request
from strongroom_testkit.counting import Counting
from strongroom_testkit.machine import TestMachine, granted_machine
from strongroom_testkit.people import make_person
from strongroom_testkit.world import World

BATCHES = (1, 16, 64)
LOCK_ROWS, FACT_ROWS, MOST_PAGES = 1, 10, 60
"""For each read. The facts are rows of ten tables."""

BY_INDEX = frozenset({"Index Scan", "Index Only Scan", "Bitmap Heap Scan"})
REMOVED = "Rows Removed by Filter"
LARGE = frozenset(
    {"secret", "secret_material", "secret_version", "secret_grant", "machine", "attachment"}
)
"""The tables that grow with a vault."""
SIGNER_TYPES = (
    "varchar[], uuid[], bytea[], varchar[], timestamptz[], varchar[], inet[], boolean[], interval"
)

# Fill the project $1 with secrets, and attach a fifth as many machines, each of which can read five of them.
_FILL = (
    """
    insert into secret (vault, id, project, kind, name, name_folded, changed_at, changed_by, created_at)
    select p.vault, 'sk_' || substr(md5(p.id || i), 1, 16), p.id, 'single', 'F_' || i, 'f_' || i, now(),
           'ada', now()
    from project p, generate_series(1, $2::int) i where p.id = $1
    """,
    """
    insert into secret_material (vault, id, project, secret, project_key, data_key, ciphertext, created_at)
    select s.vault, 'mat_' || substr(s.id, 4), s.project, s.id, k.id, '\\x00', '\\x00', now()
    from secret s join project_key k on k.vault = s.vault and k.project = s.project where s.project = $1
    """,
    """
    insert into secret_version
        (vault, id, secret, number, material, origin, actor_kind, actor_name, created_at)
    select vault, 'ver_' || substr(id, 4), id, 1, 'mat_' || substr(id, 4), 'create', 'human', 'ada', now()
    from secret where project = $1
    """,
    """
    with made as (
        insert into public_key (vault, key, taken_at)
        select 'installation', decode(md5(p.id || i) || md5(i || p.id), 'hex'), now()
        from project p, generate_series(1, $2::int / 5) i where p.id = $1 returning key
    ), machines as (
        insert into machine (vault, id, name, public_key, enrolled_by, hostname, registered_from,
                             registered_at, approved_at, approved_by)
        select p.vault, gen_random_uuid(), encode(m.key, 'hex'), m.key, 'bootstrap', 'fill', '127.0.0.1',
               now(), now(), 'ada'
        from made m, project p where p.id = $1 returning vault, id
    )
    insert into attachment (vault, id, machine, project, attached_at, attached_by)
    select vault, 'att_' || substr(md5(id::text), 1, 16), id, $1, now(), 'ada' from machines
    """,
    """
    insert into secret_grant (vault, id, machine, secret, project, granted_at, granted_by)
    select m.vault, 'gra_' || substr(md5(m.machine || s.id), 1, 16), m.machine, s.id, $1, now(), 'ada'
    from (select *, row_number() over (order by machine) as n from attachment where project = $1) m
    join (select *, row_number() over (order by id) as n from secret where project = $1) s
        on (s.n - 1) % ($2::int / 5) = m.n - 1
    """,
)


class Scene:
    """A vault with four machines, each of which can read 64 secrets."""

    def __init__(self, world: World, machines: list[TestMachine], secrets: list[str]) -> None:
        self.world, self.machines, self.secrets = world, machines, secrets

    @classmethod
    async def make(cls, world: World) -> Scene:
        """Create them in a new project."""
        project = await world.project("read")
        secrets = [await world.secret(project, f"KEY_{number}") for number in range(max(BATCHES))]
        machines = [
            await granted_machine(world, project, *secrets, hostname=f"web-{n}") for n in range(4)
        ]
        return cls(world, machines, [each.id for each in secrets])

    async def requests(self, count: int) -> list[Request]:
        """Return newly signed requests for different secrets, from all machines."""
        callers = [
            await self.machines[number % 4].caller(self.world, address=f"127.0.3.{number % 4}")
            for number in range(count)
        ]
        return [
            Request(caller, secret)
            for caller, secret in zip(callers, self.secrets[:count], strict=True)
        ]


async def fill(administrator: OpenConnection, world: World, secrets: int) -> None:
    """Add secrets, machines and grants to a vault."""
    project = await world.project(f"{secrets} secrets")
    for sql in _FILL:
        given = (project.id, secrets) if "$2" in sql else (project.id,)
        await administrator.execute(sql, *given)


def steps(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all steps of a plan."""
    return [plan, *(step for part in plan.get("Plans", []) for step in steps(part))]


def shape(plan: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the steps, with their tables and indexes."""
    return [
        (step["Node Type"], step.get("Relation Name", ""), step.get("Index Name", ""))
        for step in steps(plan)
    ]


def rows(plan: dict[str, Any]) -> int:
    """Return how many rows were fetched from tables."""
    return sum(
        round(step["Actual Rows"] * step["Actual Loops"])
        for step in steps(plan)
        if "Relation Name" in step
    )


def literal(value: object) -> str:
    """Return a parameter as SQL, because EXPLAIN EXECUTE takes none."""
    match value:
        case list():
            return f"array[{', '.join(map(literal, value))}]"
        case bytes():
            return f"'\\x{value.hex()}'"
        case bool():
            return str(value).lower()
        case timedelta():
            return f"'{value.total_seconds()} s'"
        case _:
            return f"'{value}'"


def pages(plan: dict[str, Any]) -> int:
    """Return how many pages were used."""
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


async def explained(connection: Connection, requests: list[Request]) -> list[dict[str, Any]]:
    """Run the statements that find a batch's locks and facts; return their generic plans."""
    await connection.execute("set local plan_cache_mode = force_generic_plan")
    secrets = [each.secret for each in requests]
    machines = [each.caller.id for each in requests]
    columns = signer_columns([(each.caller, False) for each in requests])
    plans: list[dict[str, Any]] = []
    for name, types, sql, given in (
        ("locks", "varchar[], uuid[]", LOCKS, (secrets, machines)),
        ("facts", f"{SIGNER_TYPES}, varchar[]", FACTS, (*columns, secrets)),
    ):
        await connection.execute(f"prepare {name} ({types}) as {sql}")
        literals = ", ".join(
            f"{literal(value)}::{kind}" for value, kind in zip(given, types.split(","), strict=True)
        )
        run = f"explain (analyze, buffers, format json) execute {name}({literals})"
        plans.append(json.loads(await connection.fetchval(run))[0]["Plan"])
        await connection.execute(f"deallocate {name}")
    return plans


async def measure(world: World, scene: Scene) -> dict[int, list[dict[str, Any]]]:
    """Return the plans of batches of each size."""
    plans: dict[int, list[dict[str, Any]]] = {}
    for count in BATCHES:
        first, requests = await scene.requests(1), await scene.requests(count)
        async with world.core.database.transaction(world.person.vault) as connection:
            # A connection's first batch after a table has changed also looks up the catalog.
            await explained(connection, first)
            plans[count] = await explained(connection, requests)
    return plans


async def test_statements_rows_and_pages(world: World, administrator: OpenConnection) -> None:
    """R-4: a batch of any size needs three statements and one commit, and ten rows for each read."""
    scene = await Scene.make(world)
    # A machine's first read also records the version and the network.
    await read_batch(world.core, await scene.requests(max(BATCHES)))
    await administrator.execute("vacuum analyze")
    counting = Counting(world.core.database)
    core = replace(world.core, database=counting)
    for number, count in enumerate(BATCHES, 1):
        found = await read_batch(core, await scene.requests(count))

        assert len(found) == count
        assert counting.begun == number
        assert [sql.split()[0] for sql in counting.statements] == ["with", "with", "insert"]
    plans = await measure(world, scene)
    for count in BATCHES:
        locks, facts = plans[count]

        assert (rows(locks), rows(facts)) == (LOCK_ROWS * count, FACT_ROWS * count)
        assert pages(locks) + pages(facts) <= MOST_PAGES * count


async def test_a_lone_reader_is_not_planned_again(world: World) -> None:
    """R-4: single reads on a new connection use a kept plan; planning them would cost more than the reads."""
    scene = await Scene.make(world)
    for _ in range(8):
        await read_batch(world.core, await scene.requests(1))

    async with world.core.database.transaction(world.person.vault) as connection:
        counts = await connection.fetch(
            "select generic_plans, custom_plans from pg_prepared_statements where statement = any($1)",
            [LOCKS, FACTS],
        )

    assert [(8, 0), (8, 0)] == [tuple(row) for row in counts]


async def grow(world: World, administrator: OpenConnection, sizes: tuple[int, ...]) -> None:
    """Read in a vault alone, then among small ones, and then after it has grown; compare the plans."""
    alone, vaults, small, large = sizes
    scene = await Scene.make(world)
    await read_batch(world.core, await scene.requests(max(BATCHES)))
    await fill(administrator, world, alone)
    shapes: list[list[tuple[str, str, str]]] = []
    for size in range(3):
        if size == 1:
            for number in range(vaults - 1):
                person = await make_person(world.core, f"person-{number}", world.markers)
                await fill(administrator, replace(world, person=person), small)
        if size == 2:
            await fill(administrator, world, large)
        await administrator.execute("vacuum analyze")
        plans = await measure(world, scene)
        for count in BATCHES:
            locks, facts = plans[count]
            used = [step for plan in (locks, facts) for step in shape(plan) if step[1] in LARGE]
            shapes.append(used)
            filtered = [
                (step["Relation Name"], step["Index Name"])
                for step in (*steps(locks), *steps(facts))
                if step.get("Relation Name") in LARGE and step.get(REMOVED)
            ]

            # Several indexes fit, but each of them finds exactly the row.
            assert filtered == []
            assert {kind for kind, _, _ in used} <= BY_INDEX
            assert (rows(locks), rows(facts)) == (LOCK_ROWS * count, FACT_ROWS * count)
            assert pages(locks) + pages(facts) <= MOST_PAGES * count
        each = [round((pages(a) + pages(b)) / n, 1) for n, (a, b) in plans.items()]
        print(f"\n{('one vault', f'{vaults} vaults', 'a large one')[size]}: {each} pages a read")

    assert len({tuple(sorted(step[1] for step in each)) for each in shapes}) == 1


async def test_the_plan_is_the_same_at_every_size(
    world: World, administrator: OpenConnection
) -> None:
    """R-4: one vault, eight small ones, and a large one among them have the same lookups, all by index."""
    await grow(world, administrator, (5_000, 8, 100, 6_000))


@pytest.mark.prove
async def test_the_plan_is_the_same_at_large_sizes(
    world: World, administrator: OpenConnection
) -> None:
    """R-4: the same with 64 vaults, one of which grows to 52,000 secrets and 10,000 machines."""
    await grow(world, administrator, (5_000, 64, 200, 47_000))
