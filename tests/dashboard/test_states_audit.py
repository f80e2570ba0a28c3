"""The audit log: everything it shows is in its address (L-4)."""

from __future__ import annotations

import pytest

from strongroom_core.kernel.errors import Refused
from strongroom_core.secrets.read import read_secret
from strongroom_dashboard.states.audit import ROWS, AuditLog
from strongroom_testkit.machine import approved_machine, granted_machine
from strongroom_testkit.world import World


@pytest.fixture
async def busy(world: World) -> World:
    """A vault in which people and a machine did something, and one thing was refused."""
    project = await world.project("billing")
    secret, other = await world.secret(project, "API_KEY"), await world.secret(project, "OTHER")
    machine = await granted_machine(world, project, secret)
    await read_secret(world.core, await machine.caller(world), secret.id)
    with pytest.raises(Refused):
        await read_secret(world.core, await machine.caller(world), other.id)
    return world


@pytest.mark.parametrize(
    ("query", "actions"),
    [
        ("outcome=refused", ["secret_read_denied"]),
        ("actor=machine", ["secret_read_denied", "secret_read"]),
        ("q=api_key", ["secret_read", "secret_create"]),
        ("severity=info", ["secret_read"]),
        ("action=secret_read", ["secret_read"]),
        ("actor=machine&outcome=done&since=1h", ["secret_read"]),
        ("address=203.0.113.9", []),
    ],
)
async def test_filters(busy: World, look, query: str, actions: list[str]) -> None:
    """L-4: each filter narrows, several together."""
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
        "after=zzz",
        "q=%00",
    ],
)
async def test_addresses_that_mean_nothing(busy: World, look, query: str) -> None:
    """L-4: an address somebody mistyped says so, and shows nothing wrong."""
    shown = await look(AuditLog, f"/audit?{query}")

    assert ("", True) == (shown.problem, shown.ready)
    assert shown.filter_problem or len(shown.rows) > 1


async def test_an_entry_in_the_drawer(busy: World, look) -> None:
    """L-4: one entry with its particulars, and the way to its neighbours and back."""
    table = await look(AuditLog, "/audit?actor=machine")
    refused = table.rows[0]
    shown = await look(AuditLog, refused.href)
    facts = {fact.label: fact.text for fact in shown.opened.facts}

    assert (True, "OTHER", "Refused") == (shown.is_open, shown.opened.title, shown.opened.refused)
    assert "was refused OTHER in billing (no grant)." in shown.opened.sentence
    assert ("secret_read_denied", "billing") == (facts["Action"], facts["Project"])
    assert "web-1 (machine)" == facts["Actor"]
    assert [True, False] == [row.selected for row in shown.rows]
    assert "/audit?actor=machine" == shown.close
    assert shown.opened.older.startswith("/audit?actor=machine&entry=")


async def test_a_row_says_where_it_was(busy: World, look) -> None:
    """L-4: two secrets of one name are told apart by their projects."""
    shown = await look(AuditLog, "/audit?action=secret_create,project_create")

    assert [("OTHER", "in billing"), ("API_KEY", "in billing"), ("billing", "")] == [
        (row.target, row.place) for row in shown.rows
    ]


async def test_what_it_is_narrowed_to_has_a_name(world: World, look) -> None:
    """L-4: a chip says what an id is called, as far as an entry tells; otherwise the id itself."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    for query, label in (
        (f"project={project.id}", "Project: billing"),
        (f"target={secret.id}", "Object: API_KEY"),
        (f"machine={machine.id}", "Machine: web-1"),
        ("action=secret_create", "Action: secret create"),
        ("project=proj_aaaaaaaaaaaaaaaa", "Project: proj_aaaaaaaaaaaaaaaa"),
        ("address=nowhere", "Address: nowhere"),
    ):
        shown = await look(AuditLog, f"/audit?{query}")

        assert [label] == [chip.label for chip in shown.chips]


async def test_entries_of_another_vault(busy: World, other_world: World, look) -> None:
    """V-7: an entry's id from elsewhere is as one that never existed."""
    await approved_machine(other_world, "theirs")
    theirs = (await other_world.entries())[-1]["id"]
    for absent in (theirs, "00000000-0000-0000-0000-000000000000", "x"):
        shown = await look(AuditLog, f"/audit?entry={absent}")

        assert ("", True) == (shown.problem, shown.opened.missing)
        assert "There is no such entry" in shown.opened.sentence
    assert "theirs" not in {row.target for row in (await look(AuditLog, "/audit")).rows}


async def test_pages(world: World, look) -> None:
    """L-4: keyset by keyset, without a gap and without one twice; the newest are one click away."""
    project = await world.project("billing")
    for number in range(ROWS + 5):
        await world.secret(project, f"S{number}")
    first = await look(AuditLog, "/audit?action=secret_create")
    second = await look(AuditLog, first.older)
    names = [row.target for row in [*first.rows, *second.rows]]

    assert (ROWS, 5) == (len(first.rows), len(second.rows))
    assert [f"S{number}" for number in reversed(range(ROWS + 5))] == names
    assert ("", "/audit?action=secret_create") == (second.older, second.newest)
    assert "" == first.newest


async def test_the_export_is_of_the_same_entries(busy: World, look) -> None:
    """L-4: what is exported is what is shown."""
    shown = await look(AuditLog, "/audit?actor=machine&outcome=refused&q=oth")

    assert "q=oth&actor=machine&outcome=refused" == shown.export
