"""The first screen, and what the palette finds (U-1, V-6)."""

from __future__ import annotations

from strongroom_core.secrets.read import read_secret
from strongroom_dashboard.states.overview import Overview
from strongroom_dashboard.states.palette import Palette
from strongroom_testkit.machine import granted_machine, pending_machine
from strongroom_testkit.world import World


async def test_a_new_vault_begins_with_its_first_steps(world: World, look) -> None:
    """U-1: until a machine has read, the checklist stands in place of counts; one may hide it."""
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
    """U-1, L-4: what there is, what was read, and what happened last, told in words."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    await read_secret(world.core, await machine.caller(world), secret.id)
    shown = await look(Overview, "/?reads=24h")

    assert ("1", "1", "1") == (
        shown.figures.projects,
        shown.figures.secrets,
        shown.figures.machines,
    )
    assert ("24h", "1", "read", "0") == (shown.span, shown.reads, shown.reads_noun, shown.refused)
    assert not shown.first_steps
    assert ("machine", "web-1", "read", "API_KEY") == tuple(
        shown.feed[0][part] for part in ("actor_kind", "actor", "verb", "target")
    )
    assert "You" in {line["actor"] for line in shown.feed}
    assert 1 == len(shown.drawing["bars"])


async def test_what_needs_a_person(world: World, look) -> None:
    """U-1: what is frozen comes before who waits, because it gets worse by waiting."""
    project = await world.project("billing")
    await pending_machine(world, "web-1")
    await pending_machine(world, "web-2")
    await world.freeze(project)
    shown = await look(Overview, "/")

    assert ["billing is frozen", "2 machines wait for approval"] == [
        todo.title for todo in shown.todos
    ]
    assert [f"/projects/{project.id}/frozen", "/machines"] == [todo.href for todo in shown.todos]
    assert "2 things need a person" in shown.sentence


async def test_the_palette_finds_things_by_words(world: World, other_world: World, look) -> None:
    """V-6, V-7: by kind, with where they are; another vault's are not there."""
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
    for nothing in ("", "   ", "%", "\0", "x" * 5000):
        await palette.search(nothing)

        assert [] == palette.groups
