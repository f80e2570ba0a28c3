"""Search by any part of a word, limited to visible objects in the user's own vault (V-6, V-7)."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import astuple

from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.authority import (
    Access,
    ProjectCapability,
    SecretKind,
    VaultCapability,
)
from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.page import PageRequest
from strongroom_core.machines.lifecycle import rename_machine
from strongroom_core.overview.search import list_offered, search
from strongroom_core.overview.views import FoundKind
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.create import create_project
from strongroom_core.projects.trash import delete_project
from strongroom_core.secrets.change import Labels
from strongroom_core.secrets.create import Content, create_secret
from strongroom_core.secrets.listing import list_secrets
from strongroom_core.secrets.trash import delete_secret, restore_secret
from strongroom_testkit.machine import pending_machine
from strongroom_testkit.world import World

from .conftest import member


async def names(viewing_core: Core, world: World, text: str) -> list[str]:
    """Return the names of the objects that the owner finds."""
    return [found.name for found in await search(viewing_core, world.owner, text)]


WORDS = {
    "STRIPE_SECRET_KEY": [
        "tripe",
        "ecret",
        "KEY",
        "ipe_sec",
        "Stripe-Sec",
        "key rip",
        "s",
        "se ke",
    ],
    "db.internal-02.example.com": ["nternal", "02", "xample.c", "db.internal-02", "exam"],
    "fra-checkout-02": ["eckou", "fra-ch", "02", "a-checkout"],
    "pathTo:some:fileName": ["ome", "Name", "pathto/some"],
    "v1.2e5": ["v1", "2e5"],
    "Größe ÄPFEL": ["röß", "äp", "pfel größe"],
    "ﬁne １２": ["fine", "12"],
    "mail@example.org": ["ail", "org"],
    "-007": ["007"],
    "x" * 255: ["x" * 100],
    "100%_sure\\": ["100%", "0%_su", "sure\\"],
}
"""Names, and search texts that find each of them."""

NOT_FOUND = [
    "ey",
    "y",
    "stripe x",
    "secretkey",
    "s_key_x",
    "",
    " ",
    "___",
    "'",
    "%",
    "%%%%",
    "e%t",
    "\\",
    "*",
]


@pytest.fixture(params=["trigrams", "no trigrams"])
async def indexed(
    request: pytest.FixtureRequest, world: World, administrator: OpenConnection
) -> World:
    """Return a vault in a database with pg_trgm, and one in a database without it."""
    if request.param == "no trigrams":
        await administrator.execute("drop extension pg_trgm cascade")
    return world


async def test_by_any_part_of_a_word(viewing_core: Core, indexed: World) -> None:
    """V-6: any part of a word matches, in any case and with any separators; short text must start a word.

    Lists follow the same rule, and a database without trigrams returns the same results.
    """
    project = await indexed.project("billing")
    for name in WORDS:
        await indexed.secret(project, name)

    async def listed(text: str) -> list[str]:
        page = await list_secrets(viewing_core, indexed.owner, project.id, PageRequest(), q=text)
        assert page.total == len(page.items)
        return [each.name for each in page.items]

    missing = [
        (name, text)
        for name, texts in WORDS.items()
        for text in texts
        if name not in await names(viewing_core, indexed, text) or name not in await listed(text)
    ]

    assert [] == missing
    for text in NOT_FOUND:
        assert [] == await names(viewing_core, indexed, text)
        assert [] == await listed(text) or not text


async def test_searched_attributes(viewing_core: Core, world: World) -> None:
    """V-6: names, notes, tags, descriptions, environments, hostnames and IDs are searched."""
    application = await create_application(
        world.core, world.owner, name="Shop", environments=["Live"], description="sells apples"
    )
    project = await create_project(
        world.core,
        world.owner,
        name="Orders",
        application=application.id,
        environment="Canary",
        description="takes pears",
    )
    secret = await create_secret(
        world.core,
        world.owner,
        project.id,
        name="PLUM",
        kind=SecretKind.SINGLE,
        content=Content(value=world.markers.value("plum")),
        labels=Labels(note="for the cherry tree", tags=("figs", "two words")),
    )
    machine = await pending_machine(world, "quince-1")
    await rename_machine(world.core, world.owner, str(machine.id), name="medlar")
    place = (project.id, "Orders", "Canary", "Shop")
    nowhere = (None, None, None, None)
    things = {
        FoundKind.APPLICATION: (FoundKind.APPLICATION, application.id, "Shop", *nowhere),
        FoundKind.PROJECT: (FoundKind.PROJECT, project.id, "Orders", *place),
        FoundKind.SECRET: (FoundKind.SECRET, secret.id, "PLUM", *place),
        FoundKind.MACHINE: (FoundKind.MACHINE, str(machine.id), "medlar", *nowhere),
    }
    asked = {
        FoundKind.APPLICATION: ["hop", "ppl", application.id, application.id[:8]],
        FoundKind.PROJECT: ["ders", "ear", "canary", project.id, project.id[:9].upper()],
        FoundKind.SECRET: ["lum", "cherry", "igs", "two", "cherry fig", secret.id, secret.id[:6]],
        FoundKind.MACHINE: ["medlar", "uince", "7.9.9.21", str(machine.id), str(machine.id)[:13]],
    }
    for kind, texts in asked.items():
        for text in texts:
            found = await search(viewing_core, world.owner, text)

            assert [things[kind]] == [astuple(each) for each in found], text


async def test_prefixes_of_ids_are_not_searched(viewing_core: Core, world: World) -> None:
    """V-6: `sk` or a single letter matches words, not every ID."""
    project = await world.project("billing")
    await world.secret(project, "KEY")
    for text in ("sk", "sk_", "proj", "app", "vault", "@vault", "#sk"):
        assert [] == await names(viewing_core, world, text)


async def test_the_order(viewing_core: Core, world: World) -> None:
    """V-6: names that start with the text come first; the rest is ordered by kind and name, up to a limit."""
    project = await world.project("a key")
    await world.project("key to the house")
    for name in ("MY_KEY", "KEY_B", "key_a", "YOUR_KEY"):
        await world.secret(project, name)
    await pending_machine(world, "key-host")
    expected = ["key to the house", "key_a", "KEY_B", "key-host", "a key", "MY_KEY", "YOUR_KEY"]

    assert expected == await names(viewing_core, world, "key")
    assert expected[:3] == [
        f.name for f in await search(viewing_core, world.owner, " Key ", limit=3)
    ]


async def test_the_trash_is_not_searched(viewing_core: Core, world: World) -> None:
    """V-6, S-7, V-3: trashed secrets, trashed projects and their contents aren't found."""
    project, other = await world.project("billing"), await world.project("orders")
    secret, inner = await world.secret(project, "KEY_A"), await world.secret(other, "KEY_B")
    await delete_secret(world.core, world.owner, secret.id)
    await delete_project(world.core, world.owner, other.id, confirm_name="orders")

    assert [] == await names(viewing_core, world, "key")
    assert [] == await names(viewing_core, world, inner.id)
    assert [] == await names(viewing_core, world, "orders")
    await restore_secret(world.core, world.owner, secret.id)
    assert ["KEY_A"] == await names(viewing_core, world, "key")


async def test_a_search_finds_only_the_vaults_objects(
    viewing_core: Core, world: World, other_world: World
) -> None:
    """V-7: a text finds only objects in the user's own vault, and another vault's IDs find nothing."""
    ids: list[str] = []
    for each in (world, other_world):
        await create_application(each.core, each.owner, name="twin", environments=[])
        project = await each.project("twin")
        secret, machine = await each.secret(project, "TWIN"), await pending_machine(each, "twin")
        ids += [project.id, secret.id, str(machine.id), each.person.vault]
    mine, theirs = ids[:4], ids[4:]
    found = [result.id for result in await search(viewing_core, world.owner, "twin")]

    assert 4 == len(found)
    assert set(mine[:3]) <= set(found)
    assert set(found).isdisjoint(theirs)
    for foreign in theirs:
        assert [] == await search(viewing_core, world.owner, foreign)


async def test_the_lookup_is_limited_to_its_vault(
    viewing_core: Core, world: World, other_world: World
) -> None:
    """V-7: the lookup runs as the owner of all rows, but returns only rows of the vault in scope."""
    theirs = await other_world.project("twin")
    await other_world.secret(theirs, "TWIN")
    call = "select count(*) from find_matching('twin', null, $1, $2, true, 20)"
    answers: list[Any] = []
    for vault in (other_world.person.vault, world.person.vault, None):
        async with viewing_core.database.transaction(vault) as connection:
            answers.append(
                await connection.fetchval(call, [theirs.id], [f"{theirs.id}:{SecretKind.SINGLE}"])
            )

    assert [2, 0, 0] == answers


async def test_inaccessible_objects_are_left_out(viewing_core: Core, world: World) -> None:
    """V-6, O-2: objects outside the access role aren't found; machines need the right to view them."""
    shop = await create_application(world.core, world.owner, name="key shop", environments=["key"])
    hidden = await create_application(world.core, world.owner, name="key x", environments=["key"])
    for application in (shop, hidden):
        await world.secret(application.projects[0], f"KEY {application.name}")
        await world.structured(application.projects[0], f"KEY FIELDS {application.name}", "a")
    await pending_machine(world, "key-host")
    single = frozenset({(ProjectCapability.SECRETS_VIEW, SecretKind.SINGLE)})
    both = frozenset((ProjectCapability.SECRETS_VIEW, kind) for kind in SecretKind)
    reaching = Access(applications=frozenset({shop.id}), rights=single)
    elsewhere = Access(everywhere=True, rights=both, overrides={"key": frozenset()})
    cases = [
        (member(world.owner, None), []),
        (member(world.owner, None, VaultCapability.MACHINES_VIEW), ["key-host"]),
        (member(world.owner, reaching), ["key", "KEY key shop", "key shop"]),
        (member(world.owner, elsewhere), ["key", "key", "key shop", "key x"]),
    ]
    for caller, expected in cases:
        found = await search(viewing_core, caller, "key")

        assert expected == sorted((each.name for each in found), key=str.lower)


async def test_input_out_of_bounds(viewing_core: Core, world: World) -> None:
    """V-6: text that is too long is rejected, and no characters have a special meaning."""
    for text, limit in (("a" * 101, 20), ("a\0", 20), ("a", 0), ("a", 21)):
        with pytest.raises(Invalid):
            await search(viewing_core, world.owner, text, limit=limit)
    for text in ("a & b | !c", "a:*", "'a'", "a' | 'b", "<->", "(a", "a b c d e f g h i j k l"):
        assert [] == await search(viewing_core, world.owner, text)


MORE_SECRETS = """
insert into secret (vault, id, project, kind, name, name_folded, changed_at, changed_by, created_at)
select vault, 'sk_' || n, project, kind, 'S' || n, 's' || n, changed_at, changed_by, created_at
from secret, generate_series(1, 20000) n
"""
SEARCHES = (
    "select from find_matching('{}', null, '{{{}}}', '{{{}:single}}', true, 20)",
    "select from secrets_matching('{}', '{}')",
)


async def test_the_indexes_serve_the_search(world: World, administrator: OpenConnection) -> None:
    """V-6: a search for three or more characters, or for an ID, doesn't scan a large table."""
    project = await world.project("billing")
    secret = await world.secret(project, "NEEDLE_IN_IT")
    await administrator.execute(MORE_SECRETS)
    await administrator.execute("vacuum analyze secret")
    seen = "select pg_stat_get_xact_numscans('secret'::regclass)"
    scans: list[str] = []
    for typed in ("eedl", "eedle_i", "in need", secret.id[:9]):
        for search_for in SEARCHES:
            async with world.core.database.transaction(world.person.vault) as connection:
                before = await connection.fetchval(seen)
                found = await connection.fetch(search_for.format(typed, project.id, project.id))
                after = await connection.fetchval(seen)
            assert [1, typed] == [len(found), typed]
            if after != before:
                scans.append(typed)

    assert [] == scans


async def test_a_path_leads_to_its_project_and_its_secrets(
    viewing_core: Core, world: World
) -> None:
    """V-6: a full or partial path finds matching projects and the secrets in them."""
    shop = await create_application(
        world.core, world.owner, name="Shop", environments=["production", "staging"]
    )
    for project in shop.projects:
        await world.secret(project, "API_KEY")
    found = {
        text: [
            f"{each.project_name}:{each.name}"
            for each in await search(viewing_core, world.owner, text)
        ]
        for text in ("shop/prod", "shop/production/api", "SHOP/staging/API_KEY", "shop/x/y")
    }

    assert {
        "shop/prod": ["production:production"],
        "shop/production/api": ["production:API_KEY"],
        "SHOP/staging/API_KEY": ["staging:API_KEY"],
        "shop/x/y": [],
    } == found


async def test_searching_is_not_logged(viewing_core: Core, world: World) -> None:
    """L-1: searching isn't logged."""
    await search(viewing_core, world.owner, "anything")

    assert [] == await world.entries()


async def test_what_a_form_offers(viewing_core: Core, world: World) -> None:
    """O-1, V-6: projects are found by path and their visible secrets by name, up to the requested numbers."""
    later, first = await world.project("Zeta"), await world.project("alpha")
    ids = {name: (await world.secret(later, name)).id for name in ("B", "a", "C")}
    structured = await world.structured(first, "STRUCTURED", "user")
    gone = await world.secret(first, "GONE")
    await delete_secret(world.core, world.owner, gone.id)
    view = (ProjectCapability.SECRETS_VIEW, SecretKind.SINGLE)
    access = Access(projects=frozenset({first.id, later.id}), rights=frozenset({view}))
    everything = await list_offered(viewing_core, world.owner, projects=9, secrets=2)
    one = await list_offered(viewing_core, world.owner, projects=1, secrets=9)
    singles = await list_offered(viewing_core, member(world.owner, access), projects=9, secrets=9)
    nothing = await list_offered(viewing_core, member(world.owner, None), projects=9, secrets=9)

    mine = (first.id, "alpha", [(structured.id, "STRUCTURED")])
    assert [mine, (later.id, "Zeta", [(ids["a"], "a"), (ids["B"], "B")])] == [
        astuple(each) for each in everything
    ]
    assert [mine] == [astuple(each) for each in one]
    assert [[], ["a", "B", "C"]] == [[name for _, name in each.secrets] for each in singles]
    assert [] == nothing
