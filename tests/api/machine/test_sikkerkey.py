# pyright: reportMissingTypeStubs=false
"""An independent client, the unmodified PyPI package `sikkerkey` 1.3.0, against the real server (WIRE)."""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sikkerkey
from nacl.signing import SigningKey
from sikkerkey import SikkerKey
from sikkerkey.exceptions import (
    AccessDeniedError,
    ApiError,
    AuthenticationError,
    FieldNotFoundError,
    NotFoundError,
    RateLimitedError,
    SecretStructureError,
    ServerSealedError,
)

from strongroom_core.core import Core
from strongroom_core.crypto.random import random_bytes
from strongroom_core.grants.manage import Wanted, set_grants
from strongroom_core.grants.scope import Scope
from strongroom_core.kernel.origin import Origin
from strongroom_core.machines.enrollment import NewToken, create_enrollment_token
from strongroom_core.machines.failures import note_failure
from strongroom_core.machines.lifecycle import approve_machine, disable_machine
from strongroom_core.machines.terms import Terms
from strongroom_core.projects.freeze import freeze_project
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.replace import replace_secret
from strongroom_core.secrets.trash import delete_secret
from strongroom_testkit.identity_folder import write_identity
from strongroom_testkit.machine import (
    TestMachine,
    approved_machine,
    grant,
    granted_machine,
    pending_machine,
)
from strongroom_testkit.world import World

GENEROUS_SECONDS = 60.0
Open = Callable[[TestMachine], SikkerKey]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place where the client looks for identities."""
    monkeypatch.setenv("SIKKERKEY_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SIKKERKEY_IDENTITY", raising=False)
    return tmp_path / "home"


@pytest.fixture
def open_client(world: World, served: str, home: Path) -> Open:
    """Make a machine's client, which finds its own identity."""

    def open_client(machine: TestMachine) -> SikkerKey:
        write_identity(home, machine, vault=world.person.vault, url=served)
        return SikkerKey()

    return open_client


async def does(call: Callable[..., Any], *arguments: Any) -> Any:
    """Run the blocking client in a thread, while the server runs in this loop."""
    return await asyncio.to_thread(call, *arguments)


def test_it_is_the_package_as_it_is() -> None:
    """WIRE: the tests use version 1.3.0 from the installed packages."""
    assert "1.3.0" == importlib.metadata.version("sikkerkey")
    assert "site-packages" in str(sikkerkey.__file__)


async def test_reading(world: World, open_client: Open) -> None:
    """WIRE 3: the client reads a value, all fields and one field, and reports a missing field."""
    project = await world.project("billing")
    value = world.markers.value("wört€")
    single = await world.secret(project, "API_KEY", value)
    structured = await world.structured(project, "DATABASE", "host", "password")
    client = open_client(await granted_machine(world, project, single, structured))
    stored = json.loads(await world.open_value(structured.id))

    assert value == await does(client.get_secret, single.id)
    assert stored == await does(client.get_fields, structured.id)
    assert stored["host"] == await does(client.get_field, structured.id, "host")
    with pytest.raises(FieldNotFoundError):
        await does(client.get_field, structured.id, "nothing")
    with pytest.raises(SecretStructureError):
        await does(client.get_fields, single.id)
    assert 5 == len(await world.entries("secret_read"))


async def test_enrolling_in_memory(
    world: World, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M-5, WIRE 3: `bootstrap_in_memory` enrolls and reads immediately; a used-up token is an error."""
    project = await world.project("billing")
    value = world.markers.value("wört€")
    secret = await world.secret(project, "API_KEY", value)
    terms = Terms(scope=Scope([project.id], [secret.id]), machine_lifetime=3600, max_uses=1)
    wanted = NewToken(name="serverless", lifetime=3600, terms=terms)
    token = world.markers.note(
        (await create_enrollment_token(world.core, world.owner, wanted)).token
    )
    monkeypatch.setenv("SIKKERKEY_API_URL", served)
    client = await does(SikkerKey.bootstrap_in_memory, world.person.vault, token)

    assert value == await does(client.get_secret, secret.id)
    assert served == client.api_url
    with pytest.raises(AccessDeniedError, match="used up"):
        await does(SikkerKey.bootstrap_in_memory, world.person.vault, token)


async def test_only_granted_fields_arrive(world: World, open_client: Open) -> None:
    """S-3: fields that weren't granted don't reach the client."""
    project = await world.project("billing")
    secret = await world.structured(project, "DATABASE", "host", "password")
    machine = await granted_machine(world, project, secret)
    wanted = [Wanted(secret.id, ["host"])]
    await set_grants(world.core, world.owner, project.id, machine=str(machine.id), wanted=wanted)
    client = open_client(machine)

    assert {"host"} == set(await does(client.get_fields, secret.id))
    (item,) = await does(client.list_secrets)
    assert '["host"]' == item.field_names


async def test_listing(world: World, open_client: Open) -> None:
    """WIRE 3: the client lists all secrets, or those of one project."""
    billing, shop = await world.project("billing"), await world.project("shop")
    a, b = await world.secret(billing, "A"), await world.structured(shop, "B", "x", "y")
    machine = await granted_machine(world, billing, a)
    await grant(world, machine, shop, b)
    client = open_client(machine)
    found = await does(client.list_secrets)

    assert [(a.id, "A", None, billing.id), (b.id, "B", '["x","y"]', shop.id)] == [
        (each.id, each.name, each.field_names, each.project_id) for each in found
    ]
    assert [b.id] == [each.id for each in await does(client.list_secrets_by_project, shop.id)]
    assert [] == await does(client.list_secrets_by_project, "proj_aaaaaaaaaaaaaaaa")


async def test_exporting(world: World, open_client: Open) -> None:
    """WIRE 3: the client exports environment variables, one for each field, from all projects or one."""
    billing, shop = await world.project("billing"), await world.project("shop")
    a, b = await world.secret(billing, "api-key"), await world.structured(shop, "Data Base", "host")
    machine = await granted_machine(world, billing, a)
    await grant(world, machine, shop, b)
    client = open_client(machine)
    host = json.loads(await world.open_value(b.id))["host"]
    value = await world.open_value(a.id)

    assert {"API_KEY": value, "DATA_BASE_HOST": host} == await does(client.export)
    assert {"DATA_BASE_HOST": host} == await does(client.export, shop.id)
    with pytest.raises(NotFoundError):
        await does(client.export, "proj_aaaaaaaaaaaaaaaa")


async def test_watching(world: World, open_client: Open) -> None:
    """R-7: a watch sees the first value, a change and the deletion once each, with the new value."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    client = open_client(await granted_machine(world, project, secret))
    # The package waits at least ten seconds between two polls; the server allows one a second.
    client._poll_interval = 1
    loop = asyncio.get_running_loop()
    events: asyncio.Queue[Any] = asyncio.Queue()

    async def next_event() -> tuple[str, str | None]:
        event = await asyncio.wait_for(events.get(), GENEROUS_SECONDS)
        return event.status.value, event.value

    def take(event: Any) -> None:
        loop.call_soon_threadsafe(events.put_nowait, event)

    client.watch(secret.id, take)
    try:
        assert ("changed", await world.open_value(secret.id)) == await next_event()
        value = world.markers.value()
        await replace_secret(world.core, world.owner, secret.id, Content(value=value))
        assert ("changed", value) == await next_event()
        await delete_secret(world.core, world.owner, secret.id)
        assert ("deleted", None) == await next_event()
        assert events.empty()
    finally:
        await does(client.close)


async def test_losing_a_grant_is_seen(world: World, open_client: Open) -> None:
    """R-7: a watch gets `access_denied` when the grant is revoked, and ends."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    await grant(world, machine, project)
    client = open_client(machine)
    client._poll_interval = 1
    loop = asyncio.get_running_loop()
    seen: asyncio.Future[Any] = loop.create_future()

    def take(event: Any) -> None:
        loop.call_soon_threadsafe(seen.set_result, event)

    client.watch(secret.id, take)
    try:
        event = await asyncio.wait_for(seen, GENEROUS_SECONDS)

        assert "access_denied" == event.status.value
    finally:
        await does(client.close)


async def test_its_errors(world: World, other_world: World, open_client: Open) -> None:
    """WIRE 2: each reason for a denied read becomes its own error type with our message."""
    project = await world.project("billing")
    granted, other = await world.secret(project, "A"), await world.secret(project, "B")
    theirs = await other_world.secret(await other_world.project("theirs"), "THEIRS")
    client = open_client(await granted_machine(world, project, granted))
    with pytest.raises(AccessDeniedError, match="isn't granted to this machine"):
        await does(client.get_secret, other.id)
    for absent in (theirs.id, "sk_aaaaaaaaaaaaaaaa"):
        with pytest.raises(NotFoundError, match="secret not found"):
            await does(client.get_secret, absent)
    await freeze_project(world.core, world.owner, project.id, reason="drill")
    with pytest.raises(ApiError, match="the project is frozen") as frozen:
        await does(client.get_secret, granted.id)

    assert 423 == frozen.value.http_status


async def test_machines_without_access(world: World, open_client: Open) -> None:
    """WIRE 2: pending and disabled machines are denied access; expired ones get an authentication error."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    machine = await pending_machine(world)
    client = open_client(machine)
    with pytest.raises(AccessDeniedError, match="pending approval"):
        await does(client.get_secret, secret.id)
    await approve_machine(world.core, world.owner, str(machine.id))
    await grant(world, machine, project, secret)

    assert await world.open_value(secret.id) == await does(client.get_secret, secret.id)
    await disable_machine(world.core, world.owner, str(machine.id))
    with pytest.raises(AccessDeniedError, match="is disabled"):
        await does(client.get_secret, secret.id)
    async with world.core.database.transaction(world.person.vault) as connection:
        await connection.execute(
            "update machine set enabled = true, expires_at = $1", world.core.clock.now()
        )
    with pytest.raises(AuthenticationError, match="expired"):
        await does(client.get_secret, secret.id)


async def test_a_wrong_key(world: World, open_client: Open) -> None:
    """WIRE 2: a wrong key gives an authentication error without details, logged as a bad signature."""
    machine = await approved_machine(world)
    client = open_client(TestMachine(machine.id, SigningKey(random_bytes(32))))
    with pytest.raises(AuthenticationError, match=r"^authentication failed$"):
        await does(client.list_secrets)

    assert ["bad_signature"] == [e["reason"] for e in await world.entries("auth_failure")]


async def test_retries(
    core: Core, world: World, open_client: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WIRE 2: 429 and 503 are retried after 1, 2 and 4 seconds, and then raised as their own error types."""
    machine = await approved_machine(world)
    client = open_client(machine)
    # The client decides the pauses; here only their number matters.
    pauses: list[float] = []
    clock = SimpleNamespace(time=lambda: core.clock.now().timestamp(), sleep=pauses.append)
    monkeypatch.setattr("sikkerkey.client.time", clock)
    core.sealed = True
    with pytest.raises(ServerSealedError):
        await does(client.list_secrets)
    core.sealed = False
    for address in ("127.0.0.1", "::1"):
        for _ in range(3):
            await note_failure(core, Origin(address, "req_1"), None, "malformed_headers")
    with pytest.raises(RateLimitedError):
        await does(client.list_secrets)

    assert [1.0, 2.0, 4.0] * 2 == pauses
