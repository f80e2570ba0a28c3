"""Every cap of a plan, with simultaneous requests to two processes (Q-2)."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, cycle
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from nacl.signing import SigningKey

from strongroom_core.crypto.random import random_bytes
from strongroom_core.kernel.ids import SecretId
from strongroom_core.limits.caps import Cap
from strongroom_core.limits.quota import used_of
from strongroom_core.machines.bootstrap import create_bootstrap_token
from strongroom_core.machines.enrollment import NewToken, create_enrollment_token
from strongroom_core.machines.lifecycle import disable_machine
from strongroom_core.machines.temporary import NewTemporary, create_temporary_token
from strongroom_core.machines.terms import Terms
from strongroom_core.projects.trash import delete_project
from strongroom_core.secrets.trash import delete_secret
from strongroom_testkit.api_process import CHEAP, ApiProcess
from strongroom_testkit.machine import approved_machine, temporary_machine
from strongroom_testkit.plans import set_limits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Sequence

    from strongroom_core.db.connection import OpenConnection
    from strongroom_testkit.cluster import Cluster
    from strongroom_testkit.world import World

pytestmark = pytest.mark.programs

ROOM, TRIES = 3, 8


@dataclass
class Nodes:
    """Two processes, with a session of the owner in each."""

    world: World
    clients: Sequence[httpx.AsyncClient]

    async def race(self, cap: Cap, requests: Sequence[Any], **limits: int) -> Counter[str]:
        """Send all requests at the same moment, with room for three; return the outcomes and the usage."""
        world, core = self.world, self.world.core
        async with core.database.transaction(world.person.vault) as connection:
            before = await used_of(connection, cap, core.clock.now())
        await set_limits(core, **{cap.value: before + ROOM, **limits})
        answers = await asyncio.gather(
            *(request(client) for request, client in zip(requests, cycle(self.clients)))
        )
        await set_limits(core, **{cap.value: None})
        async with core.database.transaction(world.person.vault) as connection:
            after = await used_of(connection, cap, core.clock.now())
        told = Counter[str](
            each.json()["code"] if each.status_code >= 400 else "done" for each in answers
        )
        use = "used" if cap is Cap.SHARES_PER_DAY else "in use"
        for each in answers:
            if each.status_code >= 400:
                assert f"{before + ROOM:,} of {before + ROOM:,} {cap.noun} {use};" in each.text
                assert "Settings → Plan" in each.text
            elif url := each.json().get("url"):
                world.markers.note(url.rpartition("/")[2])
        assert after == before + ROOM
        return told


@pytest.fixture
async def nodes(
    cluster: Cluster, database: str, world: World, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Nodes]:
    """Two processes on the test's database."""
    folder = tmp_path_factory.mktemp("caps")
    starting = (ApiProcess.start(cluster, database, folder, argon2=CHEAP) for _ in range(2))
    processes = await asyncio.gather(*starting)
    clients = [await _signed_in(world, process.url or "") for process in processes]
    yield Nodes(world, clients)
    for client in clients:
        await client.aclose()
    for process in processes:
        process.kill()


async def test_every_cap_is_exact_over_two_processes(
    nodes: Nodes, administrator: OpenConnection
) -> None:
    """Q-2: of eight simultaneous requests with room for three, three succeed, no matter what is added how."""
    told = {
        "create projects": await nodes.race(Cap.PROJECTS, _each(_project)),
        "restore projects": await nodes.race(
            Cap.PROJECTS, [_post(f"/api/projects/{p}/restore") for p in await _trashed(nodes)]
        ),
        **await _secrets(nodes),
        **await _machines(nodes, administrator),
    }
    print("\n" + "\n".join(f"{what}: {dict(outcome)}" for what, outcome in told.items()))

    assert told == {what: Counter(done=ROOM, cap_reached=TRIES - ROOM) for what in told}


async def test_versions_are_exact_over_two_processes(nodes: Nodes) -> None:
    """S-6, Q-2: after simultaneous changes through two processes, exactly as many versions are kept."""
    world = nodes.world
    secret = await world.secret(await world.project("versions"), "MANY")
    await set_limits(world.core, versions=ROOM)
    put = [
        _post(f"/api/secrets/{secret.id}/replace", {"value": world.markers.value("MANY")})
        for _ in range(TRIES)
    ]
    answers = await asyncio.gather(
        *(request(client) for request, client in zip(put, cycle(nodes.clients)))
    )
    async with world.core.database.transaction(world.person.vault) as connection:
        rows = await connection.fetch(
            "select number from secret_version where secret = $1 order by number", secret.id
        )
        materials = await connection.fetchval(
            "select count(*) from secret_material where secret = $1", secret.id
        )

    assert {each.status_code for each in answers} == {200}
    assert [row["number"] for row in rows] == [TRIES + 1 - ROOM + n for n in range(1, ROOM + 1)]
    assert materials == ROOM


async def _secrets(nodes: Nodes) -> dict[str, Counter[str]]:
    world = nodes.world
    project = await world.project("with secrets")
    made = [await world.secret(project, f"TRASHED_{n}") for n in range(TRIES)]
    for secret in made:
        await delete_secret(world.core, world.owner, SecretId(secret.id))
    full = [await world.project(f"full {n}") for n in range(TRIES)]
    for each in full:
        await world.secret(each, "ONE")
        await delete_project(world.core, world.owner, each.id, confirm_name=each.name)
    create = [
        _post(
            f"/api/projects/{project.id}/secrets",
            {"name": f"S{n}", "kind": "single", "value": world.markers.value("S")},
        )
        for n in range(TRIES)
    ]
    plant = [
        _post(f"/api/projects/{project.id}/canaries", {"name": f"C{n}", "decoy": "password"})
        for n in range(TRIES)
    ]
    restore = [_post(f"/api/secrets/{each.id}/restore", {}) for each in made]
    projects = [_post(f"/api/projects/{each.id}/restore") for each in full]
    return {
        "create secrets": await nodes.race(Cap.SECRETS, create),
        "plant canaries": await nodes.race(Cap.SECRETS, plant),
        "restore secrets": await nodes.race(Cap.SECRETS, restore),
        "restore projects with a secret": await nodes.race(Cap.SECRETS, projects),
    }


async def _machines(nodes: Nodes, administrator: OpenConnection) -> dict[str, Counter[str]]:
    world, core = nodes.world, nodes.world.core
    tokens = [await create_bootstrap_token(core, world.owner) for _ in range(TRIES)]
    temporary = [
        await create_temporary_token(
            core, world.owner, NewTemporary(lifetime=3600, token_lifetime=3600)
        )
        for _ in range(TRIES)
    ]
    terms = Terms(machine_lifetime=3600, max_uses=TRIES)
    wanted = NewToken(name="ci", lifetime=3600, terms=terms)
    enrollment = await create_enrollment_token(core, world.owner, wanted)
    for token in (*tokens, *temporary, enrollment):
        world.markers.note(token.token)
    disabled = [await approved_machine(world, f"off-{n}") for n in range(TRIES)]
    for each in disabled:
        await disable_machine(core, world.owner, str(each.id))
    expired = [await temporary_machine(world, f"late-{n}") for n in range(TRIES)]
    await administrator.execute(
        "update machine set expires_at = registered_at where id = any($1)",
        [each.id for each in expired],
    )
    later = (core.clock.now() + timedelta(days=1)).isoformat()
    extension = {"expiresAt": later, "reason": "needed again"}
    vault = world.person.vault
    provision = [_post("/api/machines", {"name": f"box-{n}"}) for n in range(TRIES)]
    bootstrap = [_post("/v1/bootstrap/register", _registration(each.token)) for each in tokens]
    short = [
        _post(f"/v1/{vault}/temp-bootstrap/register", _registration(each.token))
        for each in temporary
    ]
    enroll = [
        _post(f"/v1/{vault}/enroll/register", _registration(enrollment.token)) for _ in range(TRIES)
    ]
    enable = [_post(f"/api/machines/{each.id}/enable") for each in disabled]
    extend = [_post(f"/api/machines/{each.id}/extend", extension) for each in expired]
    return {
        "provision machines": await nodes.race(Cap.MACHINES, provision),
        "register machines": await nodes.race(Cap.MACHINES, bootstrap),
        "register temporary machines": await nodes.race(Cap.MACHINES, short),
        "enroll ephemeral machines": await nodes.race(Cap.MACHINES, enroll),
        "enable machines": await nodes.race(Cap.MACHINES, enable),
        "extend expired machines": await nodes.race(Cap.MACHINES, extend),
    }


async def _trashed(nodes: Nodes) -> list[str]:
    return [(await nodes.world.trashed_project(f"old {n}")).id for n in range(TRIES)]


_numbers = count(1)


def _project(client: httpx.AsyncClient) -> Awaitable[httpx.Response]:
    return client.post("/api/projects", json={"name": f"new {next(_numbers)}"})


def _each(request: Any) -> list[Any]:
    return [request] * TRIES


def _post(path: str, body: dict[str, Any] | None = None) -> Any:
    def send(client: httpx.AsyncClient) -> Awaitable[httpx.Response]:
        return client.post(path) if body is None else client.post(path, json=body)

    return send


def _registration(token: str) -> dict[str, str]:
    key = b64encode(bytes(SigningKey(random_bytes(32)).verify_key)).decode()
    return {"token": token, "publicKey": key, "hostname": "web-1"}


async def _signed_in(world: World, url: str) -> httpx.AsyncClient:
    person = world.person
    client = httpx.AsyncClient(
        base_url=url,
        headers={
            "Origin": world.core.settings.public_url,
            "X-Strongroom-Client": "tests",
            "X-Strongroom-Vault": person.vault,
        },
        timeout=60,
    )
    answer = await client.post(
        "/api/session", json={"email": person.email, "password": person.password}
    )
    for text in answer.cookies.values():
        world.markers.note(text)
    assert answer.status_code == 200, answer.text
    return client
