"""The audit log over HTTP: filters, paging, one event, the chart, export (D-4, L-4, V-7)."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from strongroom_api.human.csv_files import FORMULA
from strongroom_core.audit.export import MOST_EXPORTED
from strongroom_core.projects.create import create_project
from strongroom_core.reading.batch import read_secret_value
from strongroom_testkit.machine import granted_machine

ABSENT = "01900000-0000-7000-8000-000000000000"

MANY = """
insert into audit_entry (vault, id, at, incarnation, action, severity, outcome, actor_kind, actor_name,
                         target_name, address, request_id, salt)
select vault, gen_random_uuid(), at, incarnation, action, severity, outcome, actor_kind, actor_name,
       n, address, request_id, salt
from (select * from audit_entry where action = 'project_create' limit 1) e, generate_series(1, $1::int) n
"""


@pytest.fixture
async def machine(world):
    """A machine that has read a project's secret once."""
    project = await world.project("billing")
    secret = await world.secret(project, "STRIPE_KEY")
    machine = await granted_machine(world, project, secret)
    await read_secret_value(world.core, await machine.caller(world, address="10.1.2.3"), secret.id)
    return machine


async def listed(client, **query) -> list[str]:
    response = await client.get("/api/audit", params=query)

    assert response.status_code == 200, response.text

    return [entry["action"] for entry in response.json()["items"]]


async def test_a_list(client, machine, world) -> None:
    """L-4: the list is newest first by default, page by page, and each event is complete."""
    everything = [str(entry["id"]) for entry in await world.entries()]
    newest = (await client.get("/api/audit", params={"limit": 200})).json()
    pages: list[str] = []
    query = {"limit": 3, "order": "oldest"}
    while True:
        page = (await client.get("/api/audit", params=query)).json()
        pages += [entry["id"] for entry in page["items"]]
        if page["nextCursor"] is None:
            break
        query["cursor"] = page["nextCursor"]
    [read] = [entry for entry in newest["items"] if entry["action"] == "secret_read"]

    assert everything == pages
    assert everything == [entry["id"] for entry in newest["items"]][::-1]
    assert ("machine", str(machine.id), "web-1", "STRIPE_KEY", "billing", "10.1.2.3") == tuple(
        read[name]
        for name in ("actorKind", "actorId", "actorName", "targetName", "projectName", "address")
    )
    assert ({"fields": None, "version": 1}, None) == (read["detail"], read["leaf"])
    assert "tx" not in read


async def test_filters(client, machine, world) -> None:
    """L-4: each query parameter filters the list as documented."""
    [read] = await world.entries("secret_read")
    for query in (
        {"action": "secret_read"},
        {"actor": "machine"},
        {"actor": str(machine.id)},
        {"machine": str(machine.id), "severity": "info"},
        {"target": read["target_id"], "severity": "info,critical"},
        {"project": read["project"], "actor": "machine"},
        {"address": "10.1.0.0/16"},
        {"q": "WEB", "action": "secret_read"},
        {"since": read["at"].isoformat(), "until": "2999-01-01T00:00:00Z", "severity": "info"},
    ):
        assert ["secret_read"] == await listed(client, **query), query
    assert ["grants_set", "machine_attach"] == await listed(
        client, action="grants_set, machine_attach"
    )
    assert [] == await listed(client, outcome="refused")
    assert [] == await listed(client, actor="ai_agent")
    assert [] == await listed(client, until="2000-01-01T00:00:00Z")


@pytest.mark.parametrize(
    "query",
    [
        {"action": "secret_steal"},
        {"severity": "info,huge"},
        {"outcome": "maybe"},
        {"order": "random"},
        {"address": "10.0.0.0/99"},
        {"q": "a" * 256},
        {"since": "2026-01-01T00:00:00"},
        {"until": "yesterday"},
        {"cursor": "WyJhIl0"},
        {"limit": "0"},
        {"actorKind": "user"},
    ],
    ids="".join,
)
async def test_invalid_filters(client, problem, query) -> None:
    """L-4: an invalid word in a filter is rejected, not ignored."""
    problem(await client.get("/api/audit", params=query), 400, "invalid")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("outcome=maybe", "outcome: must be one of done, refused"),
        ("order=random", "order: must be one of newest, oldest"),
        ("severity=loud", "severity must be one of info, low, medium, high, critical"),
        ("action=secret_reed", "action has an unknown value; did you mean secret_read"),
        ("action=zzz", "action has an unknown value; examples: "),
    ],
)
async def test_an_unknown_word_is_answered_with_the_known_ones(
    client, problem, query, says
) -> None:
    """L-4: a filter's error lists the words it accepts or, if there are many, the one probably meant."""
    found = problem(await client.get(f"/api/audit?{query}"), 400, "invalid")

    assert found["detail"].startswith(says)


@pytest.mark.parametrize("since", ["2026-11-28", "yesterday", "2026-11-28T10:00:00+02:00"])
async def test_invalid_times(client, since) -> None:
    """L-4: the error shows a valid time; an unescaped plus sign is read as a space."""
    answer = await client.get(f"/api/audit?since={since}")

    assert 400 == answer.status_code
    assert "since: expected a time such as 2026-11-28T10:00:00Z" in answer.json()["detail"]


async def test_hostile_beginnings(client, machine) -> None:
    """L-4: wildcards in a prefix are ordinary characters."""
    for text in ("%", "_", "\\", "'; drop table audit_entry; --"):
        assert [] == await listed(client, q=text)


async def test_one_event(client, other_client, machine, world, problem) -> None:
    """L-4, V-7: an event is returned with its neighbors; for another vault it doesn't exist."""
    ids = [str(entry["id"]) for entry in await world.entries()]
    path = f"/api/audit/{ids[1]}"
    read = (await client.get(path)).json()
    page = (await client.get("/api/audit", params={"limit": 200})).json()

    assert (ids[0], ids[2]) == (read["previous"], read["next"])
    assert page["items"][-2] == read["entry"]
    for name in (ids[1], ABSENT, "nonsense"):
        problem(await other_client.get(f"/api/audit/{name}"), 404, "not_found")
    assert [] == [e for e in await listed(other_client) if e not in ("audit_view", "account_login")]


async def test_the_chart(client, other_client, machine, problem) -> None:
    """L-4, V-7: the chart counts the reads of a day, a week (the default) or a month, in buckets."""
    for query, size in (({"span": "24h"}, 96), ({}, 168), ({"span": "30d"}, 180)):
        chart = (await client.get("/api/audit/reads", params=query)).json()

        assert (size, 1, 0) == (len(chart["buckets"]), chart["delivered"], chart["refused"])
        assert {"start", "delivered", "refused"} == chart["buckets"][-1].keys()
    theirs = (await other_client.get("/api/audit/reads")).json()
    assert 0 == theirs["delivered"]
    problem(await client.get("/api/audit/reads", params={"span": "1h"}), 400, "invalid")


async def test_export_as_csv(client, machine, world) -> None:
    """L-4: the CSV file contains a header row and the list's content; the export is logged."""
    response = await client.get("/api/audit/export", params={"format": "csv", "actor": "machine"})
    rows = list(csv.DictReader(io.StringIO(response.text)))
    [entry] = await world.entries("audit_export")

    assert "text/csv; charset=utf-8" == response.headers["content-type"]
    file = response.headers["content-disposition"].removeprefix("attachment; filename=")
    assert re.fullmatch(r'"audit-\d{4}-\d\d-\d\d-by-actor-kind\.csv"', file)
    assert "x-next-cursor" not in response.headers
    assert ["secret_read"] == [row["action"] for row in rows]
    assert {"fields": None, "version": 1} == json.loads(rows[0]["detail"])
    assert ("done", "audit_export") == (entry["outcome"], entry["action"])


async def test_export_as_ndjson(client, machine) -> None:
    """L-4: the NDJSON file has one line per event, with the same object as in the list."""
    page = (await client.get("/api/audit", params={"order": "oldest"})).json()
    response = await client.get("/api/audit/export", params={"format": "ndjson", "order": "oldest"})

    assert "application/x-ndjson" == response.headers["content-type"].partition(";")[0]
    assert page["items"] == [json.loads(line) for line in response.text.splitlines()]


async def test_spreadsheets_see_no_formula(client, world) -> None:
    """L-4: a cell that a spreadsheet would evaluate becomes text, and its row keeps all of its cells."""
    names = [f'{sign}cmd|"x",1' for sign in ("=", "+", "-", "@")]
    for name in names:
        await create_project(world.core, world.owner, name=name)
    response = await client.get(
        "/api/audit/export", params={"format": "csv", "order": "oldest", "action": "project_create"}
    )
    rows = list(csv.reader(io.StringIO(response.text)))
    column = rows[0].index("targetName")

    assert [f"'{name}" for name in names] == [row[column] for row in rows[1:]]
    assert [] == [cell for row in rows for cell in row if cell.startswith(FORMULA)]
    assert {len(rows[0])} == {len(row) for row in rows}


async def test_a_truncated_export_has_a_cursor(client, world, core) -> None:
    """L-4: the last line and a header contain the cursor with which the export can be continued."""
    await world.project("billing")
    async with core.database.transaction(world.person.vault) as connection:
        await connection.execute(MANY, MOST_EXPORTED)
    query = {"format": "ndjson", "order": "oldest", "action": "project_create"}
    first = await client.get("/api/audit/export", params=query)
    *lines, last = [json.loads(line) for line in first.text.splitlines()]
    cursor = first.headers["x-next-cursor"]
    rest = await client.get("/api/audit/export", params={**query, "cursor": cursor})
    [line] = [json.loads(line) for line in rest.text.splitlines()]
    table = await client.get("/api/audit/export", params={**query, "format": "csv"})
    *_, end = csv.reader(io.StringIO(table.text))

    assert MOST_EXPORTED == len(lines)
    assert cursor == last["nextCursor"]
    assert [last["cut"], cursor] == end
    assert line["id"] not in {entry["id"] for entry in lines}
    assert "x-next-cursor" not in rest.headers


async def test_an_export_needs_a_form(client, problem) -> None:
    """L-4: the format must be given, and is CSV or NDJSON."""
    for query in ({}, {"format": "xlsx"}):
        problem(await client.get("/api/audit/export", params=query), 400, "invalid")


async def test_access_as_a_spreadsheet(client, world) -> None:
    """P-4: who can read a secret, what a machine can read and a project's grants can be exported as CSV."""
    project = await world.project("billing")
    secret = await world.secret(project, "=API_KEY")
    machine = await granted_machine(world, project, secret)
    for of in (f"secrets/{secret.id}", f"machines/{machine.id}", f"projects/{project.id}"):
        listed = (await client.get(f"/api/{of}/access")).json()["items"]
        response = await client.get(f"/api/{of}/access/export")
        [row] = csv.DictReader(io.StringIO(response.text))

        assert "text/csv; charset=utf-8" == response.headers["content-type"]
        assert ".csv" in response.headers["content-disposition"]
        assert [list(row)] == [list(each) for each in listed]
        assert ("web-1", "'=API_KEY", "True", "") == (
            row["machineName"],
            row["secretName"],
            row["allowed"],
            row["reason"],
        )
