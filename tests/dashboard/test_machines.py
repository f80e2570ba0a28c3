"""Machines in the dashboard: pending ones, the list, one machine, a project's machines (M-3, M-8, M-9)."""

from __future__ import annotations

import json
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter  # pyright: ignore[reportMissingTypeStubs]
from netaddr import IPSet

from strongroom_core.grants.attachments import attach_machine, detach_machine
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.machines.lifecycle import (
    approve_machine,
    disable_machine,
    rename_machine,
    revoke_machine,
)
from strongroom_core.machines.listing import read_machine
from strongroom_core.maintain import tally_reads
from strongroom_core.projects.applications import create_application
from strongroom_core.reading.batch import read_secret_value
from strongroom_dashboard.screens.machine.state import MachinePage
from strongroom_dashboard.screens.machines.state import LISTED, ROWS, MachineList
from strongroom_dashboard.screens.project_machines import state as project_machines
from strongroom_dashboard.screens.project_machines.state import ProjectMachines
from strongroom_testkit.machine import approved_machine, granted_machine, pending_machine
from strongroom_testkit.world import World


def texts(state: Any) -> str:
    """Return everything in a state, including inherited fields, as it would be sent to the browser."""
    return repr(state.dict())


async def test_a_new_vault_has_no_machine(look) -> None:
    """U-1: no machine is pending or listed, so the page can explain machines instead."""
    shown = await look(MachineList, "/machines")

    assert ("", True, [], [], False) == (
        shown.problem,
        shown.ready,
        shown.waiting,
        shown.rows,
        shown.there_are,
    )
    assert "can read only the secrets" in shown.sentence


async def test_a_pending_machines_row(
    world: World, look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M-3: a row shows fingerprint, hostname, address, country, time, and the machine it would replace."""
    old = await approved_machine(world, "web-1")
    await rename_machine(world.core, world.owner, str(old.id), name="old web")
    machine = await pending_machine(world, "web-1")
    view = await read_machine(world.core, world.owner, str(machine.id))
    network = ip_network((view.registered_from, 24), strict=False)
    writer = MMDBWriter(4, "Test-Country")
    writer.insert_network(IPSet([str(network)]), {"country_code": "NO"})
    writer.to_db_file(str(tmp_path / "country.mmdb"))
    (unknown,) = (await look(MachineList, "/machines")).waiting
    monkeypatch.setattr(world.core.countries, "_path", tmp_path / "country.mmdb")
    assert world.core.countries.refresh()
    (card,) = (await look(MachineList, "/machines")).waiting
    found = await read_machine(world.core, world.owner, str(machine.id))

    assert (None, "NO") == (view.country, found.country)
    assert ("", "NO") == (unknown.country, card.country)
    assert (str(machine.id), "web-1", "web-1") == (card.id, card.name, card.hostname)
    assert view.fingerprint == card.fingerprint
    assert (view.registered_from, view.registered_at.isoformat()) == (card.address, card.since)
    assert (str(old.id), "old web") == (card.replaces, card.replaces_name)
    assert f"/machines/{machine.id}" == card.href


async def test_more_are_pending_than_are_listed(world: World, look) -> None:
    """M-3: the newest pending machines have their own rows, all are counted, and none is in the table."""
    for number in range(LISTED + 2):
        await pending_machine(world, f"web-{number}")
    shown = await look(MachineList, "/machines")

    assert LISTED == len(shown.waiting)
    assert (str(LISTED + 2), "2 more pending.") == (shown.pending, shown.waiting_more)
    assert [] == shown.rows


async def test_the_states_of_machines_in_the_list(world: World, look, clock: MovableClock) -> None:
    """M-8: rows show state, last read, secrets, projects and registration; disabled machines are counted."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    on = await granted_machine(world, project, secret, hostname="web-1")
    clock.move(timedelta(seconds=1))
    off = await approved_machine(world, "web-2")
    await rename_machine(world.core, world.owner, str(off.id), name="spare")
    await disable_machine(world.core, world.owner, str(off.id))
    await read_secret_value(world.core, await on.caller(world), secret.id)
    await tally_reads(world.core)
    shown = await look(MachineList, "/machines")
    spare, web = shown.rows

    assert ("spare", "web-2", False, "", "0", "0") == (
        spare.name,
        spare.hostname,
        spare.enabled,
        spare.seen,
        spare.secrets,
        spare.projects,
    )
    assert ("web-1", "", True, "1", "1") == (
        web.name,
        web.hostname,
        web.enabled,
        web.secrets,
        web.projects,
    )
    assert clock.now().isoformat() == web.seen
    assert f"/machines/{on.id}" == web.href
    assert 2 == shown.total
    assert shown.sentence.startswith("2 machines. Each can read only")
    assert shown.sentence.endswith("1 is disabled.")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"web-1", "web-2", "db-1"}),
        ("q=WEB", {"web-1", "web-2"}),
        ("state=disabled", {"web-2"}),
        ("q=web&state=enabled", {"web-1"}),
        ("q=b-1", {"web-1", "db-1"}),
    ],
)
async def test_the_url_narrows_the_list(world: World, look, query: str, expected: set[str]) -> None:
    """U-2: the list is filtered by part of a name and by state; each filter's URL keeps the others."""
    made = {name: await approved_machine(world, name) for name in ("web-1", "web-2", "db-1")}
    await disable_machine(world.core, world.owner, str(made["web-2"].id))
    shown = await look(MachineList, f"/machines?{query}" if query else "/machines")

    assert expected == {row.name for row in shown.rows}
    assert bool(query) == shown.filtered
    kept = "q=WEB&" if query == "q=WEB" else "q=web&" if "q=web" in query else ""
    kept = "q=b-1&" if query == "q=b-1" else kept
    assert [
        ("2", f"/machines?{kept}state=enabled"),
        ("1", f"/machines?{kept}state=disabled"),
        ("0", f"/machines?{kept}state=expired"),
    ] == [(option["count"], option["href"]) for option in shown.options]


@pytest.mark.parametrize("query", ["state=pending", "state=x", "cursor=x", "q=%00"])
async def test_an_invalid_search(world: World, look, query: str) -> None:
    """U-2: an invalid search is reported, and pending machines stay visible."""
    await approved_machine(world, "web-1")
    await pending_machine(world, "web-2")
    shown = await look(MachineList, f"/machines?{query}")

    assert ("", []) == (shown.problem, shown.rows)
    assert shown.filter_problem.endswith(".")
    assert ["web-2"] == [card.name for card in shown.waiting]


async def test_page_by_page(world: World, look) -> None:
    """M-8: following the URLs from page to page shows every machine once."""
    made = {f"web-{number}" for number in range(ROWS + 2)}
    for name in made:
        await approved_machine(world, name)
    found: list[str] = []
    address = "/machines?q=web"
    while address:
        shown = await look(MachineList, address)
        found += [row.name for row in shown.rows]
        assert ("cursor=" in address) == (shown.around.previous_page != "")
        address = shown.around.next_page

    assert (ROWS + 2, made) == (len(found), set(found))


@pytest.mark.parametrize(("query", "expected"), [("new=machine", True), ("", False)])
async def test_an_address_that_adds_a_machine(look, query: str, *, expected: bool) -> None:
    """U-1: the first steps link to the dialog itself."""
    assert expected == (await look(MachineList, f"/machines?{query}")).asked_to_add


async def test_the_dialog_asks_for_its_secrets(world: World, look) -> None:
    """U-2: the list doesn't read what only the dialog offers; opening the dialog does."""
    await world.secret(await world.project("billing"), "A")
    listed = await look(MachineList, "/machines")
    before = (listed.choices, listed.offered)
    await listed.offer()
    linked = await look(MachineList, "/machines?new=machine")

    assert ([], False) == before
    assert [["billing/A"], True] == [[each.path for each in listed.choices], listed.offered]
    assert ["billing/A"] == [each.path for each in linked.choices]


async def test_one_machine(world: World, look, clock: MovableClock) -> None:
    """M-8: the page shows a machine's details, times, former names, last address, and activity."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    machine = await granted_machine(world, project, secret, hostname="web-1")
    for name in ("second", "third"):
        clock.move(timedelta(seconds=1))
        await rename_machine(world.core, world.owner, str(machine.id), name=name)
    await read_secret_value(
        world.core, await machine.caller(world, address="127.0.0.33"), secret.id
    )
    shown = await look(MachinePage, f"/machines/{machine.id}")
    view = await read_machine(world.core, world.owner, str(machine.id))
    who = shown.machine

    assert ("", False, True) == (shown.problem, shown.pending, who.enabled)
    assert ("third", "second, web-1", "web-1") == (who.name, who.former_names, who.hostname)
    assert (view.fingerprint, str(view.revision)) == (who.fingerprint, who.revision)
    assert (clock.now().isoformat(), "127.0.0.33") == (who.seen, who.seen_from)
    assert "Access to 1 secret in 1 project." == shown.sentence
    assert "third" == shown.feed[0]["actor"]
    assert ("1", "secret it can read now, in 1 project") == tuple(shown.if_revoked[0].values())
    assert "1" == shown.if_revoked[1]["number"]
    assert shown.if_revoked[1]["text"] == "read in the last hour; last on"
    assert shown.if_revoked[1].get("at", "").endswith("+00:00")


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        ("approved", "Not attached to any project."),
        ("attached", "Attached to 1 project, but without access to any secrets yet."),
        ("disabled", "Disabled. Not attached to any project."),
    ],
)
async def test_the_state_of_a_machine(world: World, look, done: str, expected: str) -> None:
    """U-2: the page says in words what the machine can do."""
    machine = await approved_machine(world)
    if done == "attached":
        project = await world.project("billing")
        await attach_machine(world.core, world.owner, project.id, machine=str(machine.id))
    if done == "disabled":
        await disable_machine(world.core, world.owner, str(machine.id))
    shown = await look(MachinePage, f"/machines/{machine.id}")

    assert shown.sentence.startswith(expected)
    assert ("0", "reads in the last hour; hasn't read anything", "") == tuple(
        shown.if_disabled[1].values()
    )


async def test_access_is_offered_with_the_approval(world: World, look) -> None:
    """M-9: the card lists the secrets of every project that has some, so that a choice can't get lost."""
    first, second = await world.project("billing"), await world.project("shop")
    await world.project("empty")
    secret = await world.secret(first, "KEY")
    await world.secret(second, "OTHER")
    machine = await pending_machine(world, "web-1")
    here = f"/machines/{machine.id}"
    offered = (await look(MachinePage, here)).offer.projects
    await approve_machine(world.core, world.owner, str(machine.id))
    after = await look(MachinePage, here)

    assert [("billing", first.id, ["KEY"], True), ("shop", second.id, ["OTHER"], False)] == [
        (each.name, each.id, [one.name for one in each.secrets], each.open) for each in offered
    ]
    assert {"machineId": str(machine.id), "secretId": secret.id, "access": "all"} == json.loads(
        offered[0].secrets[0].change
    )
    assert ([], "strongroom list") == (after.offer.projects, after.use.ways[0].text)


async def test_a_pending_machine_cannot_be_changed(world: World, look, follow) -> None:
    """M-3: a machine can't be disabled or attached until it is approved."""
    machine = await pending_machine(world, "web-1")
    shown = await look(MachinePage, f"/machines/{machine.id}")

    assert (True, str(machine.id)) == (shown.pending, shown.waiting.id)
    assert [] == shown.projects
    await approve_machine(world.core, world.owner, str(machine.id))
    await follow(shown)
    assert (False, "") == (shown.pending, shown.waiting.id)


async def test_the_number_of_readable_secrets_of_a_project(world: World, look) -> None:
    """M-9: the page shows how many of a project's secrets the machine can read and would lose."""
    project = await world.project("billing")
    secrets = [await world.secret(project, name) for name in ("A", "B", "C")]
    await world.trashed_secret(project, "OLD")
    machine = await granted_machine(world, project, *secrets[:2])
    other = await world.project("shop")
    shown = await look(MachinePage, f"/machines/{machine.id}?project={project.id}")

    (attached,) = shown.projects
    assert ("billing", "2", "3", True) == (
        attached.name,
        attached.granted,
        attached.secrets,
        attached.chosen,
    )
    assert attached == shown.chosen
    assert [{"number": "2", "text": "secrets that web-1 can read there now"}] == (
        attached.consequences
    )
    assert [("", [other.id])] == [
        (group["text"], [option["value"] for option in group["options"]])
        for group in shown.attachable
    ]


async def test_projects_are_named_with_their_application(world: World, look) -> None:
    """U-2: people can distinguish environments; a frozen one is marked."""
    made = await create_application(
        world.core, world.owner, name="checkout", environments=["production"]
    )
    (project,) = made.projects
    machine = await approved_machine(world)
    offered = (await look(MachinePage, f"/machines/{machine.id}")).attachable
    assert [("checkout", ["checkout/production"])] == [
        (group["text"], [option["text"] for option in group["options"]]) for group in offered
    ]
    await attach_machine(world.core, world.owner, project.id, machine=str(machine.id))
    await world.freeze(project)
    (attached,) = (await look(MachinePage, f"/machines/{machine.id}")).projects

    assert ("checkout/production", "", True) == (
        attached.name,
        attached.environment,
        attached.frozen,
    )


async def test_choices_of_a_detached_machine(world: World, look, follow) -> None:
    """U-2: after the machine is detached from a project, even an open page shows none of its secrets."""
    project = await world.project("billing")
    machine = await granted_machine(world, project, await world.secret(project, "A"))
    shown = await look(MachinePage, f"/machines/{machine.id}?project={project.id}")

    assert project.id == shown.chosen.id
    await detach_machine(world.core, world.owner, project.id, machine=str(machine.id))
    await follow(shown)
    assert ("", [], "") == (shown.chosen.id, shown.projects, shown.problem)


@pytest.mark.parametrize("whose", ["other", "revoked", "nonsense"])
async def test_missing_machines(world: World, other_world: World, look, whose: str) -> None:
    """V-7: other vaults' and revoked machines look like an invalid ID; earlier content is removed."""
    machine = await approved_machine(other_world if whose == "other" else world, "unseen-host")
    if whose == "revoked":
        await revoke_machine(world.core, world.owner, str(machine.id))
    shown = await look(MachinePage, f"/machines/{'x' if whose == 'nonsense' else machine.id}")

    assert shown.problem
    assert ("", [], []) == (shown.machine.id, shown.projects, shown.feed)
    assert "unseen-host" not in texts(shown)


async def test_the_machines_of_a_project(world: World, look) -> None:
    """M-9: the page lists attached machines with their access, and machines that could be attached."""
    project, other = await world.project("billing"), await world.project("shop")
    secret = await world.secret(project, "A")
    await world.secret(project, "B")
    attached = await granted_machine(world, project, secret, hostname="web-1")
    elsewhere = await granted_machine(world, other, hostname="db-1")
    await pending_machine(world, "web-9")
    await disable_machine(world.core, world.owner, str(attached.id))
    shown = await look(ProjectMachines, f"/projects/{project.id}/machines")
    (row,) = shown.rows

    assert ("", project.id, "1") == (shown.problem, shown.head.id, shown.head.machines)
    assert ("web-1", False, "1", "2") == (row.name, row.enabled, row.granted, row.secrets)
    assert f"/machines/{attached.id}?project={project.id}" == row.choose
    assert [{"value": str(elsewhere.id), "text": "db-1"}] == shown.attachable


async def test_every_machine_can_be_attached(
    world: World, look, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M-9: if there are more machines than fit in the list, the server's search finds the others."""
    project = await world.project("billing")
    await granted_machine(world, project, hostname="web-0")
    old = await approved_machine(world, "old-1")
    for number in range(3):
        clock.move(timedelta(seconds=1))
        await approved_machine(world, f"new-{number}")
    monkeypatch.setattr(project_machines, "MAX_LIMIT", 3)
    at = f"/projects/{project.id}/machines"
    listed, found, nothing = [
        await look(ProjectMachines, at + query) for query in ("", "?machine=OLD", "?machine=web%00")
    ]

    assert ([f"new-{number}" for number in range(3)], True) == (
        [option["text"] for option in listed.attachable],
        listed.more,
    )
    assert ([{"value": str(old.id), "text": "old-1"}], False, "OLD") == (
        found.attachable,
        found.more,
        found.sought,
    )
    assert ("", []) == (nothing.problem, nothing.attachable)


async def test_machines_of_another_vaults_project(world: World, other_world: World, look) -> None:
    """V-7: another vault's project shows nothing, and earlier content is removed."""
    theirs = await other_world.project("billing")
    await granted_machine(other_world, theirs, hostname="unseen-host")
    shown = await look(ProjectMachines, f"/projects/{theirs.id}/machines")

    assert shown.problem
    assert ([], [], "") == (shown.rows, shown.attachable, shown.head.id)
    assert "unseen-host" not in texts(shown)


async def test_no_value_and_no_key(world: World, look) -> None:
    """E-5: machine screens contain neither a value nor a token."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    machine = await granted_machine(world, project, secret)
    value = await world.open_value(secret.id)
    for state, url in (
        (MachineList, "/machines"),
        (MachinePage, f"/machines/{machine.id}?project={project.id}"),
        (ProjectMachines, f"/projects/{project.id}/machines"),
    ):
        held = texts(await look(state, url))

        assert project.id in held or state is MachineList
        assert value not in held
        assert "srb_" not in held
