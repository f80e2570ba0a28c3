"""No two secrets in a project become the same variable or have the same path (S-11)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from pathlib import Path

import pytest

from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.errors import Invalid, NameTaken
from strongroom_core.kernel.page import PageRequest
from strongroom_core.projects.applications import create_application, update_application
from strongroom_core.projects.change import update_project
from strongroom_core.projects.views import ProjectView
from strongroom_core.secrets.change import Changes, update_secret
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.listing import count_secrets, list_secrets
from strongroom_core.secrets.replace import replace_secret
from strongroom_core.secrets.trash import restore_secret
from strongroom_core.secrets.versions import roll_back
from strongroom_testkit.world import World

CASES = json.loads((Path("packages/wire/vectors") / "variables.json").read_text())


@pytest.fixture
async def project(world: World) -> ProjectView:
    return await world.project("billing")


async def told(change: Awaitable[object]) -> str:
    with pytest.raises(NameTaken) as caught:
        await change
    return caught.value.message


async def test_the_database_and_the_cli_make_the_same_variables(
    administrator: OpenConnection,
) -> None:
    """S-11: the database's function and the CLI's turn each name into the same variable."""
    for parts, expected in CASES:
        made = await administrator.fetchval("select variables_of('p', $1, $2)", parts[0], parts[1:])
        assert [f"p/{expected}"] == made


async def test_a_name_that_is_the_same_variable(
    core: Core, world: World, project: ProjectView
) -> None:
    """S-11: creating, renaming or restoring a clashing secret is rejected, and the error names the other."""
    gone = await world.trashed_secret(project, "stripe key")
    stripe = await world.secret(project, "stripe-key")
    other = await world.secret(project, "OTHER")
    owner = world.owner
    for change in (
        world.secret(project, "STRIPE_KEY"),
        update_secret(core, owner, other.id, Changes(name="Stripe Key")),
        restore_secret(core, owner, gone.id),
    ):
        says = await told(change)
        assert says.startswith(
            "programs would see it as STRIPE_KEY, like the existing secret stripe-key"
        )
    assert "already has a secret with this name" in await told(world.secret(project, "stripe-key"))
    await world.secret(await world.project("shop"), "STRIPE_KEY")
    renamed = await update_secret(core, owner, stripe.id, Changes(name="STRIPE-KEY"))

    assert "STRIPE-KEY" == renamed.name


async def test_fields_are_variables_too(core: Core, world: World, project: ProjectView) -> None:
    """S-11: a field can clash with a secret when it is created, added, or rolled back to."""
    smtp = await world.structured(project, "SMTP", "host", "user")
    owner = world.owner
    assert "SMTP_HOST" in await told(world.secret(project, "smtp host"))
    await replace_secret(core, owner, smtp.id, Content(), removed_fields=["user"])
    taker = await world.secret(project, "SMTP_USER")
    adding = replace_secret(core, owner, smtp.id, Content(fields={"user": "x"}))
    assert "see it as SMTP_USER" in await told(adding)
    assert "see it as SMTP_USER" in await told(roll_back(core, owner, smtp.id, version=1))
    with pytest.raises(Invalid, match="two fields would become the variable SMTP_A_B"):
        await replace_secret(core, owner, smtp.id, Content(fields={"a-b": "x", "a_b": "y"}))
    await update_secret(core, owner, taker.id, Changes(name="MAIL_USER"))

    assert ["host", "user"] == (await roll_back(core, owner, smtp.id, version=1)).field_names


async def test_of_two_at_the_same_moment_one_wins(world: World, project: ProjectView) -> None:
    """S-11: of two simultaneous changes, the second waits for the first and then sees its result."""
    names = ["api-key", "API_KEY", "api key", "Api.Key"]
    made = await asyncio.gather(
        *(world.secret(project, name) for name in names), return_exceptions=True
    )

    assert 3 == sum(isinstance(each, NameTaken) for each in made)


async def test_older_names_are_listed(
    core: Core, world: World, project: ProjectView, administrator: OpenConnection
) -> None:
    """S-11: secrets with older names keep working, and are listed until they are renamed."""
    first, second, third, odd = [await world.secret(project, name) for name in "ABCD"]
    for secret, name in ((first, "api-key"), (second, "API_KEY"), (odd, "a/b")):
        await administrator.execute("update secret set name = $2 where id = $1", secret.id, name)
    owner = world.owner
    counted = await count_secrets(core, owner, project.id)
    await update_secret(core, owner, second.id, Changes(name="Api_Key", note="the same variable"))
    assert "API_KEY, like the existing secret api-key" in await told(
        update_secret(core, owner, third.id, Changes(name="API_KEY"))
    )
    found = await list_secrets(
        core, owner, project.id, PageRequest(), variables=["API_KEY", "NONE"]
    )
    await update_secret(core, owner, second.id, Changes(name="OTHER_KEY"))
    await update_secret(core, owner, odd.id, Changes(name="A_B"))
    after = await count_secrets(core, owner, project.id)

    assert [("API_KEY", "API_KEY"), ("api-key", "API_KEY"), ("a/b", None)] == [
        (each.name, each.variable) for each in counted.to_rename
    ]
    assert ["Api_Key", "api-key"] == sorted(each.name for each in found.items)
    assert [] == after.to_rename


async def test_rejected_names_are_listed(core: Core, world: World, project: ProjectView) -> None:
    """D-3: a dangerous variable is stored, but listed among the secrets to rename."""
    for name in ("path", "LD_PRELOAD", "LD_API_KEY", "PATHS"):
        await world.secret(project, name)
    await world.structured(project, "git", "ssh_command", "token")
    counted = await count_secrets(core, world.owner, project.id)

    assert [
        ("git", "GIT_SSH_COMMAND", "dangerous"),
        ("LD_PRELOAD", "LD_PRELOAD", "dangerous"),
        ("path", "PATH", "dangerous"),
    ] == [(each.name, each.variable, each.reason) for each in counted.to_rename]


@pytest.mark.parametrize("name", ["a/b", "a#b", "/", "sk_abcdefgh23", "proj_abcdefgh23"])
async def test_names_that_would_make_paths_ambiguous(core: Core, world: World, name: str) -> None:
    """S-11: no part of a path can contain a separator or look like an ID."""
    project = await world.project("billing")
    app = await create_application(core, world.owner, name="shop", environments=["live"])
    secret = await world.secret(project, "KEY")
    for change in (
        world.secret(project, name),
        world.project(name),
        update_secret(core, world.owner, secret.id, Changes(name=name)),
        update_project(core, world.owner, project.id, name=name),
        create_application(core, world.owner, name=name, environments=[]),
        create_application(core, world.owner, name="web", environments=[name]),
        update_application(core, world.owner, app.id, name=name),
    ):
        with pytest.raises(Invalid):
            await change


async def test_the_lookup_uses_an_index(
    world: World, project: ProjectView, administrator: OpenConnection
) -> None:
    """S-11: checking a new name costs no more in a project with many secrets."""
    await world.secret(project, "KEY")
    await administrator.execute(
        "insert into secret (vault, id, project, kind, name, name_folded, changed_at, changed_by, created_at)"
        " select vault, 'sk_' || n, project, kind, 'S' || n, 's' || n, changed_at, changed_by, created_at"
        " from secret, generate_series(1, 1000) n"
    )
    await administrator.execute("analyze secret")
    body = await administrator.fetchval(
        "select prosrc from pg_proc where proname = 'secret_seen_as'"
    )
    plan = await administrator.fetch(
        "explain select from secret s where s.variables && array['p/X'] and trashed_at is null"
    )

    assert "s.variables && wanted" in body
    assert "secret_variables" in " ".join(row["QUERY PLAN"] for row in plan)
