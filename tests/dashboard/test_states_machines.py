"""Machines, as the dashboard shows them: who waits, the list, one, a project's side (M-3, M-8, M-9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from strongroom_core.crypto.random import new_id
from strongroom_core.grants.attachments import attach_machine, detach_machine
from strongroom_core.grants.manage import MOST, Wanted, set_grants
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.machines.lifecycle import (
    approve_machine,
    disable_machine,
    rename_machine,
    revoke_machine,
)
from strongroom_core.machines.listing import read_machine
from strongroom_core.operate.tally import tally_reads
from strongroom_core.projects.applications import create_application
from strongroom_core.secrets.read import read_secret
from strongroom_core.secrets.views import SecretView
from strongroom_dashboard.states.machine import MachinePage
from strongroom_dashboard.states.machines import CARDS, ROWS, MachineList
from strongroom_dashboard.states.project_machines import ProjectMachines
from strongroom_testkit.machine import approved_machine, granted_machine, pending_machine
from strongroom_testkit.world import World


def texts(state: Any) -> str:
    """Everything a state holds, its own and what it inherits, as it would travel to the browser."""
    return repr(state.dict())


async def test_a_new_vault_has_no_machine(look) -> None:
    """U-1: nothing waits, nothing is listed, and the page can teach instead."""
    shown = await look(MachineList, "/machines")

    assert ("", True, [], [], False) == (
        shown.problem,
        shown.ready,
        shown.waiting,
        shown.rows,
        shown.there_are,
    )
    assert "reads only the secrets named for it" in shown.sentence


async def test_a_machine_that_waits_shows_what_is_compared(world: World, look) -> None:
    """M-3: fingerprint, hostname, address and time; whom it would replace; which of how many."""
    old = await approved_machine(world, "web-1")
    await rename_machine(world.core, world.owner, str(old.id), name="old web")
    machine = await pending_machine(world, "web-1")
    view = await read_machine(world.core, world.owner, str(machine.id))
    (card,) = (await look(MachineList, "/machines")).waiting

    assert (str(machine.id), "web-1", "web-1") == (card.id, card.name, card.hostname)
    assert view.fingerprint == card.fingerprint
    assert (view.registered_from, view.registered_at.isoformat()) == (card.address, card.since)
    assert (str(old.id), "old web") == (card.replaces, card.replaces_name)
    assert ("", f"/machines/{machine.id}") == (card.place, card.href)


async def test_more_wait_than_there_are_cards(world: World, look) -> None:
    """M-3: the newest have cards, the rest are counted, and none of them stands in the table."""
    for number in range(CARDS + 2):
        await pending_machine(world, f"web-{number}")
    shown = await look(MachineList, "/machines")

    assert CARDS == len(shown.waiting)
    assert f"1 of {CARDS + 2}" == shown.waiting[0].place
    assert "2 more machines wait behind these." == shown.waiting_more
    assert [] == shown.rows


async def test_the_list_says_how_machines_stand(world: World, look, clock: MovableClock) -> None:
    """M-8: state, last read, secrets and projects, registered; how many of them are disabled."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    on = await granted_machine(world, project, secret, hostname="web-1")
    clock.move(timedelta(seconds=1))
    off = await approved_machine(world, "web-2")
    await rename_machine(world.core, world.owner, str(off.id), name="spare")
    await disable_machine(world.core, world.owner, str(off.id))
    await read_secret(world.core, await on.caller(world), secret.id)
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
    assert "2" == shown.total
    assert shown.sentence.startswith("2 machines that may sign a read.")
    assert shown.sentence.endswith("1 is disabled.")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"web-1", "web-2", "db-1"}),
        ("q=WEB", {"web-1", "web-2"}),
        ("state=disabled", {"web-2"}),
        ("q=web&state=enabled", {"web-1"}),
        ("q=b-1", set()),
    ],
)
async def test_the_url_narrows_the_list(world: World, look, query: str, expected: set[str]) -> None:
    """U-2: by the beginning of a name and by state; each filter is an address that keeps the others."""
    made = {name: await approved_machine(world, name) for name in ("web-1", "web-2", "db-1")}
    await disable_machine(world.core, world.owner, str(made["web-2"].id))
    shown = await look(MachineList, f"/machines?{query}" if query else "/machines")

    assert expected == {row.name for row in shown.rows}
    assert bool(query) == shown.filtered
    kept = "q=WEB&" if query == "q=WEB" else "q=web&" if "q=web" in query else ""
    kept = "q=b-1&" if query == "q=b-1" else kept
    assert [("2", f"/machines?{kept}state=enabled"), ("1", f"/machines?{kept}state=disabled")] == [
        (option["count"], option["href"]) for option in shown.options
    ]


@pytest.mark.parametrize("query", ["state=pending", "state=x", "after=x", "q=%00"])
async def test_an_address_that_means_nothing(world: World, look, query: str) -> None:
    """U-2: what cannot be looked for is said, and the machines that wait stay."""
    await approved_machine(world, "web-1")
    await pending_machine(world, "web-2")
    shown = await look(MachineList, f"/machines?{query}")

    assert ("", []) == (shown.problem, shown.rows)
    assert shown.filter_problem.endswith(".")
    assert ["web-2"] == [card.name for card in shown.waiting]


async def test_page_by_page(world: World, look) -> None:
    """M-8: every machine once, along the addresses that the pages give."""
    made = {f"web-{number}" for number in range(ROWS + 2)}
    for name in made:
        await approved_machine(world, name)
    found: list[str] = []
    address = "/machines?q=web"
    while address:
        shown = await look(MachineList, address)
        found += [row.name for row in shown.rows]
        assert ("/machines?q=web" if "after=" in address else "") == shown.newest
        address = shown.older

    assert (ROWS + 2, made) == (len(found), set(found))


@pytest.mark.parametrize(("query", "expected"), [("new=machine", True), ("", False)])
async def test_an_address_that_adds_a_machine(look, query: str, *, expected: bool) -> None:
    """U-1: the first steps lead to the dialog itself."""
    assert expected == (await look(MachineList, f"/machines?{query}")).asked_to_add


async def test_one_machine(world: World, look, clock: MovableClock) -> None:
    """M-8: who it is, since when, what it was called, where it last read from, and what it does."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    machine = await granted_machine(world, project, secret, hostname="web-1")
    for name in ("second", "third"):
        clock.move(timedelta(seconds=1))
        await rename_machine(world.core, world.owner, str(machine.id), name=name)
    await read_secret(world.core, await machine.caller(world, address="127.0.0.33"), secret.id)
    shown = await look(MachinePage, f"/machines/{machine.id}")
    view = await read_machine(world.core, world.owner, str(machine.id))
    who = shown.machine

    assert ("", False, True) == (shown.problem, shown.pending, who.enabled)
    assert ("third", "second, web-1", "web-1") == (who.name, who.former_names, who.hostname)
    assert (view.fingerprint, str(view.revision)) == (who.fingerprint, who.revision)
    assert (clock.now().isoformat(), "127.0.0.33") == (who.seen, who.seen_from)
    assert "Granted 1 secret in 1 project." == shown.sentence
    assert "third" == shown.feed[0]["actor"]
    assert ("1", "secret it can read now, in 1 project") == tuple(shown.if_revoked[0].values())
    assert "1" == shown.if_revoked[1]["number"]
    assert shown.if_revoked[1]["text"].startswith("read in the last hour, the latest at ")


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        ("approved", "Attached to no project, so it can read nothing."),
        ("attached", "Attached to 1 project and granted no secret yet."),
        ("disabled", "It reads nothing until somebody enables it. Attached to no"),
    ],
)
async def test_how_a_machine_stands(world: World, look, done: str, expected: str) -> None:
    """DESIGN_LANGUAGE 6: the page says in words what the machine can do."""
    machine = await approved_machine(world)
    if done == "attached":
        project = await world.project("billing")
        await attach_machine(world.core, world.owner, project.id, machine=str(machine.id))
    if done == "disabled":
        await disable_machine(world.core, world.owner, str(machine.id))
    shown = await look(MachinePage, f"/machines/{machine.id}")

    assert shown.sentence.startswith(expected)
    assert ("0", "reads in the last hour; it never read anything") == tuple(
        shown.if_disabled[1].values()
    )


async def test_a_pending_machine_has_its_card_and_nothing_else(world: World, look) -> None:
    """M-3: until it is approved there is nothing to switch or attach."""
    machine = await pending_machine(world, "web-1")
    shown = await look(MachinePage, f"/machines/{machine.id}")

    assert (True, str(machine.id)) == (shown.pending, shown.waiting.id)
    assert [] == shown.projects
    await approve_machine(world.core, world.owner, str(machine.id))
    await shown._refresh()
    assert (False, "") == (shown.pending, shown.waiting.id)


async def test_what_it_may_read_of_a_project(world: World, look) -> None:
    """M-9: every live secret of the chosen project, granted or not, with the fields one by one."""
    project = await world.project("billing")
    whole, part = (
        await world.structured(project, "DATABASE", "host", "password"),
        await world.structured(project, "MAIL", "user", "password"),
    )
    await world.secret(project, "API_KEY")
    await world.trashed_secret(project, "OLD")
    machine = await granted_machine(world, project, whole)
    await set_grants(
        world.core,
        world.owner,
        project.id,
        machine=str(machine.id),
        wanted=[Wanted(whole.id), Wanted(part.id, ["user"])],
    )
    other = await world.project("shop")
    shown = await look(MachinePage, f"/machines/{machine.id}?project={project.id}")

    assert (project.id, "billing", False) == (shown.chosen, shown.chosen_name, shown.too_many)
    assert [("API_KEY", False, False), ("DATABASE", True, False), ("MAIL", True, True)] == [
        (choice.name, choice.granted, choice.some) for choice in shown.choices
    ]
    assert [("password", False), ("user", True)] == sorted(
        (each.name, each.granted) for each in shown.choices[2].fields
    )
    assert all(each.granted for each in shown.choices[1].fields)
    (attached,) = shown.projects
    assert ("billing", "2", "3", True) == (
        attached.name,
        attached.granted,
        attached.secrets,
        attached.chosen,
    )
    assert [{"number": "2", "text": "secrets there that web-1 can read now"}] == (
        attached.consequences
    )
    assert [other.id] == [option["value"] for option in shown.attachable]


async def test_more_secrets_than_can_be_granted(world: World, look) -> None:
    """M-9: saving sets what is shown, so a list that cannot be whole is not shown at all."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    machine = await granted_machine(world, project, secret)
    await more_like(world, secret, MOST - 1)
    shown = await look(MachinePage, f"/machines/{machine.id}?project={project.id}")

    assert (MOST, False) == (len(shown.choices), shown.too_many)
    await more_like(world, secret, 1)
    await shown._refresh()
    assert ([], True, project.id) == (shown.choices, shown.too_many, shown.chosen)


async def more_like(world: World, secret: SecretView, number: int) -> None:
    """Make secrets by their rows: two thousand acts would take a minute. Nobody opens them."""
    async with world.core.database.transaction(world.person.vault) as connection:
        columns = await connection.fetchval(
            "select string_agg(quote_ident(column_name), ', ') from information_schema.columns"
            " where table_name = 'secret' and column_name not in ('id', 'name', 'name_folded')"
            " and is_generated = 'NEVER'"
        )
        await connection.execute(
            f"insert into secret (id, name, name_folded, {columns})"
            f" select t.id, 'N' || t.id, lower('N' || t.id), {columns}"
            " from secret, unnest($2::varchar[]) as t(id) where secret.id = $1",
            secret.id,
            [new_id("sk") for _ in range(number)],
        )


async def test_a_project_of_an_application_is_named_with_it(world: World, look) -> None:
    """U-2: people tell environments apart; a frozen one says so."""
    made = await create_application(
        world.core, world.owner, name="checkout", environments=["production"]
    )
    (project,) = made.projects
    machine = await approved_machine(world)
    await attach_machine(world.core, world.owner, project.id, machine=str(machine.id))
    await world.freeze(project)
    (attached,) = (await look(MachinePage, f"/machines/{machine.id}")).projects

    assert ("checkout, production", "", True) == (
        attached.name,
        attached.environment,
        attached.frozen,
    )


async def test_a_choice_that_is_no_longer_there(world: World, look) -> None:
    """U-2: a project the machine was detached from shows no secrets, also on an open page."""
    project = await world.project("billing")
    machine = await granted_machine(world, project, await world.secret(project, "A"))
    shown = await look(MachinePage, f"/machines/{machine.id}?project={project.id}")

    assert 1 == len(shown.choices)
    await detach_machine(world.core, world.owner, project.id, machine=str(machine.id))
    await shown._refresh()
    assert ("", [], [], "") == (shown.chosen, shown.choices, shown.projects, shown.problem)


@pytest.mark.parametrize("whose", ["other", "revoked", "nonsense"])
async def test_a_machine_that_is_not_there(
    world: World, other_world: World, look, whose: str
) -> None:
    """V-7: another vault's, a revoked one and no id at all look the same, and nothing stays of one before."""
    machine = await approved_machine(other_world if whose == "other" else world, "unseen-host")
    if whose == "revoked":
        await revoke_machine(world.core, world.owner, str(machine.id))
    shown = await look(MachinePage, f"/machines/{'x' if whose == 'nonsense' else machine.id}")

    assert shown.problem
    assert ("", [], []) == (shown.machine.id, shown.projects, shown.feed)
    assert "unseen-host" not in texts(shown)


async def test_the_machines_of_a_project(world: World, look) -> None:
    """M-9: who is attached, what each may read there, and who else could be."""
    project, other = await world.project("billing"), await world.project("shop")
    secret = await world.secret(project, "A")
    await world.secret(project, "B")
    attached = await granted_machine(world, project, secret, hostname="web-1")
    elsewhere = await granted_machine(world, other, hostname="db-1")
    await pending_machine(world, "web-9")
    await disable_machine(world.core, world.owner, str(attached.id))
    shown = await look(ProjectMachines, f"/projects/{project.id}/machines")
    (row,) = shown.rows

    assert ("", project.id, 1) == (shown.problem, shown.head.id, shown.head.machines)
    assert ("web-1", False, "1", "2") == (row.name, row.enabled, row.granted, row.secrets)
    assert f"/machines/{attached.id}?project={project.id}" == row.choose
    assert [{"value": str(elsewhere.id), "text": "db-1"}] == shown.attachable


async def test_machines_of_a_project_that_is_not_there(
    world: World, other_world: World, look
) -> None:
    """V-7: another vault's project shows nothing, and nothing stays of the one before."""
    theirs = await other_world.project("billing")
    await granted_machine(other_world, theirs, hostname="unseen-host")
    shown = await look(ProjectMachines, f"/projects/{theirs.id}/machines")

    assert shown.problem
    assert ([], [], "") == (shown.rows, shown.attachable, shown.head.id)
    assert "unseen-host" not in texts(shown)


async def test_no_value_and_no_key(world: World, look) -> None:
    """E-5: what the screens of machines hold has neither a value nor a token in it."""
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

        assert secret.id in held or state is not MachinePage
        assert value not in held
        assert "srb_" not in held
