"""Creating a secret with its first version (S-2, S-3)."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import msgspec
import pytest

from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.errors import Conflict, Invalid, NameTaken, NotFound, Refused
from strongroom_core.kernel.ids import ProjectId
from strongroom_core.projects.applications import create_application
from strongroom_core.secrets.change import Labels
from strongroom_core.secrets.create import Content, create_secret
from strongroom_core.secrets.generate import Charset, Recipe
from strongroom_core.secrets.listing import read_secret
from strongroom_core.secrets.trash import delete_secret
from strongroom_core.secrets.views import SecretView
from strongroom_testkit.contents import contents
from strongroom_testkit.world import World


@pytest.fixture
async def project(world: World) -> ProjectId:
    return (await world.project("billing")).id


async def create(
    world: World,
    project: ProjectId,
    name: str = "API_KEY",
    *,
    content: Content | None = None,
    kind: SecretKind = SecretKind.SINGLE,
    labels: Labels | None = None,
) -> SecretView:
    return await create_secret(
        world.core,
        world.owner,
        project,
        name=name,
        kind=kind,
        content=content or Content(value=world.markers.value()),
        labels=labels or Labels(),
    )


async def test_a_single_secret_keeps_its_value(
    world: World, project: ProjectId, administrator: OpenConnection
) -> None:
    """S-2, E-1: the value is returned unchanged, and stored only encrypted."""
    value = world.markers.value() + "\n ünï 🔑 "
    secret = await create(world, project, content=Content(value=value))
    material = await administrator.fetchrow("select * from secret_material")

    assert await world.open_value(secret.id) == value
    assert material is not None
    assert value.encode() not in material["ciphertext"]
    assert value not in repr(Content(value=value))
    assert (secret.kind, secret.version, secret.revision, secret.field_names) == (
        SecretKind.SINGLE,
        1,
        1,
        [],
    )
    assert secret.changed_by == "ada"
    assert secret.created_at == secret.changed_at
    assert (secret.read_count, secret.last_read_at, secret.last_read_by) == (0, None, None)


async def test_the_event_does_not_contain_the_value(world: World, project: ProjectId) -> None:
    """L-1: the event `secret_create` contains the project, the name and the kind."""
    secret = await create(world, project)
    (entry,) = await world.entries("secret_create")

    assert (entry["target_kind"], entry["target_id"], entry["target_name"], entry["project"]) == (
        "secret",
        secret.id,
        "API_KEY",
        project,
    )
    assert entry["detail"] == '{"kind": "single", "version": 1}'


async def test_a_structured_secret_keeps_its_fields(world: World, project: ProjectId) -> None:
    """S-3: field names are metadata, stored in order; values are one blob, and blank ones are generated."""
    user = world.markers.value("user")
    fields = {"user": user, "password": "", "pin": None}
    secret = await create(
        world,
        project,
        kind=SecretKind.STRUCTURED,
        content=Content(fields=fields, recipe=Recipe(12, Charset.NUMBERS)),
    )
    opened = msgspec.json.decode(await world.open_value(secret.id), type=dict[str, str])

    assert secret.field_names == ["user", "password", "pin"]
    assert list(opened) == secret.field_names
    assert opened["user"] == user
    assert len(opened["password"]) == 12
    assert opened["password"].isdecimal()
    assert opened["password"] != opened["pin"]


async def test_a_value_can_be_generated(world: World, project: ProjectId) -> None:
    """S-8: a value can be generated without anyone seeing it."""
    secret = await create(world, project, content=Content(recipe=Recipe(40, Charset.ALPHANUMERIC)))
    value = await world.open_value(secret.id)

    assert len(value) == 40
    assert value.isalnum()


async def test_the_largest_value_is_stored(world: World, project: ProjectId) -> None:
    """S-2: a value can be exactly 64 KiB long."""
    value = world.markers.value().ljust(64 * 1024, "x")
    secret = await create(world, project, content=Content(value=value))

    assert await world.open_value(secret.id) == value


NOT_FITTING = [
    (SecretKind.SINGLE, Content()),
    (SecretKind.SINGLE, Content(value="")),
    (SecretKind.SINGLE, Content(value="x" * (64 * 1024 + 1))),
    (SecretKind.SINGLE, Content(value="a\0b")),
    (SecretKind.SINGLE, Content(value="\ud800")),
    (SecretKind.SINGLE, Content(value="x", recipe=Recipe())),
    (SecretKind.SINGLE, Content(fields={"a": "b"})),
    (SecretKind.STRUCTURED, Content()),
    (SecretKind.STRUCTURED, Content(fields={})),
    (SecretKind.STRUCTURED, Content(value="x")),
    (SecretKind.STRUCTURED, Content(fields={"a": "x"}, value="x")),
    (SecretKind.STRUCTURED, Content(fields={f"f{n}": "x" for n in range(101)})),
    (SecretKind.STRUCTURED, Content(fields={"": "x"})),
]


async def test_content_that_does_not_fit_the_kind(
    world: World, project: ProjectId, administrator: OpenConnection
) -> None:
    """S-2, S-3: content that doesn't fit the kind is rejected, and nothing is created."""
    before = await contents(administrator)
    for kind, content in NOT_FITTING:
        with pytest.raises(Invalid):
            await create(world, project, kind=kind, content=content)

    assert await contents(administrator) == before


async def test_names_of_secrets(
    world: World, project: ProjectId, administrator: OpenConnection
) -> None:
    """S-2: a name is 1 to 255 visible characters in any script."""
    for name in (
        "x",
        "x" * 255,
        "datenbank größe",
        "日本語 キー",
        "🔑",
        "API_KEY",
        "ﷺ" * 255,
    ):
        secret = await create(world, project, name)

        assert secret.name == name
    before = await contents(administrator)
    for name in ("", "x" * 256, " x", "x ", "a\nb", "a\0b", "\u202egnp.exe", "a\u200bb", "\ud800"):
        with pytest.raises(Invalid) as caught:
            await create(world, project, name)

        assert caught.value.field == "name"
    assert await contents(administrator) == before


async def test_a_name_is_unique_in_its_project(
    world: World, project: ProjectId, administrator: OpenConnection
) -> None:
    """S-2: a name is unique among a project's live secrets, and available elsewhere and after deletion."""
    first = await create(world, project)
    before = await contents(administrator)
    with pytest.raises(NameTaken):
        await create(world, project)

    assert await contents(administrator) == before
    elsewhere = await create(world, (await world.project("shop")).id)
    await delete_secret(world.core, world.owner, first.id)
    again = await create(world, project)

    assert len({first.id, elsewhere.id, again.id}) == 3


async def test_simultaneous_creations_with_one_name(world: World, project: ProjectId) -> None:
    """S-2: the name is unique even under concurrency."""
    results = await asyncio.gather(
        *(create(world, project) for _ in range(8)), return_exceptions=True
    )

    assert sorted(type(each).__name__ for each in results) == ["NameTaken"] * 7 + ["SecretView"]
    assert len(await world.entries("secret_create")) == 1


async def test_labels_are_stored(world: World, project: ProjectId) -> None:
    """S-2, V-2: a note, tags in order without duplicates, and a standalone project's label are kept."""
    labels = Labels.parse(note="line 1\nline 2", tags=["b", "a", "b"], environment="staging")
    secret = await create(world, project, labels=labels)

    assert (secret.note, secret.tags, secret.environment) == (
        "line 1\nline 2",
        ["b", "a"],
        "staging",
    )
    assert await read_secret(world.core, world.owner, secret.id) == secret


async def test_inside_an_application_secrets_have_no_environment(world: World) -> None:
    """V-2: inside an application, the project determines the environment."""
    application = await create_application(
        world.core, world.owner, name="shop", environments=["production"]
    )
    inside = application.projects[0].id
    with pytest.raises(Conflict):
        await create(world, inside, labels=Labels(environment="staging"))

    assert (await create(world, inside)).environment is None


@pytest.mark.parametrize(
    ("note", "tags", "environment", "field"),
    [
        ("x" * 10_001, [], None, "note"),
        ("a\0b", [], None, "note"),
        ("\u202e", [], None, "note"),
        (None, [""], None, "tags"),
        (None, ["x" * 65], None, "tags"),
        (None, [f"t{n}" for n in range(51)], None, "tags"),
        (None, ["a\nb"], None, "tags"),
        (None, [], "x" * 101, "environment"),
        (None, [], " x", "environment"),
    ],
)
def test_labels_that_cannot_be(
    note: str | None, tags: list[str], environment: str | None, field: str
) -> None:
    """S-2: labels are limited in length, and can't contain invisible characters."""
    with pytest.raises(Invalid) as caught:
        Labels.parse(note=note, tags=tags, environment=environment)

    assert caught.value.field == field


async def test_another_vaults_project_is_not_found(
    core: Core, world: World, other_world: World
) -> None:
    """V-7: another vault's project isn't found, and nothing is created in it."""
    theirs = (await other_world.project("theirs")).id
    with pytest.raises(NotFound):
        await create(world, theirs)
    caller = world.owner
    powerless = replace(caller, authority=replace(caller.authority, access=None))
    mine = (await world.project("mine")).id
    with pytest.raises((NotFound, Refused)):
        await create_secret(
            core,
            powerless,
            mine,
            name="A",
            kind=SecretKind.SINGLE,
            content=Content(value="x"),
            labels=Labels(),
        )

    assert [entry["action"] for entry in await other_world.entries()] == ["project_create"]


async def test_equal_values_have_different_keys(
    world: World, project: ProjectId, administrator: OpenConnection
) -> None:
    """E-1, S-6: the same value stored twice has nothing in common in the database."""
    value = world.markers.value()
    await create(world, project, "A", content=Content(value=value))
    await create(world, project, "B", content=Content(value=value))
    rows = await administrator.fetch(
        "select data_key, ciphertext, project_key from secret_material"
    )

    assert len({row["data_key"] for row in rows}) == 2
    assert len({row["ciphertext"] for row in rows}) == 2
    assert len({row["project_key"] for row in rows}) == 1
