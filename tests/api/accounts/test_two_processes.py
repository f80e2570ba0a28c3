"""What ends in one process has ended in the other one, too (A-4, A-9)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from strongroom_testkit.api_process import CHEAP, ApiProcess
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.people import make_person
from strongroom_testkit.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from strongroom_core.core import Core
    from strongroom_testkit.cluster import Cluster
    from strongroom_testkit.markers import Markers
    from strongroom_testkit.people import Person

pytestmark = pytest.mark.programs


@pytest.fixture
async def urls(
    cluster: Cluster, database: str, owner: Person, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[list[str]]:
    """The URLs of two processes on the test's database."""
    folder = tmp_path_factory.mktemp("nodes")
    starting = (ApiProcess.start(cluster, database, folder, argon2=CHEAP) for _ in range(2))
    processes = list(await asyncio.gather(*starting))
    yield [each.url or "" for each in processes]
    for each in processes:
        each.kill()


async def sign_in(url: str, person: Person, password: str) -> httpx.AsyncClient:
    headers = {"Origin": "http://localhost:8200", "X-Strongroom-Client": "tests"}
    client = httpx.AsyncClient(base_url=url, headers=headers)
    body = {"email": person.email, "password": password}
    (await client.post("/api/session", json=body)).raise_for_status()
    return client


async def test_sessions_and_machines_end_everywhere(
    core: Core, owner: Person, urls: list[str], markers: Markers, problem: Any
) -> None:
    """A-4, A-9: a new password and a closed account end sessions in both processes, and machines stop."""
    person = await make_person(core, "lin", markers)
    world = World(core, person, markers)
    project = await world.project("shop")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    path, password = f"/v1/secret/{secret.id}", markers.password()

    async def read(url: str) -> httpx.Response:
        at = int(core.clock.now().timestamp())
        async with httpx.AsyncClient(base_url=url) as client:
            return await client.get(path, headers=machine.headers("GET", path, at=at))

    first, second = [await sign_in(url, person, person.password) for url in urls]
    changed = await first.post("/api/account/change-password", json={"password": password})
    after_change = await second.get("/api/session")
    still = await first.get("/api/session")
    again = await sign_in(urls[1], person, password)
    before = [(await read(url)).status_code for url in urls]
    closed = await first.post("/api/account/close", json={"vaults": [person.vault]})
    sessions = [await client.get("/api/session") for client in (first, again)]
    reads = [await read(url) for url in urls]

    assert (changed.status_code, still.status_code, closed.status_code) == (200, 200, 204)
    problem(after_change, 401, "not_authenticated")
    assert before == [200, 200]
    for each in sessions:
        problem(each, 401, "not_authenticated")
    for each in reads:
        assert (each.status_code, each.json()["code"]) == (403, "owner_inactive")
    for client in (first, second, again):
        await client.aclose()


ENDINGS = ("session ended", "password changed", "suspended", "closed")


@pytest.mark.prove
async def test_open_streams_end_everywhere(
    core: Core, owner: Person, urls: list[str], markers: Markers
) -> None:
    """A-4, A-9: after any of these in one process, a stream at the other sends no event, and ends."""
    operator = await sign_in(urls[0], owner, owner.password)
    operator.headers["X-Strongroom-Vault"] = owner.vault
    for number, ending in enumerate(ENDINGS):
        person = await make_person(core, f"lin-{number}", markers)
        first, second = [await sign_in(url, person, person.password) for url in urls]
        for client in (first, second):
            client.headers["X-Strongroom-Vault"] = person.vault
            client.timeout = 90
        stream = asyncio.create_task(second.get("/api/entries/stream", params={"seconds": 60}))
        await asyncio.sleep(2)
        await end(ending, person, first, operator, markers)
        await World(core, person, markers).project("afterwards")
        text = (await stream).text
        refused = await second.get("/api/session")
        for client in (first, second):
            await client.aclose()
        print(f"{ending}: {text!r}, then {refused.status_code}")

        assert "afterwards" not in text, ending
        assert "signed_out" in text, ending
        assert refused.status_code == 401, ending
    await operator.aclose()


async def end(
    how: str,
    person: Person,
    client: httpx.AsyncClient,
    operator: httpx.AsyncClient,
    markers: Markers,
) -> None:
    """End a person's other session, or all of them, in this way."""
    if how == "session ended":
        sessions = (await client.get("/api/account/sessions")).json()["items"]
        [other] = [each["id"] for each in sessions if not each["current"]]
        done = await client.delete(f"/api/account/sessions/{other}")
    elif how == "password changed":
        body = {"password": markers.password()}
        done = await client.post("/api/account/change-password", json=body)
    elif how == "suspended":
        path = f"/api/operator/accounts/{person.account}/suspend"
        done = await operator.post(path, json={"reason": "a test"})
    else:
        done = await client.post("/api/account/close", json={"vaults": [person.vault]})
    assert done.is_success, done.text
