"""Search: by the beginnings of words, of what one may see, in one's own vault (V-6, V-7)."""

from __future__ import annotations

from typing import Any

import pytest

from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.authority import (
    Access,
    ProjectCapability,
    SecretKind,
    VaultCapability,
)
from strongroom_core.kernel.errors import Invalid
from strongroom_core.machines.lifecycle import rename_machine
from strongroom_core.overview.search import search
from strongroom_core.overview.views import Found, FoundKind
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.create import create_project
from strongroom_core.projects.trash import delete_project
from strongroom_core.secrets.change import Labels
from strongroom_core.secrets.create import Content, create_secret
from strongroom_core.secrets.trash import delete_secret, restore_secret
from strongroom_testkit.machine import pending_machine
from strongroom_testkit.world import World

from .conftest import member


async def names(eyes: Core, world: World, text: str) -> list[str]:
    """Return the names of what the owner finds."""
    return [found.name for found in await search(eyes, world.owner, text)]


WORDS = {
    "STRIPE_SECRET_KEY": ["stripe", "secret", "KEY", "stripe_s", "Stripe-Sec", "key stripe", "s"],
    "db.internal-02.example.com": ["internal", "02", "example.c", "db.internal-02", "exam"],
    "fra-checkout-02": ["checkout", "fra-ch", "02"],
    "pathTo/some/fileName": ["some", "file", "pathto/some"],
    "v1.2e5": ["v1", "2e5"],
    "Größe ÄPFEL": ["grö", "äpf", "Äpfel größe"],
    "ﬁne １２": ["fine", "12"],
    "mail@example.org": ["mail", "org"],
    "-007": ["007"],
    "x" * 255: ["x" * 100],
}
"""Names, and what each is found by."""

NOT_FOUND = [
    "tripe",
    "ecret",
    "stripe x",
    "secretkey",
    "xample",
    "",
    " ",
    "___",
    "'",
    "%",
    "\\",
    "*",
]


async def test_by_the_beginnings_of_words(eyes: Core, world: World) -> None:
    """V-6: every word of a name, whatever divides them and in whatever case."""
    project = await world.project("billing")
    for name in WORDS:
        await world.secret(project, name)
    missing = [
        (name, text)
        for name, texts in WORDS.items()
        for text in texts
        if name not in await names(eyes, world, text)
    ]

    assert [] == missing
    for text in NOT_FOUND:
        assert [] == await names(eyes, world, text)


async def test_what_is_searched(eyes: Core, world: World) -> None:
    """V-6: names, notes, tags, descriptions, environments, hostnames and ids; and where each thing is."""
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
        FoundKind.APPLICATION: Found(FoundKind.APPLICATION, application.id, "Shop", *nowhere),
        FoundKind.PROJECT: Found(FoundKind.PROJECT, project.id, "Orders", *place),
        FoundKind.SECRET: Found(FoundKind.SECRET, secret.id, "PLUM", *place),
        FoundKind.MACHINE: Found(FoundKind.MACHINE, str(machine.id), "medlar", *nowhere),
    }
    asked = {
        FoundKind.APPLICATION: ["sho", "apples", application.id, application.id[:8]],
        FoundKind.PROJECT: ["ord", "pea", "canary", project.id, project.id[:9].upper()],
        FoundKind.SECRET: ["plum", "cherry", "fig", "two", "cherry fig", secret.id, secret.id[:6]],
        FoundKind.MACHINE: ["medlar", "quince", str(machine.id), str(machine.id)[:13]],
    }
    for kind, texts in asked.items():
        for text in texts:
            assert [things[kind]] == await search(eyes, world.owner, text), text


async def test_prefixes_of_ids_are_no_words(eyes: Core, world: World) -> None:
    """V-6: `sk` or a single letter is the beginning of words, not of every id."""
    project = await world.project("billing")
    await world.secret(project, "KEY")
    for text in ("sk", "sk_", "proj", "app", "vault", "@vault", "#sk"):
        assert [] == await names(eyes, world, text)


async def test_the_order(eyes: Core, world: World) -> None:
    """V-6: first what begins with the text; then by kind and name; never more than asked for."""
    project = await world.project("a key")
    await world.project("key to the house")
    for name in ("MY_KEY", "KEY_B", "key_a", "YOUR_KEY"):
        await world.secret(project, name)
    await pending_machine(world, "key-host")
    expected = ["key to the house", "key_a", "KEY_B", "key-host", "a key", "MY_KEY", "YOUR_KEY"]

    assert expected == await names(eyes, world, "key")
    assert expected[:3] == [f.name for f in await search(eyes, world.owner, " Key ", limit=3)]


async def test_the_trash_is_not_searched(eyes: Core, world: World) -> None:
    """V-6, S-7, V-3: neither a trashed secret, nor a trashed project or what is in it."""
    project, other = await world.project("billing"), await world.project("orders")
    secret, inner = await world.secret(project, "KEY_A"), await world.secret(other, "KEY_B")
    await delete_secret(world.core, world.owner, secret.id)
    await delete_project(world.core, world.owner, other.id, confirm_name="orders")

    assert [] == await names(eyes, world, "key")
    assert [] == await names(eyes, world, inner.id)
    assert [] == await names(eyes, world, "orders")
    await restore_secret(world.core, world.owner, secret.id)
    assert ["KEY_A"] == await names(eyes, world, "key")


async def test_each_vault_finds_its_own(eyes: Core, world: World, other_world: World) -> None:
    """V-7: the same words lead to one's own things, and another's ids to nothing."""
    ids: list[str] = []
    for each in (world, other_world):
        await create_application(each.core, each.owner, name="twin", environments=[])
        project = await each.project("twin")
        secret, machine = await each.secret(project, "TWIN"), await pending_machine(each, "twin")
        ids += [project.id, secret.id, str(machine.id), each.person.vault]
    mine, theirs = ids[:4], ids[4:]
    found = [result.id for result in await search(eyes, world.owner, "twin")]

    assert 4 == len(found)
    assert set(mine[:3]) <= set(found)
    assert set(found).isdisjoint(theirs)
    for foreign in theirs:
        assert [] == await search(eyes, world.owner, foreign)


async def test_the_look_up_itself_keeps_to_its_vault(
    eyes: Core, world: World, other_world: World
) -> None:
    """V-7: though it runs as the owner of all rows, it answers for the vault in scope, or for none."""
    theirs = await other_world.project("twin")
    await other_world.secret(theirs, "TWIN")
    call = "select count(*) from find_by_words('twin', null, $1, $2, true, 20)"
    answers: list[Any] = []
    for vault in (other_world.person.vault, world.person.vault, None):
        async with eyes.database.transaction(vault) as connection:
            answers.append(
                await connection.fetchval(call, [theirs.id], [f"{theirs.id}:{SecretKind.SINGLE}"])
            )

    assert [2, 0, 0] == answers


async def test_what_one_may_not_see(eyes: Core, world: World) -> None:
    """V-6, O-2: what an access role does not reach, and machines without the right, are not found."""
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
        found = await search(eyes, caller, "key")

        assert expected == sorted((each.name for each in found), key=str.lower)


async def test_input_out_of_bounds(eyes: Core, world: World) -> None:
    """V-6: what is too long is refused, and nothing typed is taken for a query language."""
    for text, limit in (("a" * 101, 20), ("a\0", 20), ("a", 0), ("a", 21)):
        with pytest.raises(Invalid):
            await search(eyes, world.owner, text, limit=limit)
    for text in ("a & b | !c", "a:*", "'a'", "a' | 'b", "<->", "(a", "a b c d e f g h i j k l"):
        assert [] == await search(eyes, world.owner, text)


INDEXED = {
    "application a": "search_words(a.vault, a.id, array[a.name, a.description])",
    "project p": "search_words(p.vault, p.id, array[p.name, p.description, p.environment])",
    "secret s": "search_words(s.vault, s.id, array[s.name, s.note, s.environment] || s.tags)",
    "machine m": "search_words(m.vault, m.id::text, array[m.name, m.hostname])",
}

MORE_SECRETS = """
insert into secret (vault, id, project, kind, name, name_folded, changed_at, changed_by, created_at)
select vault, 'sk_' || n, project, kind, 'S' || n, 's' || n, changed_at, changed_by, created_at
from secret, generate_series(1, 1000) n
"""


async def test_the_indexes_serve_the_search(world: World, administrator: OpenConnection) -> None:
    """V-6: what the look-up compares is letter for letter what is indexed, or every row were read."""
    await world.secret(await world.project("billing"), "KEY")
    await administrator.execute(MORE_SECRETS)
    await administrator.execute("analyze secret")
    await administrator.execute("set enable_seqscan = off; set enable_indexscan = off")
    body = await administrator.fetchval(
        "select prosrc from pg_proc where proname = 'find_by_words'"
    )
    unserved: list[str] = []
    for table, words in INDEXED.items():
        live = " and trashed_at is null" if table in ("project p", "secret s") else ""
        plan = await administrator.fetch(
            f"explain select from {table} where {words} @@ 'x'::tsquery{live}"
        )
        if not any(f" {table[:-2]}_words " in row["QUERY PLAN"] for row in plan):
            unserved.append(table)

    assert [] == unserved
    assert all(words in body for words in INDEXED.values())


async def test_searching_leaves_nothing(eyes: Core, world: World) -> None:
    """L-1: to search is to look."""
    await search(eyes, world.owner, "anything")

    assert [] == await world.entries()
