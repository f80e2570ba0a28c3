"""The audit log screen: its URL determines everything it shows (L-4)."""

from __future__ import annotations

from contextlib import suppress

import pytest

from strongroom_core.kernel.errors import NotFound, Refused
from strongroom_core.kernel.ids import ProjectId
from strongroom_core.projects.freeze import freeze_project
from strongroom_core.projects.listing import read_project
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.reading.export import export_secrets
from strongroom_core.shares.content import NewContent
from strongroom_core.shares.create import create_share
from strongroom_dashboard.screens.audit.filters import action_choices
from strongroom_dashboard.screens.audit.state import ROWS, AuditLog, label_of
from strongroom_dashboard.screens.overview.state import Overview
from strongroom_dashboard.screens.project_access.state import ProjectAccess
from strongroom_testkit.machine import approved_machine, grant, granted_machine
from strongroom_testkit.world import World


@pytest.fixture
async def busy(world: World) -> World:
    """A vault with events of people and a machine, including one denial."""
    project = await world.project("billing")
    secret, other = await world.secret(project, "API_KEY"), await world.secret(project, "OTHER")
    machine = await granted_machine(world, project, secret)
    await read_secret_value(world.core, await machine.caller(world), secret.id)
    with pytest.raises(Refused):
        await read_secret_value(world.core, await machine.caller(world), other.id)
    return world


@pytest.mark.parametrize(
    ("query", "actions"),
    [
        ("outcome=refused", ["secret_read_denied"]),
        ("actor=machine", ["secret_read_denied", "secret_read"]),
        ("q=api_key", ["secret_read", "grants_set", "secret_create"]),
        ("severity=info", ["secret_read"]),
        ("action=secret_read", ["secret_read"]),
        ("actor=machine&outcome=done&since=1h", ["secret_read"]),
        ("actor=machine&since=2020-01-01T00:00:00Z&until=2020-01-02T00:00:00Z", []),
        ("address=203.0.113.9", []),
    ],
)
async def test_filters(busy: World, look, query: str, actions: list[str]) -> None:
    """L-4: each filter narrows the list, and filters combine."""
    shown = await look(AuditLog, f"/audit?{query}")

    assert actions == [row.action for row in shown.rows]
    assert shown.filtered
    assert "" == shown.filter_problem


@pytest.mark.parametrize(
    "query",
    [
        "severity=loud",
        "action=x",
        "outcome=",
        "outcome=maybe",
        "address=nowhere",
        "cursor=zzz",
        "until=24h",
        "since=yesterday",
        "q=%00",
    ],
)
async def test_mistyped_urls(busy: World, look, query: str) -> None:
    """L-4: a mistyped URL shows an error instead of the wrong events."""
    shown = await look(AuditLog, f"/audit?{query}")

    assert ("", True) == (shown.problem, shown.ready)
    assert shown.filter_problem or len(shown.rows) > 1


async def test_an_event_in_the_drawer(busy: World, look) -> None:
    """L-4: the drawer shows one event with its details, and links to its neighbors and back."""
    table = await look(AuditLog, "/audit?actor=machine")
    refused = table.rows[0]
    shown = await look(AuditLog, refused.href)
    facts = {fact.label: fact.text for fact in shown.opened.facts}

    assert (True, "OTHER", "Denied") == (shown.is_open, shown.opened.title, shown.opened.denied)
    assert "was denied OTHER in billing (no access)." in shown.opened.sentence
    assert ("secret_read_denied", "billing") == (facts["Action"], facts["Project"])
    assert "web-1 (machine)" == facts["Actor"]
    assert [True, False] == [row.selected for row in shown.rows]
    assert "/audit?actor=machine" == shown.close
    assert shown.opened.older.startswith("/audit?actor=machine&entry=")


async def test_a_denied_read_leads_to_its_explanation(busy: World, look) -> None:
    """P-3: the event of a denied read leads to a page that explains why the machine can't read it."""
    [row] = (await look(AuditLog, "/audit?outcome=refused")).rows
    opened = (await look(AuditLog, f"/audit?entry={row.id}")).opened
    explained = await look(ProjectAccess, opened.explain)
    [read] = (await look(AuditLog, "/audit?severity=info")).rows

    assert "web-1 can't read OTHER now" == explained.explained
    assert explained.denied
    assert [("The machine has access to the secret", "failed")] == [
        (step.name, step.state) for step in explained.steps if step.state == "failed"
    ]
    assert "" == (await look(AuditLog, f"/audit?entry={read.id}")).opened.explain


async def test_access_names_what_it_is_limited_to(world: World, look) -> None:
    """P-4: access of one machine or to one secret can't be mistaken for that of the whole project."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    await granted_machine(world, project, secret, hostname="ci")
    base = f"/projects/{project.id}/access"
    seen = [
        await look(ProjectAccess, f"{base}{query}")
        for query in ("", f"?machine={machine.id}", f"?secret={secret.id}")
    ]

    assert [
        ("2 machines can read 1 secret now.", ""),
        ("web-1 can read 1 secret now.", base),
        ("2 machines can read API_KEY now.", base),
    ] == [(each.sentence, each.whole) for each in seen]


async def test_an_attempt_to_open_a_missing_object(world: World, look) -> None:
    """L-4: an object that wasn't found is marked as such, because nothing was denied."""
    with suppress(NotFound):
        await read_project(world.core, world.owner, ProjectId("proj_aaaaaaaaaaaaaaaa"))
    (row,) = (await look(AuditLog, "/audit?outcome=refused")).rows

    assert ("Not found", "tried to view a project that doesn't exist") == (
        row.denied,
        row.line["verb"],
    )


async def test_a_share_without_a_name(world: World, look) -> None:
    """T-4, L-4: the log doesn't show the ID of a share in place of a name."""
    content = NewContent(text=world.markers.value("share"))
    await create_share(world.core, world.owner, content)
    row = (await look(AuditLog, "/audit?action=share_create")).rows[0]
    shown = await look(AuditLog, row.href)

    assert ("created an unnamed share", "") == (row.line["verb"], row.line["target"])
    assert "Unnamed share" == shown.opened.title


def test_the_filter_names_every_action() -> None:
    """L-4: each action in a vault's log has a label that no other action has."""
    labels = [label for _, label in action_choices()]

    assert len(labels) == len(set(labels))
    assert [] == [label for label in labels if "_" in label or label[0].islower()]
    assert {"Create secret", "Read secret, denied", "Sign in"} <= set(labels)


async def test_a_row_names_the_project(busy: World, look) -> None:
    """L-4: two secrets with the same name are distinguished by their projects."""
    shown = await look(AuditLog, "/audit?action=secret_create,project_create")

    assert [
        ("OTHER", "(version 1) in billing"),
        ("API_KEY", "(version 1) in billing"),
        ("billing", ""),
    ] == [(row.line["target"], row.line["rest"]) for row in shown.rows]


async def test_chips_show_names(world: World, look) -> None:
    """L-4: a chip shows the name that belongs to an ID if an event contains it, and otherwise the ID."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    for query, label in (
        (f"project={project.id}", "Project: billing"),
        (f"target={secret.id}", "Object: API_KEY"),
        (f"machine={machine.id}", "Machine: web-1"),
        ("action=secret_create", "Action: Create secret"),
        ("project=proj_aaaaaaaaaaaaaaaa", "Project: proj_aaaaaaaaaaaaaaaa"),
        ("address=nowhere", "IP address: nowhere"),
    ):
        shown = await look(AuditLog, f"/audit?{query}")

        assert [label] == [chip.label for chip in shown.chips]


async def test_events_of_another_vault(busy: World, other_world: World, look) -> None:
    """V-7: an event ID from another vault is treated like one that never existed."""
    await approved_machine(other_world, "theirs")
    theirs = (await other_world.entries())[-1]["id"]
    for absent in (theirs, "00000000-0000-0000-0000-000000000000", "x"):
        shown = await look(AuditLog, f"/audit?entry={absent}")

        assert ("", True) == (shown.problem, shown.opened.missing)
        assert "Event not found" in shown.opened.sentence
    assert "theirs" not in {row.line["target"] for row in (await look(AuditLog, "/audit")).rows}


async def test_pages(world: World, look) -> None:
    """L-4: paging shows all events without gaps or duplicates; the newest events are one click away."""
    project = await world.project("billing")
    for number in range(ROWS + 5):
        await world.secret(project, f"S{number}")
    first = await look(AuditLog, "/audit?action=secret_create")
    second = await look(AuditLog, first.older)
    names = [row.line["target"] for row in [*first.rows, *second.rows]]

    assert (ROWS, 5) == (len(first.rows), len(second.rows))
    assert [f"S{number}" for number in reversed(range(ROWS + 5))] == names
    assert ("", "/audit?action=secret_create") == (second.older, second.newest)
    assert ("", "") == (first.newest, first.newer)
    back = await look(AuditLog, second.newer)
    assert [row.id for row in first.rows] == [row.id for row in back.rows]


async def test_the_export_has_the_same_events(busy: World, look) -> None:
    """L-4: the export contains exactly the events on the screen."""
    shown = await look(AuditLog, "/audit?actor=machine&outcome=refused&q=oth")

    assert "q=oth&actor=machine&outcome=refused" == shown.export


async def test_identical_reads_are_one_row(world: World, look) -> None:
    """L-4: consecutive identical reads share an expandable row with a count; totals still count events."""
    project = await world.project("billing")
    secret, other = await world.secret(project, "API_KEY"), await world.secret(project, "OTHER")
    machine = await granted_machine(world, project, secret)
    for wanted in (secret, secret, other, secret):
        with suppress(Refused):
            await read_secret_value(world.core, await machine.caller(world), wanted.id)
    folded = await look(AuditLog, "/audit?actor=machine")
    unfolded = await look(AuditLog, folded.rows[2].unfold)
    overview = await look(Overview, "/")

    assert (4, [("API_KEY", ""), ("OTHER", ""), ("API_KEY", "2 times")]) == (
        folded.events,
        [(row.line["target"], row.times) for row in folded.rows],
    )
    assert [False, False, False, True, True] == [row.inner for row in unfolded.rows]
    assert folded.rows[2].at == unfolded.rows[3].at
    assert unfolded.rows[2].unfold == "/audit?actor=machine"
    assert ["", "", "2 times"] == [line["times"] for line in overview.feed[:3]]


async def test_a_run_is_one_row(world: World, look) -> None:
    """L-4: the reads of one request share an expandable row with its export; a denial keeps its own row."""
    project, frozen = await world.project("billing"), await world.project("frozen")
    secrets = [await world.secret(project, f"S{number:02}") for number in range(ROWS)]
    machine = await granted_machine(world, project, *secrets)
    denied = await world.secret(frozen, "DENIED")
    await grant(world, machine, frozen, denied)
    await freeze_project(world.core, world.owner, frozen.id, reason="an exercise")
    for _ in range(2):
        await export_secrets(world.core, await machine.caller(world))
    folded = await look(AuditLog, "/audit?actor=machine")
    run = next(row for row in folded.rows if row.times)
    unfolded = await look(AuditLog, run.unfold)

    assert 2 * (ROWS + 2) == folded.events
    assert ["", "", "50 secrets", "50 secrets"] == sorted(row.times for row in folded.rows)
    assert ("exported", "S00, S01", "and 48 more in billing") == (
        run.line["verb"],
        run.line["target"],
        run.line["rest"],
    )
    assert {("DENIED", "Denied"), ("S00, S01", "")} == {
        (row.line["target"], row.denied) for row in folded.rows[:2]
    }
    inner = [row.line["target"] for row in unfolded.rows if row.inner]
    assert {"", *(f"S{number:02}" for number in range(ROWS))} == set(inner)
    assert ROWS + 1 == len(inner)


async def test_a_repeated_read_joins_no_run(world: World, look) -> None:
    """L-4: reads next to an export that read the same secret keep their own row, and so does the export."""
    project = await world.project("shop")
    smtp, *others = [await world.secret(project, name) for name in ("SMTP", "A", "B", "C")]
    machine = await granted_machine(world, project, smtp, *others)
    for _ in range(2):
        await read_secret_value(world.core, await machine.caller(world), smtp.id)
    await export_secrets(world.core, await machine.caller(world))
    for _ in range(2):
        await read_secret_value(world.core, await machine.caller(world), smtp.id)
    shown = await look(AuditLog, "/audit?actor=machine")

    again = ("read", "SMTP", "(version 1) in shop", "2 times")
    assert [again, ("exported", "A, B", "and 2 more in shop", "4 secrets"), again] == [
        (row.line["verb"], row.line["target"], row.line["rest"], row.times) for row in shown.rows
    ]


def test_details_have_labels_that_people_read() -> None:
    """L-4: IDs are labeled as IDs, and differently from the name next to them."""
    assert ["Machine IDs", "Machine ID", "Machine", "Secret IDs", "Hostname"] == [
        label_of(name)
        for name in ("machine_ids", "machine", "machine_name", "secret_ids", "hostname")
    ]
