"""Unknown clients or one busy machine can't prevent others from being served (A-6, H-3, R-2, R-6).

A crowd from many networks takes as much as it can of each scarce resource. At the same time, a member sends
requests, a machine reads and a known device signs in. `./run prove shares` runs the test at full scale.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import resource
import socket
from base64 import b64encode
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from nacl.signing import SigningKey

from strongroom_core.crypto.random import random_bytes
from strongroom_core.projects.views import ProjectView
from strongroom_core.secrets.views import SecretView
from strongroom_testkit.api_process import ApiProcess
from strongroom_testkit.machine import TestMachine, granted_machine
from strongroom_testkit.world import World

SCALE = int(os.environ.get("STRONGROOM_SHARES", "1"))
ORIGIN = "http://localhost:8200"
ROUNDS = SCALE
PATIENCE = 30.0
"""How many seconds everyone else is served, on a machine that also runs the crowd."""

BODY = b"x" * 250 * 1024
MOST_MEMORY = 450
"""How many more MiB the server may use at full scale."""

_numbers = itertools.count(1)


@dataclass(slots=True)
class Place:
    """A server, its users, and the responses that the crowd got."""

    process: ApiProcess
    world: World
    reader: TestMachine
    greedy: TestMachine
    project: ProjectView
    secret: SecretView
    member: httpx.AsyncClient
    told: Counter[int] = field(default_factory=Counter[int])

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int((self.process.url or "").rpartition(":")[2])

    @property
    def memory(self) -> int:
        """The server's resident memory, in MiB."""
        status = Path(f"/proc/{self.process.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) // 1024

    def signed(
        self, machine: TestMachine, method: str, path: str, body: bytes = b""
    ) -> dict[str, str]:
        """Return the headers for a signed request."""
        return machine.headers(method, path, body, at=int(self.world.core.clock.now().timestamp()))

    def client(self, address: str) -> httpx.AsyncClient:
        """A client from this address."""
        return httpx.AsyncClient(
            base_url=self.process.url or "",
            transport=httpx.AsyncHTTPTransport(local_address=address),
            headers={"Origin": ORIGIN, "X-Strongroom-Client": "tests"},
            timeout=PATIENCE,
        )

    async def sign_in(self) -> httpx.Response:
        """Sign in from the member's known device."""
        body = {"email": self.world.person.email, "password": self.world.person.password}
        async with self.client(fresh_address("127.71")) as client:
            client.cookies.update(self.member.cookies)
            return await client.post("/api/session", json=body)

    async def everybody_else(self) -> list[int]:
        """Act as the member, the machine, and the known device that signs in; return the statuses."""
        path = f"/v1/secret/{self.secret.id}"
        async with self.client(fresh_address("127.72")) as machine:
            answers = await asyncio.gather(
                self.member.get("/api/session"),
                self.member.post("/api/projects", json={"name": f"p{next(_numbers)}"}),
                machine.get(path, headers=self.signed(self.reader, "GET", path)),
                self.sign_in(),
            )
        return [answer.status_code for answer in answers]

    async def send(
        self,
        address: str,
        head: str,
        headers: dict[str, str],
        body: bytes = b"",
        *,
        length: int | None = None,
        read: bool = True,
    ) -> None:
        """Send one raw request and count its status; without `read`, never read the response."""
        lines = {
            "Host": "localhost",
            "Content-Length": str(len(body) if length is None else length),
        }
        text = "".join(f"{name}: {value}\r\n" for name, value in {**lines, **headers}.items())
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.setblocking(False)
        connection.bind((address, 0))
        try:
            await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self.port))
            reader, writer = await asyncio.open_connection(sock=connection, limit=1024)
        except OSError:
            connection.close()
            self.told[0] += 1
            return
        try:
            writer.write(f"{head} HTTP/1.1\r\n{text}\r\n".encode() + body)
            line = await reader.readline()
            self.told[int(line.split()[1]) if line else 0] += 1
            if not read:
                await asyncio.sleep(PATIENCE)
        except (ConnectionError, ValueError):
            self.told[0] += 1
        finally:
            writer.transport.abort()


def fresh_address(network: str) -> str:
    """Return a loopback address that nothing has connected from yet."""
    number = next(_numbers)
    return f"{network}.{number >> 8 & 255}.{number & 255}"


def stranger() -> TestMachine:
    """An unknown machine."""
    return TestMachine(UUID(bytes=random_bytes(16)), SigningKey(random_bytes(32)))


async def export(place: Place, _address: str) -> None:
    """One machine exports continuously."""
    path = "/v1/secrets/export"
    await place.send("127.73.0.1", f"POST {path}", place.signed(place.greedy, "POST", path))


async def export_unread(place: Place, _address: str) -> None:
    """One machine exports, and never reads the response."""
    path = "/v1/secrets/export"
    headers = place.signed(place.greedy, "POST", path)
    await place.send("127.73.0.2", f"POST {path}", headers, read=False)


async def leave_a_body(place: Place, address: str) -> None:
    """A client that looks like a machine sends most of a body and then stops."""
    path = "/v1/secrets/poll"
    headers = place.signed(stranger(), "POST", path)
    await place.send(address, f"POST {path}", headers, BODY, length=len(BODY) + 1)


async def leave_a_body_without_headers(place: Place, address: str) -> None:
    """A client without a machine's headers does the same."""
    await place.send(address, "POST /v1/secrets/poll", {}, BODY, length=len(BODY) + 1)


async def guess(place: Place, address: str) -> None:
    """A client tries to sign in as someone else, slowly enough for its network's limit."""
    body = msgspec.json.encode(
        {"email": f"{b64encode(random_bytes(6)).decode()}@example.org", "password": "x" * 12}
    )
    headers = {
        "Origin": ORIGIN,
        "X-Strongroom-Client": "tests",
        "Content-Type": "application/json",
    }
    await place.send(address, "POST /api/session", headers, body)


async def fail(place: Place, address: str) -> None:
    """A client sends requests without a valid signature."""
    await place.send(address, "GET /v1/secrets", {"X-Machine-Id": "none"})


@dataclass(frozen=True, slots=True)
class Crowd:
    """`size` clients at once, from `networks` networks. The server may use `memory` more MiB."""

    act: Callable[[Place, str], Awaitable[None]]
    size: int
    networks: int
    memory: int
    told: int
    """The error that at least one of them gets, which shows that the limit was reached."""
    pause: float = 0.5
    """How many seconds each waits before repeating it."""


CROWDS = {
    "answers": Crowd(export_unread, 12, 1, 150, 200),
    "exports": Crowd(export, 30, 1, 100, 429),
    "bodies": Crowd(leave_a_body, 500, 40, 140, 503, pause=10.0),
    "bodies without headers": Crowd(leave_a_body_without_headers, 200, 40, 40, 401, pause=2.0),
    "failures": Crowd(fail, 60, 30, 40, 401),
    "passwords": Crowd(guess, 60, 60, 400, 429),
}


@pytest.fixture(scope="module")
async def place(
    cluster: Any, run: Any, open_world: Any, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Place]:
    """A separate server, with a vault in which a machine has access to about a megabyte."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    database = await cluster.fresh_database()
    folder = tmp_path_factory.mktemp("shares")
    async with open_world(cluster, database, run.markers) as world:
        project = await world.project("crowded")
        secret = await world.secret(project, "API_KEY")
        large = [await world.secret(project, f"L{n}", "v" * 60_000) for n in range(16)]
        reader = await granted_machine(world, project, secret, hostname="reader")
        greedy = await granted_machine(world, project, *large, hostname="greedy")
        process = await ApiProcess.start(cluster, database, folder)
        place = Place(process, world, reader, greedy, project, secret, httpx.AsyncClient())
        place.member = place.client("127.70.0.1")
        try:
            answer = await place.sign_in()
            assert 200 == answer.status_code
            place.member.cookies.update(answer.cookies)
            place.member.headers["X-Strongroom-Vault"] = world.person.vault
            for value in answer.cookies.values():
                run.markers.note(value)
            yield place
        finally:
            await place.member.aclose()
            process.kill()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def go_on(place: Place, crowd: Crowd, number: int) -> None:
    """Act as one of the crowd until the attack ends."""
    network = number % crowd.networks
    address = f"127.74.{network >> 8}.{network & 255}"
    while True:
        await crowd.act(place, address)
        await asyncio.sleep(crowd.pause)


@pytest.mark.parametrize("name", CROWDS)
async def test_everybody_else_is_served(place: Place, name: str) -> None:
    """A member's request, a machine's read and a known device's sign-in succeed; memory is limited."""
    crowd, before = CROWDS[name], place.memory
    place.told.clear()
    tasks = [asyncio.create_task(go_on(place, crowd, n)) for n in range(crowd.size * SCALE)]
    served, memory = list[list[int]](), list[int]()
    try:
        await asyncio.sleep(1.0)
        for _ in range(ROUNDS):
            served.append(await place.everybody_else())
            memory.append(place.memory)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    print(f"{name}: {dict(place.told)}, {before} MiB and then {max(memory)}")

    assert [[200, 201, 200, 200]] * ROUNDS == served
    assert max(memory) - before < (crowd.memory if SCALE == 1 else MOST_MEMORY)
    assert place.told[crowd.told] > 0
    assert place.process.process.poll() is None
