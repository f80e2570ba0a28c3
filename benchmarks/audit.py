"""Measures the audit log of a large vault: each list, the chart, a machine's activity, counts and search.

``./run bench audit [--entries N] [--runs N] [--only TEXT] [--plans]`` starts its own PostgreSQL, fills a
vault with 5,000,000 events of the last 90 days, 52,000 secrets and 10,000 machines, and calls the use cases
as the vault's owner. `--plans` also prints how PostgreSQL found the rows, as its `auto_explain` reports.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import re
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.load import hardware
from strongroom_core.access.action import Action
from strongroom_core.access.action_table import ACTIONS
from strongroom_core.access.entry import Outcome, Severity
from strongroom_core.audit.chart import Span, reads_over_time
from strongroom_core.audit.export import ExportForm, export_entries
from strongroom_core.audit.filter import EntryFilter
from strongroom_core.audit.list import list_entries
from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection, connect
from strongroom_core.kernel.page import PageRequest
from strongroom_core.machines.listing import count_machines
from strongroom_core.machines.use import read_machine_use
from strongroom_core.overview.overview import read_overview
from strongroom_core.overview.search import search
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.settings import Settings
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.markers import Markers
from strongroom_testkit.people import Person, make_operator

SECRETS, MACHINES, PROJECTS = 52_000, 10_000, 500
DAYS = 90
OLD_ADDRESS, NO_ADDRESS = "198.51.100.77", "192.0.2.9"
"""An address that some reads in the middle of the log came from, and one that no read came from."""

OBJECTS = """
insert into project (vault, id, name, name_folded, created_at)
select '{vault}', 'proj_' || i, 'project-' || i, 'project-' || i, now()
from generate_series(0, {projects} - 1) i;
insert into secret (vault, id, project, kind, name, name_folded, changed_at, changed_by, created_at)
select '{vault}', 'sk_' || i, 'proj_' || i % {projects}, 'single', name, lower(name), now(), 'ada', now()
from (select i, upper(substr(md5(i::text), 1, 9)) || '_TOKEN_' || i as name
      from generate_series(0, {secrets} - 1) i) made;
insert into machine (vault, id, name, public_key, enrolled_by, hostname, registered_from, registered_at,
                     approved_at, approved_by, last_seen_at)
select '{vault}', md5(i::text)::uuid, 'web-' || i, decode(md5(i::text), 'hex'), 'bootstrap', 'web-' || i,
       '10.0.0.' || i % 250, now(), now(), 'ada', now() from generate_series(0, {machines} - 1) i;
analyze
"""

# Nearly all events are reads, one in seventy of which is denied. A few actions are rare.
EVENTS = """
insert into audit_entry
    (vault, id, at, incarnation, action, severity, outcome, reason, actor_kind, actor_id, actor_name,
     target_kind, target_id, target_name, project, address, request_id, detail, salt, tx)
select '{vault}', (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(h, 1, 3)
                   || '8' || substr(h, 4, 15))::uuid,
       at, 1, action,
       case when action = 'secret_read_denied' then 'medium' when action = 'secret_replace' then 'low'
            when action = 'machine_approve' then 'high' when action = 'project_freeze' then 'critical'
            else 'info' end,
       case when action = 'secret_read_denied' then 'refused' else 'done' end,
       case when action = 'secret_read_denied' then 'no_grant' end,
       'machine', md5((i * 7919 % {machines})::text)::uuid::text, 'web-' || i * 7919 % {machines},
       'secret', 'sk_' || i * 104729 % {secrets}, 'TOKEN_' || i * 104729 % {secrets},
       'proj_' || i % {projects},
       case when i between {number} / 2 and {number} / 2 + {number} / 50 and i % 50 = 0 then '{old}'
            else '10.0.' || i % 250 || '.7' end,
       'req_' || substr(h, 1, 16), '{{"version": 1}}', decode(h, 'hex'), (5 + i / 20000)::text::xid8
from (select i, md5(i::text) as h, now() - ({number} - i) * interval '{days} days' / {number} as at,
             case when i in (7, {number} / 3, {number} / 2) then 'project_freeze'
                  when i % 100000 = 5 then 'machine_approve'
                  when i % 500 = 3 then 'secret_replace'
                  when i % 70 = 1 then 'secret_read_denied'
                  else 'secret_read' end as action
      from generate_series({first}::bigint, {last}::bigint) i) made
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the audit log of a large vault.")
    parser.add_argument("--entries", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--only", default="", help="only measurements whose title has this text")
    parser.add_argument("--plans", action="store_true", help="print the plans as well")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="strongroom-bench-") as name:
        asyncio.run(_bench(Path(name), options))


async def _bench(folder: Path, options: argparse.Namespace) -> None:
    cluster = await Cluster.start(folder / "data")
    try:
        name = await cluster.fresh_database()
        core = await open_core(Settings(database_url=cluster.url(name)))
        await unseal(core, cluster.root)
        person = await make_operator(core, cluster.initialised.setup_token, Markers())
        administrator = await connect(cluster.administrator_url(name))
        print(hardware(), flush=True)
        began = time.monotonic()
        await _fill(administrator, person.vault, options.entries)
        print(f"{options.entries:,} events after {time.monotonic() - began:.0f} s", flush=True)
        await _print_sizes(administrator)
        wanted = {
            title: work
            for title, work in _measurements(core, person).items()
            if options.only in title
        }
        print(f"\n| {options.runs} runs each, ms | median | p95 |\n|---|---|---|")
        for title, work in wanted.items():
            took = [await _time(work, run) for run in range(options.runs)]
            p95 = sorted(took)[math.ceil(0.95 * len(took)) - 1]
            print(f"| {title} | {statistics.median(took):.1f} | {p95:.1f} |", flush=True)
        await core.database.close()
        if options.plans:
            await _print_plans(cluster, administrator, name, person, wanted)
        await administrator.close()
    finally:
        await cluster.stop()


async def _fill(administrator: OpenConnection, vault: str, number: int) -> None:
    """Fill the vault. The indexes of the log are built afterwards, which takes a fraction of the time."""
    await administrator.execute("set session_replication_role = replica")
    await administrator.execute("set synchronous_commit = off")
    sizes = {"secrets": SECRETS, "machines": MACHINES, "projects": PROJECTS}
    for statement in OBJECTS.format(vault=vault, **sizes).split(";"):
        await administrator.execute(statement)
    indexes = await administrator.fetch(
        "select indexname as name, indexdef as made from pg_indexes"
        " where tablename = 'audit_entry' and indexname <> 'audit_entry_pkey'"
    )
    for index in indexes:
        await administrator.execute(f"drop index {index['name']}")
    step = 500_000
    for first in range(0, number, step):
        last = min(first + step, number) - 1
        facts = {"first": first, "last": last, "number": number, "days": DAYS, "old": OLD_ADDRESS}
        await administrator.execute(EVENTS.format(vault=vault, **facts, **sizes))
    for index in indexes:
        await administrator.execute(index["made"])
    await administrator.execute("vacuum analyze audit_entry")


async def _print_sizes(administrator: OpenConnection) -> None:
    rows = await administrator.fetch(
        "select relname as name, pg_relation_size(oid) / 1048576.0 as size from pg_class"
        " where oid = 'audit_entry'::regclass"
        " or oid in (select indexrelid from pg_index where indrelid = 'audit_entry'::regclass)"
        " order by 2 desc"
    )
    print("MB: " + ", ".join(f"{row['name']} {row['size']:.1f}" for row in rows))


def _measurements(core: Core, person: Person) -> dict[str, Callable[[int], Awaitable[object]]]:
    """Return the measured calls, by title. Each gets the number of its run, so that its query varies."""
    owner = person.caller(core)
    page = PageRequest()
    now = datetime.now(UTC)  # noqa: TID251 -- the events end now

    def listed(make: Callable[[int], EntryFilter]) -> Callable[[int], Awaitable[object]]:
        return lambda n: list_entries(core, owner, page, make(n))

    def done(*names: str) -> frozenset[Action]:
        return frozenset(ACTIONS[name] for name in names)

    others = frozenset(each for name, each in ACTIONS.items() if name != "secret_read")
    lists: dict[str, Callable[[int], EntryFilter]] = {
        "newest": lambda _: EntryFilter(),
        "action, 97% of events": lambda _: EntryFilter(actions=done("secret_read")),
        "action, 1 %": lambda _: EntryFilter(actions=done("secret_read_denied")),
        "action, 50 events": lambda _: EntryFilter(actions=done("machine_approve")),
        "action, 3 events": lambda _: EntryFilter(actions=done("project_freeze")),
        "action, none": lambda _: EntryFilter(actions=done("secret_delete")),
        "two actions, 53 events": lambda _: EntryFilter(
            actions=done("machine_approve", "project_freeze")
        ),
        "every action but reads": lambda _: EntryFilter(actions=others),
        "severity medium, 1 %": lambda _: EntryFilter(severities=frozenset({Severity.MEDIUM})),
        "severity critical, 3 events": lambda _: EntryFilter(
            severities=frozenset({Severity.CRITICAL})
        ),
        "severities high and critical": lambda _: EntryFilter(
            severities=frozenset({Severity.HIGH, Severity.CRITICAL})
        ),
        "denied": lambda _: EntryFilter(outcome=Outcome.REFUSED),
        "address, frequent": lambda n: EntryFilter(address=f"10.0.{n}.7"),
        "address, long ago": lambda _: EntryFilter(address=OLD_ADDRESS),
        "address, none": lambda _: EntryFilter(address=NO_ADDRESS),
        "address range, frequent": lambda n: EntryFilter(address=f"10.0.{n}.0/24"),
        "address range, none": lambda _: EntryFilter(address="192.0.2.0/24"),
        "text, frequent": lambda n: EntryFilter(q=f"web-{n + 1}"),
        "text, one in 10,000": lambda _: EntryFilter(q="web-0"),
        "text, none": lambda _: EntryFilter(q="nowhere"),
        "text, none, one day": lambda _: EntryFilter(q="nowhere", since=now - timedelta(days=1)),
        "text among denied": lambda n: EntryFilter(
            q=f"web-{n}", actions=done("secret_read_denied")
        ),
        "target": lambda n: EntryFilter(target_id=f"sk_{n}"),
        "project": lambda n: EntryFilter(project=f"proj_{n}"),
        "one day": lambda n: EntryFilter(
            since=now - timedelta(days=n + 2), until=now - timedelta(days=n + 1)
        ),
    }
    machines = [_machine(n) for n in range(100)]
    return {
        **{f"list, {title}": listed(make) for title, make in lists.items()},
        "list, a machine": lambda n: list_entries(
            core, owner, page, EntryFilter(machine=machines[n % 100])
        ),
        **{
            f"chart, {span.value}": lambda _, span=span: reads_over_time(core, owner, span)
            for span in Span
        },
        "a machine's activity": lambda n: read_machine_use(core, owner, machines[n % 100]),
        "overview": lambda _: read_overview(core, owner),
        "counts of machines": lambda _: count_machines(core, owner),
        "export, 10,000 events": lambda _: export_entries(core, owner, page, form=ExportForm.CSV),
        "search, one word": lambda n: search(core, owner, f"token_{n}"),
        "search, one letter": lambda n: search(core, owner, "abcdefghijklmnopqrstuvwxyz"[n % 26]),
    }


def _machine(n: int) -> str:
    from hashlib import md5  # noqa: PLC0415
    from uuid import UUID  # noqa: PLC0415

    return str(UUID(md5(str(n).encode(), usedforsecurity=False).hexdigest()))


async def _time(work: Callable[[int], Awaitable[object]], run: int) -> float:
    start = time.perf_counter()
    await work(run)
    return 1000 * (time.perf_counter() - start)


async def _print_plans(
    cluster: Cluster,
    administrator: OpenConnection,
    name: str,
    person: Person,
    wanted: dict[str, Callable[[int], Awaitable[object]]],
) -> None:
    """Print, for each measurement, the scans of its slowest statement."""
    for setting in (
        "session_preload_libraries = 'auto_explain'",
        "auto_explain.log_min_duration = 0",
        "auto_explain.log_analyze = on",
        "auto_explain.log_timing = off",
    ):
        await administrator.execute(f"alter database {name} set {setting}")
    core = await open_core(Settings(database_url=cluster.url(name)))
    await unseal(core, cluster.root)
    log = cluster.postgres.log_path
    print("\nhow the rows were found: the scans of the slowest statement")
    try:
        for title, work in _measurements(core, person).items():
            if title not in wanted:
                continue
            before = log.stat().st_size
            await work(0)
            with log.open("rb") as file:
                file.seek(before)
                said = file.read().decode(errors="replace")
            parts = re.split(r"duration: ([0-9.]+) ms +plan:", said)[1:]
            plans = dict(zip(map(float, parts[::2]), parts[1::2], strict=True))
            print(f"\n{title}: {max(plans):.1f} ms")
            for line in plans[max(plans)].splitlines():
                if re.search(r"Scan|Sort \(|Sort  |Parallel", line):
                    print(f"  {line.strip()[:150]}")
    finally:
        await core.database.close()


if __name__ == "__main__":
    main()
