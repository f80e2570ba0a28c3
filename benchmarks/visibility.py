"""Measures what access roles cost: lists, search, counts, the audit log and the member list of a large vault.

``./run bench visibility [--secrets N] [--entries N] [--members N] [--runs N] [--only TEXT]`` starts its own
PostgreSQL and fills a vault: 50,000 secrets in 500 projects, 1,000,000 events, and 200 members with narrow
access roles. It calls each use case as the owner, as the member with the widest access role and as the one
with the narrowest, and prints the 95th percentiles as ratios to the owner's. For each call it also prints how
many sequential scans of large tables its plans contain, as PostgreSQL's `auto_explain` reports them.

With ``--seed URL --vault ID``, it only fills an existing vault, through an administrator's URL.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import re
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.load import hardware
from strongroom_core.access.roles import BUILT_IN, FULL_ACCESS, OWNER
from strongroom_core.audit.chart import Span, reads_over_time
from strongroom_core.audit.filter import EntryFilter
from strongroom_core.audit.list import list_entries
from strongroom_core.db.connection import connect
from strongroom_core.kernel.authority import (
    Access,
    Authority,
    ProjectCapability,
    SecretKind,
    VaultCapability,
)
from strongroom_core.kernel.ids import AccountId, ProjectId
from strongroom_core.kernel.page import PageRequest
from strongroom_core.machines.listing import list_machines
from strongroom_core.members.listing import list_members
from strongroom_core.overview.overview import read_overview
from strongroom_core.overview.search import search
from strongroom_core.projects.browse import browse_projects, count_projects
from strongroom_core.projects.listing import list_applications, list_projects
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.secrets.listing import count_secrets, list_secrets, list_trash
from strongroom_core.settings import Settings
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.markers import Markers
from strongroom_testkit.people import make_operator

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from strongroom_core.core import Core
    from strongroom_core.db.connection import OpenConnection
    from strongroom_core.kernel.caller import Human
    from strongroom_testkit.people import Person

APPLICATIONS, STANDALONE, MACHINES = 100, 100, 2000
ENVIRONMENTS = ("development", "test", "staging", "production")
PROJECTS = APPLICATIONS * len(ENVIRONMENTS) + STANDALONE
STEP = 100_000
LARGE = ("audit_entry", "secret", "secret_grant")
"""Tables that no statement may read from end to end."""

BAR = 40
PROJECT, ACCOUNT = ProjectId("proj_aaaaaaaaaaaaaaad"), AccountId("acc_aaaaaaaaaaaaaaab")
"""A project for production, which is number 3, and the account of member 1."""

# IDs like the server's, made from numbers.
ID = """
create or replace function pg_temp.id(prefix text, number bigint) returns text language sql immutable as
$$ select prefix || '_' || translate(lpad(number::text, 16, '0'), '0123456789', 'abcdefghij') $$
"""

OBJECTS = """
insert into application (vault, id, name, name_folded, created_at)
select '{vault}', pg_temp.id('app', i), 'service-' || i, 'service-' || i, now()
from generate_series(0, {applications} - 1) i;
insert into project (vault, id, application, name, name_folded, environment, position, created_at)
select '{vault}', pg_temp.id('proj', i),
       case when i < {inside} then pg_temp.id('app', i / 4) end,
       case when i < {inside} then (array{environments})[i % 4 + 1] else 'standalone-' || i end,
       case when i < {inside} then (array{environments})[i % 4 + 1] else 'standalone-' || i end,
       case when i < {inside} then (array{environments})[i % 4 + 1] end, i % 4, now()
from generate_series(0, {projects} - 1) i;
insert into secret (vault, id, project, kind, name, name_folded, changed_at, changed_by, created_at,
                    trashed_at, trashed_by)
select '{vault}', pg_temp.id('sk', i), pg_temp.id('proj', i % {projects}),
       case when i % 5 = 0 then 'structured' else 'single' end, name, lower(name), now(), 'ada', now(),
       case when i % 200 = 7 then now() end, case when i % 200 = 7 then 'ada' end
from (select i, upper(substr(md5(i::text), 1, 9)) || '_TOKEN_' || i as name
      from generate_series(0, {secrets} - 1) i) made;
insert into machine (vault, id, name, public_key, enrolled_by, hostname, registered_from, registered_at,
                     approved_at, approved_by, last_seen_at)
select '{vault}', md5(i::text)::uuid, 'web-' || i, decode(md5(i::text), 'hex'), 'bootstrap', 'web-' || i,
       '10.0.0.' || i % 250, now(), now(), 'ada', now() from generate_series(0, {machines} - 1) i;
insert into attachment (vault, id, machine, project, attached_at, attached_by)
select '{vault}', pg_temp.id('att', i), md5(i::text)::uuid, pg_temp.id('proj', i % {projects}), now(),
       'ada' from generate_series(0, {machines} - 1) i;
insert into secret_grant (vault, id, machine, secret, project, granted_at, granted_by)
select '{vault}', pg_temp.id('gra', i), md5((i % {machines})::text)::uuid, pg_temp.id('sk', i),
       pg_temp.id('proj', i % {projects}), now(), 'ada' from generate_series(0, {secrets} - 1) i
"""

# Each member's role covers one application or up to three projects. Half of them see nothing in production.
MEMBERS = """
insert into account (vault, id, email, email_folded, username, username_folded, password_hash, status,
                     created_at)
select 'installation', pg_temp.id('acc', i), 'seed' || i || '@example.org',
       'seed' || i || '@example.org', 'seed-' || i, 'seed-' || i, 'none', 'active', now()
from generate_series(0, {members} - 1) i;
insert into access_role (vault, id, name, name_folded, everywhere, applications, projects, rights, overrides,
                         created_at)
select '{vault}', pg_temp.id('arole', i), 'seed ' || i, 'seed ' || i, false,
       case when i % 2 = 0 then array[pg_temp.id('app', i % {applications})] else '{{}}'::varchar[] end,
       case when i % 2 = 1
            then array(select pg_temp.id('proj', (i * 31 + n * 7) % {projects})
                       from generate_series(0, i % 3) n)
            else '{{}}'::varchar[] end,
       array['secrets.view:single', 'secrets.view:structured'],
       case when i % 4 < 2 then '{{"production": []}}'::jsonb else '{{}}' end, now()
from generate_series(0, {members} - 1) i;
insert into member (vault, id, account, vault_role, access_role, status, joined_at)
select '{vault}', pg_temp.id('mem', i), pg_temp.id('acc', i), 'developer', pg_temp.id('arole', i),
       'active', now()
from generate_series(0, {members} - 1) i;
update vault set shape = 'organization' where id = '{vault}'
"""

# Most events are reads by machines; every fiftieth is something that a member did.
EVENTS = """
insert into audit_entry
    (vault, id, at, incarnation, action, severity, outcome, actor_kind, actor_id, actor_name, target_kind,
     target_id, target_name, project, address, request_id, detail, salt, tx)
select '{vault}', gen_random_uuid(), now() - ({number} - i) * interval '90 days' / {number}, 1,
       case when i % 50 = 0 then 'secret_replace' else 'secret_read' end,
       case when i % 50 = 0 then 'low' else 'info' end, 'done',
       case when i % 50 = 0 then 'user' else 'machine' end,
       case when i % 50 = 0 then pg_temp.id('acc', i / 50 % {members})
            else md5((i % {machines})::text)::uuid::text end,
       case when i % 50 = 0 then 'seed-' || i / 50 % {members} else 'web-' || i % {machines} end,
       'secret', pg_temp.id('sk', i % {secrets}), 'TOKEN_' || i % {secrets},
       pg_temp.id('proj', i % {projects}), '10.0.' || i % 250 || '.7', 'req_' || md5(i::text),
       '{{"version": 1}}',
       decode(md5(i::text), 'hex'),
       (5 + i / 20000)::text::xid8
from generate_series({first}::bigint, {last}::bigint) i
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what access roles cost in a large vault.")
    parser.add_argument("--secrets", type=int, default=50_000)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--members", type=int, default=200)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--only", default="", help="only measurements whose title has this text")
    parser.add_argument(
        "--seed", metavar="URL", help="only fill a vault, through this database URL"
    )
    parser.add_argument("--vault", help="the ID of the vault to fill")
    options = parser.parse_args()
    if options.seed is not None:
        asyncio.run(_seed_only(options))
        return
    with tempfile.TemporaryDirectory(prefix="strongroom-bench-") as name:
        asyncio.run(_bench(Path(name), options))


async def _seed_only(options: argparse.Namespace) -> None:
    if options.vault is None:
        sys.exit("--seed needs --vault; the dashboard's settings show the vault's ID")
    administrator = await connect(options.seed)
    try:
        await seed(administrator, options.vault, options)
    finally:
        await administrator.close()


async def seed(administrator: OpenConnection, vault: str, options: argparse.Namespace) -> None:
    """Fill a vault, and show the progress on standard error."""
    sizes = {
        "vault": vault,
        "applications": APPLICATIONS,
        "inside": APPLICATIONS * len(ENVIRONMENTS),
        "projects": PROJECTS,
        "environments": list(ENVIRONMENTS),
        "machines": MACHINES,
        "secrets": options.secrets,
        "members": options.members,
        "number": options.entries,
    }
    steps = [*OBJECTS.format(**sizes).split(";"), *MEMBERS.format(**sizes).split(";")]
    for first in range(0, options.entries, STEP):
        last = min(first + STEP, options.entries) - 1
        steps.append(EVENTS.format(first=first, last=last, **sizes))
    await administrator.execute("set session_replication_role = replica")
    await administrator.execute("set synchronous_commit = off")
    await administrator.execute(ID)
    for number, step in enumerate([*steps, "vacuum analyze"], 1):
        await administrator.execute(step)
        done = BAR * number // (len(steps) + 1)
        bar = f"[{'#' * done}{'.' * (BAR - done)}] {number} of {len(steps) + 1} steps"
        print(f"\r{bar}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


@dataclass(frozen=True, slots=True)
class Measured:
    """A use case, and its 95th percentile in milliseconds for each role."""

    title: str
    work: Callable[[Human, int], Awaitable[object]]


async def _bench(folder: Path, options: argparse.Namespace) -> None:
    cluster = await Cluster.start(folder / "data")
    try:
        name = await cluster.fresh_database()
        core = await open_core(Settings(database_url=cluster.url(name)))
        await unseal(core, cluster.root)
        person = await make_operator(core, cluster.initialised.setup_token, Markers())
        administrator = await connect(cluster.administrator_url(name))
        print(hardware(), flush=True)
        await seed(administrator, person.vault, options)
        roles = _roles(core, person)
        work = [each for each in _measurements(core) if options.only in each.title]
        print(
            f"\n| {options.runs} runs each | owner, p95 in ms | widest role, ratio | narrowest role, ratio |"
            "\n|---|---|---|---|"
        )
        for each in work:
            p95 = [await _p95(each, caller, options.runs) for caller in roles.values()]
            ratios = " | ".join(f"{took / p95[0]:.2f}" for took in p95[1:])
            print(f"| {each.title} | {p95[0]:.1f} | {ratios} |", flush=True)
        await core.database.close()
        await _print_scans(cluster, administrator, name, person, options.only)
        await administrator.close()
    finally:
        await cluster.stop()


def _roles(core: Core, person: Person) -> dict[str, Human]:
    """Return the owner, the member with the widest access role, and the one with the narrowest."""
    owner = person.caller(core)
    looks = frozenset((ProjectCapability.SECRETS_VIEW, kind) for kind in SecretKind)
    wide = Access(everywhere=True, rights=FULL_ACCESS.rights, overrides={"production": looks})
    single = frozenset({(ProjectCapability.SECRETS_VIEW, SecretKind.SINGLE)})
    narrow = Access(projects=frozenset({PROJECT}), rights=single)
    seen = BUILT_IN["developer"] | {VaultCapability.TRASH_MANAGE}
    return {
        "owner": replace(owner, authority=OWNER),
        "widest": replace(owner, authority=Authority("admin", BUILT_IN["admin"], wide)),
        "narrowest": replace(owner, account=ACCOUNT, authority=Authority("custom", seen, narrow)),
    }


def _measurements(core: Core) -> list[Measured]:
    page, project = PageRequest(), PROJECT
    letters = "abcdefghijklmnopqrstuvwxyz"
    made: dict[str, Callable[[Human, int], Awaitable[object]]] = {
        "projects": lambda who, _: list_projects(core, who, page),
        "projects by last read": lambda who, _: list_projects(
            core, who, PageRequest(sort="-lastReadAt")
        ),
        "projects, grouped": lambda who, _: browse_projects(core, who, page),
        "applications": lambda who, _: list_applications(core, who, page),
        "secrets of a project": lambda who, _: list_secrets(core, who, project, page),
        "trash": lambda who, _: list_trash(core, who, page),
        "machines": lambda who, _: list_machines(core, who, page),
        "counts of projects": lambda who, _: count_projects(core, who),
        "counts of a project's secrets": lambda who, _: count_secrets(core, who, project),
        "overview": lambda who, _: read_overview(core, who),
        "search, one word": lambda who, n: search(core, who, f"token_{n}"),
        "search, one letter": lambda who, n: search(core, who, letters[n % len(letters)]),
        "audit log, newest": lambda who, _: list_entries(core, who, page),
        "audit log, text": lambda who, n: list_entries(
            core, who, page, EntryFilter(q=f"token_{n}")
        ),
        "reads over 30 days": lambda who, _: reads_over_time(core, who, Span.MONTH),
        "members": lambda who, _: list_members(core, who, page),
    }
    return [Measured(title, work) for title, work in made.items()]


async def _p95(each: Measured, caller: Human, runs: int) -> float:
    took: list[float] = []
    for run in range(runs):
        start = time.perf_counter()
        await each.work(caller, run)
        took.append(1000 * (time.perf_counter() - start))
    return sorted(took)[math.ceil(0.95 * len(took)) - 1]


async def _print_scans(
    cluster: Cluster, administrator: OpenConnection, name: str, person: Person, only: str
) -> None:
    """Print the sequential scans of large tables in the plans of each call."""
    for setting in (
        "session_preload_libraries = 'auto_explain'",
        "auto_explain.log_min_duration = 0",
        "auto_explain.log_nested_statements = on",
    ):
        await administrator.execute(f"alter database {name} set {setting}")
    core = await open_core(Settings(database_url=cluster.url(name)))
    await unseal(core, cluster.root)
    log = cluster.postgres.log_path
    scan = re.compile(rf"Seq Scan on ({'|'.join(LARGE)})\b")
    print("\nsequential scans of " + ", ".join(LARGE) + ":")
    found = False
    try:
        for each in [each for each in _measurements(core) if only in each.title]:
            for role, caller in _roles(core, person).items():
                before = log.stat().st_size
                await each.work(caller, 1)
                await asyncio.sleep(0.2)
                with log.open("rb") as file:
                    file.seek(before)
                    scans = scan.findall(file.read().decode(errors="replace"))
                if scans:
                    found = True
                    print(f"{each.title}, {role}: {', '.join(sorted(set(scans)))}")
    finally:
        await core.database.close()
    print("" if found else "none")


if __name__ == "__main__":
    main()
