"""Measures search by any part of a word: among 50,000 secrets, and in an audit log of 500,000 events.

``python -m benchmarks.search [--secrets N] [--entries N]`` starts its own PostgreSQL and prints 95th
percentiles, as ratios to a baseline measured in the same run. For secrets, this is a search for beginnings of
words, compared with and without pg_trgm; for the audit log, it is the first page without a search.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from strongroom_core.audit.filter import EntryFilter, conditions_of
from strongroom_core.audit.list import IN_TIME
from strongroom_core.db.connection import connect
from strongroom_core.db.listing import fetch_page
from strongroom_core.kernel.page import PageRequest
from strongroom_testkit.cluster import Cluster

if TYPE_CHECKING:
    from strongroom_core.db.connection import OpenConnection

FILL = """
insert into project (vault, id, name, name_folded, created_at)
values ('vault_bench', 'proj_bench', 'bench', 'bench', now());
insert into secret (vault, id, project, kind, name, name_folded, note, changed_at, changed_by, created_at)
select 'vault_bench', 'sk_' || i, 'proj_bench', 'single', name, lower(name), 'for ' || md5(name),
       now(), 'ada', now()
from (select i, upper(substr(md5(i::text), 1, 9)) || '_TOKEN_' || i as name
      from generate_series(1, {number}) i) made;
create index baseline on secret using gin (to_tsvector('simple', search_text));
vacuum analyze secret
"""
BASELINE = """
select id from secret
where to_tsvector('simple', search_text) @@ to_tsquery('simple', $1 || ':*') limit 20
"""
PALETTE = "select * from find_matching($1, null, '{proj_bench}', '{proj_bench:single}', true, 20)"
LIST = "select * from secrets_matching($1, 'proj_bench')"

# A year of events, mostly of reads; one in the middle contains a name that no other event has.
FILL_LOG = """
insert into audit_entry
    (vault, id, at, incarnation, action, severity, outcome, actor_kind, actor_id, actor_name, target_kind,
     target_id, target_name, address, request_id, detail, salt, tx)
select 'vault_bench', gen_random_uuid(), now() - (n - i) * interval '1 year' / n, 1,
       case when i % 10 = 0 then 'secret_replace' else 'secret_read' end, 'info', 'done', 'machine',
       gen_random_uuid(), 'shop-web-' || i % 200, 'secret', 'sk_' || i % 5000,
       case when i = n / 2 then 'NEEDLE' else 'API_TOKEN_' || i % 5000 end,
       '10.0.' || i % 200 || '.7', md5(i::text), '{{}}', decode(md5(i::text), 'hex'),
       i::text::xid8
from generate_series(1, {number}) i, (select {number} as n) many;
vacuum analyze audit_entry
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure search by any part of a word.")
    parser.add_argument("--secrets", type=int, default=50_000)
    parser.add_argument("--entries", type=int, default=500_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="strongroom-bench-") as name:
        asyncio.run(_bench(Path(name), options.secrets, options.entries))


async def _bench(folder: Path, number: int, entries: int) -> None:
    cluster = await Cluster.start(folder / "data")
    connection = await connect(cluster.administrator_url(await cluster.fresh_database()))
    try:
        await _bench_log(connection, entries)
        for statement in FILL.format(number=number).split(";"):
            await connection.execute(statement)
        await connection.execute("set strongroom.vault = 'vault_bench'")
        rows = await connection.fetch("select name from secret order by md5(id) limit 100")
        names = [str(row["name"]).lower() for row in rows]
        baseline = await _p95(connection, BASELINE, [name[:5] for name in names])
        print(f"word beginnings, full-text index: {baseline * 1000:.2f} ms (1.0)")
        for title in ("pg_trgm", "no pg_trgm"):
            if title == "no pg_trgm":
                await connection.execute("drop extension pg_trgm cascade")
            for what, statement in (("palette", PALETTE), ("list", LIST)):
                took = await _p95(connection, statement, [name[2:8] for name in names])
                print(f"any part, {what}, {title}: {took / baseline:.1f} ({took * 1000:.2f} ms)")
    finally:
        await connection.close()
        await cluster.stop()


async def _bench_log(connection: OpenConnection, entries: int) -> None:
    """Measure a search of the whole audit log, and of its last weeks."""
    await connection.execute(
        "insert into vault (id, shape, name, created_at)"
        " values ('vault_bench', 'personal', 'Bench', now())"
    )
    for statement in FILL_LOG.format(number=entries).split(";"):
        await connection.execute(statement)
    baseline = await _p95_of_log(connection, EntryFilter())
    print(f"audit log, first page: {baseline * 1000:.2f} ms (1.0)")
    now = datetime.now(UTC)  # noqa: TID251 -- no core, no clock
    for days in (7, 30, 90, 365):
        for what, text in (("frequent", "token_1"), ("rare", "eedl"), ("absent", "nowhere")):
            wanted = EntryFilter(q=text, since=now - timedelta(days=days))
            took = await _p95_of_log(connection, wanted)
            print(f"audit log, {what}, {days} days: {took / baseline:.1f} ({took * 1000:.2f} ms)")


async def _p95_of_log(connection: OpenConnection, wanted: EntryFilter) -> float:
    conditions = conditions_of(wanted)
    # As row-level security does.
    conditions.add("e.vault = {0}", "vault_bench")
    took: list[float] = []
    for _ in range(5):
        start = time.perf_counter()
        await fetch_page(connection, IN_TIME.filled(named="true"), PageRequest(), conditions)
        took.append(time.perf_counter() - start)
    return max(took)


async def _p95(connection: OpenConnection, statement: str, texts: list[str]) -> float:
    """Return the 95th percentile of a statement's duration in seconds over all search texts."""
    took: list[float] = []
    for text in texts:
        start = time.perf_counter()
        await connection.fetch(statement, text)
        took.append(time.perf_counter() - start)
    return statistics.quantiles(took, n=20)[-1]


if __name__ == "__main__":
    main()
