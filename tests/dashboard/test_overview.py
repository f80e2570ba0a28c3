"""The first screen, and the palette's results (U-1, V-6)."""

from __future__ import annotations

from strongroom_core.machines.enrollment import NewToken, create_enrollment_token
from strongroom_core.machines.terms import Terms
from strongroom_core.maintain import tally_reads
from strongroom_core.members.vault_roles import create_vault_role
from strongroom_core.reading.batch import read_secret_value
from strongroom_dashboard.screens.overview.state import Overview
from strongroom_dashboard.screens.shell import Palette
from strongroom_testkit.machine import granted_machine, pending_machine
from strongroom_testkit.members import add_member, member_id, organize
from strongroom_testkit.world import World


async def test_a_new_vault_begins_with_its_first_steps(world: World, look) -> None:
    """U-1: until a machine has read, the checklist replaces the counts; it can be dismissed."""
    project = await world.project("billing")
    await world.secret(project, "API_KEY")
    first = await look(Overview, "/")
    hidden = await look(Overview, "/?steps=hide")

    assert first.first_steps
    assert (True, True, False, False) == (
        first.has_project,
        first.has_secret,
        first.machine_registered,
        first.has_read,
    )
    assert not hidden.first_steps


async def test_counts_reads_and_activity(world: World, look) -> None:
    """U-1, L-4: the overview shows totals, reads, and recent events in words."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    await world.secret(project, "NEW")
    machine = await granted_machine(world, project, secret)
    await read_secret_value(world.core, await machine.caller(world), secret.id)
    await tally_reads(world.core)
    shown = await look(Overview, "/")
    week = await look(Overview, "/?reads=7d")

    assert ("1", "2", "1") == (
        shown.figures.projects,
        shown.figures.secrets,
        shown.figures.machines,
    )
    assert "1 never read" == shown.figures.unread
    assert ("24h", "1", "read", "0") == (shown.span, shown.reads, shown.reads_noun, shown.refused)
    assert not shown.first_steps
    assert ("machine", "web-1", "read", "API_KEY") == tuple(
        shown.feed[0][part] for part in ("actor_kind", "actor", "verb", "target")
    )
    assert "You" in {line["actor"] for line in shown.feed}
    # The chart always covers the span that its button names.
    assert [("24h", 96), ("7d", 168)] == [
        (each.span, round(656 / float(each.drawing["bars"][0]["hit_width"])))
        for each in (shown, week)
    ]


async def test_tokens_that_are_nearly_used_up(world: World, look, administrator) -> None:
    """M-5, U-1: an enrollment token with few uses left is shown with its use count and limit."""
    wanted = NewToken(
        name="runners", lifetime=86_400, terms=Terms(machine_lifetime=3600, max_uses=1000)
    )
    token = await create_enrollment_token(world.core, world.owner, wanted)
    world.markers.note(token.token)
    before = await look(Overview, "/")
    await administrator.execute("update enrollment_token set uses = 950")
    shown = await look(Overview, "/")

    assert [] == before.todos
    assert [("1 enrollment token is nearly used up", "runners: 950 of 1,000 machines")] == [
        (todo.title, todo.text) for todo in shown.todos
    ]
    assert "1 item needs your attention." == shown.sentence


async def test_pending_machines_and_frozen_projects(world: World, look) -> None:
    """U-1: frozen projects come before pending machines, because they are more urgent."""
    project = await world.project("billing")
    await pending_machine(world, "web-1")
    await pending_machine(world, "web-2")
    await world.freeze(project)
    shown = await look(Overview, "/")

    assert ["billing is frozen", "2 machines are waiting for approval"] == [
        todo.title for todo in shown.todos
    ]
    assert [f"/projects/{project.id}/frozen", "/machines"] == [todo.href for todo in shown.todos]
    assert "3 items need your attention" in shown.sentence


async def test_the_palette_finds_things_by_words(world: World, other_world: World, look) -> None:
    """V-6, V-7: results are grouped by kind and show their place; another vault's objects aren't found."""
    project = await world.project("billing")
    secret = await world.secret(project, "STRIPE_SECRET_KEY")
    await other_world.secret(await other_world.project("billing"), "STRIPE_OTHER")
    shell = await look(Overview, "/")
    palette = shell._get_root_state().get_substate(Palette.get_full_name().split("."))
    await palette.search("stri")
    [group] = palette.groups
    [hit] = group["hits"]

    assert ("Secrets", "STRIPE_SECRET_KEY", "billing") == (
        group["title"],
        hit["name"],
        hit["where"],
    )
    assert f"/projects/{project.id}?secret={secret.id}" == hit["href"]
    await palette.search("billing/str")

    assert [hit["href"]] == [each["href"] for each in palette.groups[0]["hits"]]
    for nothing in ("", "   ", "%", "\0", "x" * 5000):
        await palette.search(nothing)

        assert [] == palette.groups


async def test_the_palette_finds_members(world: World, look, administrator) -> None:
    """V-6, O-1: someone who can list the members finds the others by their names; nobody else does."""
    await organize(world)
    nina = await member_id(world, await add_member(world, "nina", "developer"))
    await add_member(world, "rosa", "collaborator")
    shell = await look(Overview, "/")
    palette = shell._get_root_state().get_substate(Palette.get_full_name().split("."))
    await palette.search("NIN")
    [group] = palette.groups

    assert "Members" == group["title"]
    assert [("nina", "Developer", f"/members?member={nina}")] == [
        (hit["name"], hit["where"], hit["href"]) for hit in group["hits"]
    ]
    for other in ("ada", "lin"):
        await palette.search(other)

        assert [] == palette.groups
    role = await create_vault_role(world.core, world.owner, name="Blind", capabilities=[])
    await administrator.execute(
        "update member set vault_role = $1, custom_role = $1 where account = $2",
        role.id,
        world.person.account,
    )
    shell = await look(Overview, "/")
    palette = shell._get_root_state().get_substate(Palette.get_full_name().split("."))
    await palette.search("nin")

    assert [] == palette.groups


async def test_commands_find_their_objects(world: World, look) -> None:
    """V-6: commands find projects, frozen projects and pending machines by parts of their names."""
    billing, ledger = await world.project("billing"), await world.project("ledger")
    await world.freeze(ledger)
    machine = await pending_machine(world, "web-1")
    shell = await look(Overview, "/")
    palette = shell._get_root_state().get_substate(Palette.get_full_name().split("."))
    found: dict[str, list[str]] = {}
    for text in ("freeze ill", "new secret billing", "unfreeze", "Approve web", "approve db"):
        await palette.search(text)
        found[text] = [hit["href"] for group in palette.groups for hit in group["hits"]]

    assert {
        "freeze ill": [f"/projects/{billing.id}/settings?new=freeze"],
        "new secret billing": [f"/projects/{billing.id}?new=secret"],
        "unfreeze": [f"/projects/{ledger.id}/frozen"],
        "Approve web": [f"/machines/{machine.id}"],
        "approve db": [],
    } == found
