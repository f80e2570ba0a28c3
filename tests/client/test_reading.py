"""Reading with the SDK, from the real server (D-2, WIRE 3)."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from strongroom import (
    AccessDenied,
    Ambiguous,
    AsyncStrongroom,
    AuthenticationFailed,
    Frozen,
    NoSuchField,
    NotFound,
    NotStructured,
    ProjectInfo,
    SecretInfo,
    Strongroom,
    TooLarge,
    Trace,
)
from strongroom_core.grants.manage import Wanted, set_grants
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.create import create_project
from strongroom_core.projects.freeze import freeze_project
from strongroom_core.secrets.trash import delete_secret
from strongroom_testkit.machine import approved_machine, grant, granted_machine
from strongroom_testkit.world import World


async def test_values(world: World, open_client: Any, does: Any) -> None:
    """D-2: `get_secret`, `get_fields` and `get_field` return values, and each read is logged."""
    project = await world.project("billing")
    value = world.markers.value("wört€-\u2028-")
    single = await world.secret(project, "API_KEY", value)
    structured = await world.structured(project, "DATABASE", "host", "password")
    client = open_client(await granted_machine(world, project, single, structured))
    stored = json.loads(await world.open_value(structured.id))
    read = await does(client.get_secret, single.id)
    fields = await does(client.get_fields, structured.id)
    field = await does(client.get_field, structured.id, "host")

    assert value == read.reveal()
    assert read.offline is None
    assert stored == {name: each.reveal() for name, each in fields.items()}
    assert stored["host"] == field.reveal()
    assert stored == json.loads((await does(client.get_secret, structured.id)).reveal())
    assert 4 == len(await world.entries("secret_read"))


async def test_unknown_fields(world: World, open_client: Any, does: Any) -> None:
    """D-2, S-3: for an unknown field, the error names the granted fields; a single secret has no fields."""
    project = await world.project("billing")
    single = await world.secret(project, "API_KEY")
    structured = await world.structured(project, "DATABASE", "host", "password", "port")
    machine = await granted_machine(world, project, single, structured)
    wanted = [Wanted(single.id), Wanted(structured.id, ["host", "port"])]
    await set_grants(world.core, world.owner, project.id, machine=str(machine.id), wanted=wanted)
    client = open_client(machine)
    with pytest.raises(NoSuchField, match=r"fields: host, port$"):
        await does(client.get_field, structured.id, "password")
    with pytest.raises(NotStructured, match="single value"):
        await does(client.get_fields, single.id)
    (listed,) = [each for each in await does(client.list_secrets) if each.field_names]

    assert ("host", "port") == listed.field_names


async def test_denials(world: World, open_client: Any, does: Any) -> None:
    """WIRE 2: each denial has its own type, the server's status, code and request ID, and advice."""
    project = await world.project("billing")
    granted, other = await world.secret(project, "A"), await world.secret(project, "B")
    gone = await world.secret(project, "C")
    client = open_client(await granted_machine(world, project, granted, gone))
    await delete_secret(world.core, world.owner, gone.id)
    with pytest.raises(AccessDenied) as denied:
        await does(client.get_secret, other.id)
    with pytest.raises(NotFound) as missing:
        await does(client.get_secret, gone.id)
    await freeze_project(world.core, world.owner, project.id, reason="drill")
    with pytest.raises(Frozen) as frozen:
        await does(client.get_secret, granted.id)
    with pytest.raises(Frozen):
        await does(client.export, project.id)
    told = [
        (each.value.status, each.value.code, each.value.hint != "")
        for each in (denied, missing, frozen)
    ]

    assert [(403, "no_grant", True), (404, "not_found", False), (423, "frozen", True)] == told
    assert "this secret isn't granted to this machine" == denied.value.what
    assert all(each.value.request_id for each in (denied, missing, frozen))
    assert "the project is frozen: its owner can unfreeze it" == str(frozen.value)


@pytest.mark.parametrize(
    "named", ["", "a/b", "../x", "sk_a?b", "sk_ä", "billing/API_KEY", "a" * 65]
)
async def test_malformed_ids(world: World, open_client: Any, does: Any, named: str) -> None:
    """WIRE 1: text that can't be part of a signed path is neither sent nor repeated."""
    sent: list[Trace] = []
    client = open_client(await approved_machine(world), trace=sent.append)
    with pytest.raises(NotFound, match="find_secret takes paths") as error:
        await does(client.get_secret, named)

    assert [] == sent
    assert not named or named not in str(error.value)


async def test_lists(world: World, open_client: Any, does: Any) -> None:
    """WIRE 3: the list contains granted secrets, with the names of project and application."""
    application = await create_application(world.core, world.owner, name="Shop", environments=[])
    production = await create_project(
        world.core, world.owner, name="Production", application=application.id, environment="prod"
    )
    alone = await world.project("billing")
    single = await world.secret(alone, "API_KEY")
    structured = await world.structured(production, "DATABASE", "host")
    machine = await granted_machine(world, alone, single)
    await grant(world, machine, production, structured)
    client = open_client(machine)
    ours = SecretInfo(single.id, "API_KEY", None, alone.id, "billing", None, None, "secret", 1)
    theirs = SecretInfo(
        structured.id,
        "DATABASE",
        ("host",),
        production.id,
        "Production",
        application.id,
        "Shop",
        "structured",
        1,
    )
    projects = [
        ProjectInfo(alone.id, "billing", None, None),
        ProjectInfo(production.id, "Production", application.id, "Shop"),
    ]

    assert [ours, theirs] == await does(client.list_secrets)
    assert [theirs] == await does(client.list_secrets, production.id)
    assert [] == await does(client.list_secrets, "proj_aaaaaaaaaaaaaaaa")
    assert projects == await does(client.list_projects)
    assert ["billing", "Shop/Production"] == [each.address for each in projects]
    assert ["billing/API_KEY", "Shop/Production/DATABASE"] == [ours.address, theirs.address]
    for named in (theirs.address, "shop/production/database", structured.id):
        assert theirs == await does(client.find_secret, named)
    assert [] == await world.entries("secret_read")


async def test_unknown_paths(world: World, open_client: Any, does: Any) -> None:
    """D-2: similar paths are suggested; if several secrets share a path, their IDs are listed."""
    first, second = await world.project("billing"), await world.project("Billing-old")
    one, two = await world.secret(first, "API_KEY"), await world.secret(second, "API_KEY")
    machine = await granted_machine(world, first, one)
    await grant(world, machine, second, two)
    client = open_client(machine)
    with pytest.raises(NotFound, match="did you mean billing/API_KEY or"):
        await does(client.find_secret, "biling/API_KEY")
    with pytest.raises(NotFound, match=r"did you mean .*Billing-old/API_KEY"):
        await does(client.find_secret, "elsewhere/API_KEY")
    with pytest.raises(NotFound, match="a path is application/project/NAME"):
        await does(client.find_secret, "???")
    async with world.core.database.transaction(world.person.vault) as connection:
        await connection.execute("update project set name = 'billing' where id = $1", second.id)
    with pytest.raises(Ambiguous) as ambiguous:
        await does(client.find_secret, "billing/API_KEY")

    assert {one.id, two.id} <= set(ambiguous.value.hint.replace(",", "").split())


async def test_an_empty_machine(world: World, open_client: Any, does: Any) -> None:
    """WIRE 3: a machine without grants lists and exports nothing, without an error."""
    client = open_client(await approved_machine(world))
    with pytest.raises(NotFound, match="no access to any secret"):
        await does(client.find_secret, "billing/API_KEY")

    assert [] == await does(client.list_secrets)
    assert [] == await does(client.list_projects)
    assert [] == await does(client.export)


async def test_export(world: World, open_client: Any, does: Any) -> None:
    """R-6: an export covers everything, one project or one application; values are masked when printed."""
    application = await create_application(world.core, world.owner, name="Shop", environments=[])
    production = await create_project(
        world.core, world.owner, name="Production", application=application.id, environment="prod"
    )
    alone = await world.project("billing")
    single = await world.secret(alone, "API_KEY")
    structured = await world.structured(production, "DATABASE", "host")
    machine = await granted_machine(world, alone, single)
    await grant(world, machine, production, structured)
    client = open_client(machine)
    everything = await does(client.export)
    of_project = await does(client.export, alone.id)
    of_application = await does(client.export, application_id=application.id)
    value = await world.open_value(single.id)
    (exported,) = of_project

    assert [single.id, structured.id] == [each.id for each in everything]
    assert ("API_KEY", None, value) == (
        exported.name,
        exported.field_names,
        exported.value.reveal(),
    )
    assert [structured.id] == [each.id for each in of_application]
    assert ("host",) == of_application[0].field_names
    assert {"host"} == set(of_application[0].fields)
    with pytest.raises(NotStructured):
        _ = exported.fields
    with pytest.raises(ValueError, match="not both"):
        await does(client.export, alone.id, application_id=application.id)
    with pytest.raises(NotFound):
        await does(client.export, "proj_aaaaaaaaaaaaaaaa")


async def test_an_export_that_is_too_large(world: World, open_client: Any, does: Any) -> None:
    """R-6: above 8 MiB, the error says how to request less at once."""
    project = await world.project("billing")
    secrets = [await world.secret(project, f"A{n}", "x" * 65_536) for n in range(2)]
    client = open_client(await granted_machine(world, project, *secrets))
    async with world.core.database.transaction(world.person.vault) as connection:
        await connection.execute(
            "update secret_material set ciphertext = decode(repeat('00', 5 * 1024 * 1024), 'hex')"
        )
    with pytest.raises(TooLarge, match="one project at a time") as error:
        await does(client.export)

    assert 413 == error.value.status


async def test_access(world: World, open_client: Any, does: Any) -> None:
    """WIRE 3: `verify_access` names a project the machine is attached to, and no other."""
    project, other = await world.project("billing"), await world.project("other")
    client = open_client(await granted_machine(world, project, await world.secret(project, "A")))
    yes = await does(client.verify_access, project.id)
    no = await does(client.verify_access, other.id)

    assert (True, "billing", None) == (yes.valid, yes.project_name, yes.error)
    assert (False, None) == (no.valid, no.project_name)
    assert "isn't attached" in no.error
    assert (False, False) == (yes.frozen, no.frozen)


async def test_access_to_a_frozen_project(world: World, open_client: Any, does: Any) -> None:
    """V-4: the response says that the project is frozen, so no read is needed to find out."""
    project = await world.project("billing")
    client = open_client(await granted_machine(world, project, await world.secret(project, "A")))
    await world.freeze(project)
    access = await does(client.verify_access, project.id)

    assert (True, True) == (access.valid, access.frozen)


async def test_the_awaited_client(world: World, place: Any) -> None:
    """D-2: the async client has the same operations, and can run many of them at once."""
    project = await world.project("billing")
    secrets = [await world.secret(project, f"A{n}") for n in range(8)]
    structured = await world.structured(project, "DATABASE", "host")
    place(await granted_machine(world, project, *secrets, structured))
    expected = [await world.open_value(each.id) for each in secrets]
    async with AsyncStrongroom() as client:
        values = await asyncio.gather(*(client.get_secret(each.id) for each in secrets * 4))
        fields = await client.get_fields(structured.id)
        field = await client.get_field(structured.id, "host")
        exported = await client.export(project.id)
        listed = await client.list_secrets()
        found = await client.find_secret("billing/DATABASE")
        access = await client.verify_access(project.id)
        projects = await client.list_projects()
        reached = await client.read_access()
        with pytest.raises(NotFound):
            await client.get_secret("sk_aaaaaaaaaaaaaaaa")

    assert expected * 4 == [value.reveal() for value in values]
    assert fields["host"] == field
    assert {each.id for each in exported} == {each.id for each in listed}
    assert structured.id == found.id
    assert ("billing", "billing") == (access.project_name, projects[0].name)
    assert projects == list(reached.projects)
    assert reached.vault_name == "ada's vault"
    with pytest.raises(RuntimeError, match="closed"):
        await client.get_secret(secrets[0].id)


async def test_threads_share_a_client(world: World, open_client: Any, does: Any) -> None:
    """D-2: many threads share one client, and each gets the response to its own request."""
    project = await world.project("billing")
    secrets = [await world.secret(project, f"A{n}") for n in range(4)]
    client = open_client(await granted_machine(world, project, *secrets))
    expected = {each.id: await world.open_value(each.id) for each in secrets}

    def read(secret: str) -> list[str]:
        return [client.get_secret(secret).reveal() for _ in range(20)]

    read_by_each = await asyncio.gather(*(does(read, each.id) for each in secrets * 2))

    assert [[expected[each.id]] * 20 for each in secrets * 2] == read_by_each


async def test_a_closed_client(world: World, open_client: Any, does: Any) -> None:
    """D-2: a closed client raises an error that says it is closed."""
    with open_client(await approved_machine(world)) as client:
        await does(client.list_secrets)
    with pytest.raises(RuntimeError, match="this client is closed"):
        await does(client.list_secrets)


async def test_the_trace(world: World, open_client: Any, does: Any) -> None:
    """D-3: each request is traced with method, path, status, request ID and time, and nothing more."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    told: list[Trace] = []
    client = open_client(await granted_machine(world, project, secret), trace=told.append)
    value = await does(client.get_secret, secret.id)
    with pytest.raises(NotFound):
        await does(client.get_secret, "sk_aaaaaaaaaaaaaaaa")
    first, second = told

    assert ("GET", f"/v1/secret/{secret.id}", 200) == (first.method, first.path, first.status)
    assert (404, None) == (second.status, second.error)
    assert first.milliseconds > 0
    assert first.request_id != second.request_id
    assert value.reveal() not in str(told)


@pytest.mark.parametrize("wrong", [{"timeout": 0}, {"timeout": -1}, {"attempts": 0}])
def test_options_that_make_no_sense(stray: Any, wrong: dict[str, Any]) -> None:
    """D-2: invalid options are rejected when the client is created, not at the first read."""
    with pytest.raises(ValueError, match="timeout must be above 0 s and attempts at least 1"):
        Strongroom(stray, **wrong)


async def test_the_form_of_rfc_9421(world: World, place: Any, does: Any) -> None:
    """WIRE 7: with `profile` in its identity, a machine signs for the server's public URL, and no other."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    file = place(machine) / "identity.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "profile": "rfc9421"}))
    with Strongroom(identity=file.parent) as client:
        read = await does(client.get_secret, secret.id)
        exported = await does(client.export, project.id)
        world.core.settings = replace(world.core.settings, public_url="https://other.example")
        with pytest.raises(AuthenticationFailed):
            await does(client.get_secret, secret.id)

    assert await world.open_value(secret.id) == read.reveal()
    assert 1 == len(exported)
