"""The metrics are correct, and contain no personal data (H-4)."""

from __future__ import annotations

import asyncio
import re
import time
from base64 import b64encode
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from strongroom_api.app import create_app
from strongroom_api.metrics import Metrics
from strongroom_api.process import Process
from strongroom_core.crypto.random import random_bytes
from strongroom_core.db.connection import connect as connect_to
from strongroom_core.machines.lifecycle import disable_machine
from strongroom_core.projects.trash import purge_project
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_server.operations import authorization_table
from strongroom_testkit.machine import approved_machine, granted_machine
from strongroom_testkit.raw_requests import Answer, as_pairs, send
from strongroom_testkit.world import World

if TYPE_CHECKING:
    from strongroom_testkit.machine import TestMachine

GENEROUS_SECONDS = 60.0

Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def parse(text: str) -> Figures:
    """Return every sample by its name and its labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def scrape(client: Any) -> Figures:
    response = await client.get("/metrics")

    assert response.status_code == 200, response.text

    return parse(response.text)


def figure(figures: Figures, name: str, **labels: str) -> float | None:
    return figures.get((f"strongroom_{name}", tuple(sorted(labels.items()))))


async def ask(app: Any, world: World, machine: TestMachine, method: str, path: str) -> Answer:
    """Send a request signed now."""
    at = int(world.core.clock.now().timestamp())
    nonce = b64encode(random_bytes(16)).decode()
    headers = machine.headers(method, path, at=at, nonce=nonce)
    return await send(app, method, path.encode(), as_pairs(headers.items()), address="127.9.9.9")


async def test_requests_are_timed_by_operation_and_status(app, client, stranger):
    """H-4: one histogram is labeled by the table's operations; unknown paths share a label."""
    await client.get("/api/projects")
    await client.get("/api/projects/proj_aaaaaaaaaaaaaaaa")
    for path in ("/nowhere", "/elsewhere", "/api/nothing", "/v1/nothing", "/api/../x"):
        await stranger.get(path)
    await stranger.request("PATCH", "/api/projects")
    await stranger.get("/v1/bootstrap/srb_aaaaaaaaaaaaaaaa")
    figures = await scrape(stranger)
    count = "request_seconds_count"

    assert figure(figures, count, operation="listProjects", status="2xx") == 1
    assert figure(figures, count, operation="readProject", status="4xx") == 1
    assert figure(figures, count, operation="readBootstrapScript", status="2xx") == 1
    assert figure(figures, count, operation="none", status="4xx") == 6
    labels = {dict(each)["operation"] for name, each in figures if name.endswith(count)}
    assert labels <= {*authorization_table(), "none"}


async def test_errors_are_counted_by_code(app, world, stranger):
    """H-4: failed requests are counted by plane and code, on every plane."""
    machine = await approved_machine(world)
    await stranger.get("/api/projects")
    await stranger.post("/api/session", json={"email": "x@example.org", "password": "wrong"})
    await ask(app, world, machine, "GET", "/v1/secret/sk_aaaaaaaaaaaaaaaa")
    await send(app, "GET", b"/v1/secrets", [], address="127.9.9.8")
    await send(app, "POST", b"/v1/bootstrap/register", [], b"{", address="127.9.9.7")
    figures = await scrape(stranger)

    refused = {
        (dict(labels)["plane"], dict(labels)["code"]): value
        for (name, labels), value in figures.items()
        if name == "strongroom_refused_requests_total"
    }
    assert refused == {
        ("human", "not_authenticated"): 1,
        ("public", "wrong_credentials"): 1,
        ("machine", "not_found"): 1,
        ("machine", "authentication_failed"): 1,
        ("public", "invalid"): 1,
    }


async def test_reads_are_counted_by_outcome(app, world, stranger):
    """H-4: delivered values are counted, including those in exports; denials are counted by logged reason."""
    project = await world.project("counted")
    secrets = [await world.secret(project, name) for name in ("A", "B", "C")]
    machine = await granted_machine(world, project, *secrets[:2])
    await ask(app, world, machine, "GET", f"/v1/secret/{secrets[0].id}")
    await ask(app, world, machine, "POST", "/v1/secrets/export")
    await ask(app, world, machine, "GET", f"/v1/secret/{secrets[2].id}")
    await ask(app, world, machine, "GET", "/v1/secrets")
    await disable_machine(world.core, world.owner, machine=str(machine.id))
    await ask(app, world, machine, "GET", f"/v1/secret/{secrets[0].id}")
    await ask(app, world, machine, "POST", "/v1/secrets/export")
    figures = await scrape(stranger)

    assert figure(figures, "reads_delivered_total") == 3
    assert figure(figures, "reads_refused_total", reason="no_grant") == 1
    assert figure(figures, "reads_refused_total", reason="machine_disabled") == 2


async def test_batches_of_reads_are_timed(settings, cluster, markers, owner):
    """H-4: metrics show how many requests a batch contained, and how long it took."""
    metrics = Metrics()
    core = await open_core(settings, observe=metrics.observe_batch)
    await unseal(core, cluster.root)
    world = World(core, owner, markers)
    project = await world.project("batched")
    secret = await world.secret(project, "A")
    machine = await granted_machine(world, project, secret)
    app = create_app(Process(core, metrics=metrics))
    answer = await ask(app, world, machine, "GET", f"/v1/secret/{secret.id}")
    figures = parse(metrics.render().decode())
    await core.database.close()

    assert answer.status == 200
    assert figure(figures, "read_batch_requests_sum") == 1
    assert figure(figures, "read_batch_seconds_count") == 1
    assert (figure(figures, "read_batch_seconds_sum") or 0) > 0


async def test_failed_requests_do_not_stay_in_flight(core, connect, markers):
    """H-4: a failed request doesn't stay in flight forever; the scrape itself is counted."""
    process = Process(core)
    client = await connect(create_app(process))
    await client.get("/api/session")
    await client.get("/nowhere")

    assert figure(await scrape(client), "requests_in_flight") == 1

    assert figure(parse(process.metrics.render().decode()), "requests_in_flight") == 0


async def test_each_process_has_its_own_registry(core, connect):
    """H-4: the registry belongs to the process, not to the interpreter."""
    first, second = [await connect(create_app(Process(core))) for _ in range(2)]
    await first.get("/nowhere")
    labels = {"operation": "none", "status": "4xx"}

    assert figure(await scrape(first), "request_seconds_count", **labels) == 1
    assert figure(await scrape(second), "request_seconds_count", **labels) is None


async def test_metrics_from_the_database(world, client, stranger, cluster, database):
    """H-4: metrics cover the outbox, trash, events, clock, queue and connections."""
    before = await scrape(stranger)
    doomed = await world.trashed_project("doomed")
    await world.trashed_project("overdue")
    await purge_project(world.core, world.owner, doomed.id)
    administrator = await connect_to(cluster.administrator_url(database))
    await administrator.execute(
        "update project set trashed_at = trashed_at - interval '31 days' where name = 'overdue'"
    )
    await administrator.execute(
        "create table saq.saq_jobs (status text, scheduled bigint);"
        "insert into saq.saq_jobs values"
        " ('queued', 0), ('new', 0), ('active', 0), ('complete', 0), ('queued', 99999999999);"
        "alter table saq.saq_jobs owner to strongroom_jobs"
    )
    await administrator.close()
    figures = await scrape(stranger)

    assert (figure(before, "outbox_notes"), figure(before, "purges_due")) == (0, 0)
    assert figure(before, "queue_jobs_due") is None
    assert figure(figures, "database_up") == 1
    assert figure(figures, "outbox_notes") == 1
    assert 0 < (figure(figures, "outbox_oldest_seconds") or 0) < 60
    assert figure(figures, "purges_due") == 1
    assert figure(figures, "queue_jobs_due") == 2
    assert abs(figure(figures, "clock_offset_seconds") or 9) < 1
    assert figure(figures, "database_connections_most") == 20
    in_use = figure(figures, "database_connections", state="in_use")
    idle = figure(figures, "database_connections", state="idle")
    assert in_use is not None
    assert (idle or 0) + in_use >= 2

    entries = len(await world.entries())

    # PostgreSQL updates its statistics some seconds later.
    async with asyncio.timeout(GENEROUS_SECONDS):
        while (figure(await scrape(stranger), "audit_entries_total") or 0) < entries:
            await asyncio.sleep(0.5)

    assert entries > 0


async def test_metrics_without_the_database(cluster, database, stranger):
    """H-4: while the database is unavailable, `/metrics` reports this and omits its figures."""
    administrator = await connect_to(cluster.administrator_url("postgres"))
    await administrator.execute(f"alter database {database} connection limit 0")
    await administrator.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", database
    )
    await administrator.close()
    figures = await scrape(stranger)

    assert figure(figures, "database_up") == 0
    assert figure(figures, "sealed") == 0
    assert figure(figures, "outbox_notes") is None
    assert figure(figures, "clock_offset_seconds") is None


async def test_a_database_that_answers_late_does_not_keep_the_metrics(cluster, database, stranger):
    """H-4: a scrape waits at most two seconds for the database."""
    administrator = await connect_to(cluster.administrator_url(database))
    await administrator.execute("begin; lock table outbox in access exclusive mode")
    started = time.monotonic()
    figures = await scrape(stranger)
    lasted = time.monotonic() - started
    await administrator.execute("rollback")
    await administrator.close()

    assert figure(figures, "database_up") == 0
    assert figure(figures, "outbox_notes") is None
    assert lasted < 4.5
    assert figure(await scrape(stranger), "database_up") == 1


async def test_a_sealed_server_has_metrics(sealed_core, connect):
    """H-4: a sealed server's /metrics responds, and reports that it is sealed."""
    client = await connect(create_app(Process(sealed_core)))
    figures = await scrape(client)

    assert figure(figures, "sealed") == 1
    assert figure(figures, "database_up") == 1


@pytest.mark.parametrize("problem_text", [None, "the database is unreachable"])
async def test_a_server_without_a_core_has_metrics(connect, problem_text):
    """H-4: metrics are available before `init`, and while the server waits for its database."""
    figures = await scrape(await connect(create_app(Process(None, problem_text))))

    assert figure(figures, "sealed") == 1
    assert figure(figures, "database_up") == 0
    assert figure(figures, "build_info", **dict(_build(figures))) == 1


def _build(figures: Figures) -> tuple[tuple[str, str], ...]:
    return next(labels for name, labels in figures if name == "strongroom_build_info")


async def test_labels_contain_no_request_data(app, world, client, stranger):
    """H-4, E-5: no request can put a name, ID, address, token or path into the metrics."""
    project = await world.project("MARKERproject")
    secret = await world.secret(project, "MARKERSECRET")
    machine = await granted_machine(world, project, secret)
    await ask(app, world, machine, "GET", f"/v1/secret/{secret.id}")
    await ask(app, world, machine, "GET", "/v1/MARKERpath")
    await client.get("/api/projects/MARKERproject")
    await client.get(f"/api/secrets/{secret.id}")
    await client.post("/api/session", json={"email": "MARKER@example.org", "password": "MARKER"})
    await stranger.get("/v1/bootstrap/srb_MARKERtoken")
    await client.request("MARKER", "/api/projects")
    text = (await stranger.get("/metrics")).text
    labels = re.findall(r'(\w+)="([^"]*)"', text)
    own = {str(machine.id), project.id, secret.id, world.person.vault, world.person.account}

    assert "MARKER" not in text
    assert not [each for each in own if each in text]
    assert {"operation", "status", "plane", "code", "le", "state", "version", "python"} == {
        name for name, _ in labels
    }
    assert {value for name, value in labels if name == "status"} <= {"2xx", "4xx", "5xx", "none"}
    assert not [value for name, value in labels if name == "code" if not value.islower()]


async def test_unlisted_reasons_are_counted_as_other() -> None:
    """H-4: a label takes only values from a closed set, no matter what is passed in."""
    metrics = Metrics()
    metrics.refuse_read("MARKER of somebody")
    text = metrics.render().decode()

    assert 'strongroom_reads_refused_total{reason="other"} 1.0' in text
    assert "MARKER" not in text


async def test_the_form_is_prometheus(stranger):
    """H-4: the format is text version 0.0.4; every metric has our prefix, a help text and a type."""
    response = await stranger.get("/metrics")
    families = list(text_string_to_metric_families(response.text))

    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert len(families) > 20
    assert not [each.name for each in families if not each.name.startswith("strongroom_")]
    assert not [each.name for each in families if not each.documentation or each.type == "unknown"]


async def test_an_old_note_has_its_age(world, stranger, cluster, database):
    """H-4: the oldest note's age counts from its creation, no matter how often it was postponed."""
    made = world.core.clock.now() - timedelta(hours=2)
    old = (int(made.timestamp() * 1000) << 80) | (0x7 << 76) | (0x2 << 62)
    administrator = await connect_to(cluster.administrator_url(database))
    await administrator.execute(
        "insert into outbox (vault, id, kind, subject, due_at, attempts, created_at)"
        " values ($1, $2, 'erase_project', 'proj_aaaaaaaaaaaaaaaa', $3, 9, $3)",
        world.person.vault,
        _uuid(old),
        world.core.clock.now() + timedelta(hours=1),
    )
    await administrator.close()
    age = figure(await scrape(stranger), "outbox_oldest_seconds") or 0

    assert 7190 < age < 7300


def _uuid(number: int) -> str:
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def test_the_export_is_counted_by_its_secrets() -> None:
    """H-4: only calls that return values count as deliveries, as the authorization table says."""
    from strongroom_api.machine.calls import CALLS, READ  # noqa: PLC0415

    counted = {call.name for call in (READ, *CALLS.values()) if call.delivered is not None}
    answer = msgspec.json.decode(b'{"secrets": [{}, {}]}')

    assert counted == {name for name, each in authorization_table().items() if each.returns_value}
    assert CALLS["/v1/secrets/export"].delivered is not None
    assert CALLS["/v1/secrets/export"].delivered(answer) == 2
