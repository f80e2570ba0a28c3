"""Two processes and a third node on one database: a decision by one applies to all (R-3, R-5, V-4, M-8)."""

from __future__ import annotations

import asyncio
import io
import os
import time
import zipfile
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from strongroom_core.crypto.bundle import open_machine_key
from strongroom_core.crypto.machine_key import MachineKey
from strongroom_core.db.connection import OpenConnection, connect
from strongroom_core.grants.attachments import detach_machine
from strongroom_core.grants.manage import set_grants
from strongroom_core.grants.scope import Scope
from strongroom_core.machines.enrollment import NewToken, create_enrollment_token
from strongroom_core.machines.lifecycle import (
    approve_machine,
    disable_machine,
    enable_machine,
    revoke_machine,
)
from strongroom_core.machines.provision import provision_machine
from strongroom_core.machines.terms import Terms
from strongroom_core.projects.freeze import freeze_project, unfreeze_project
from strongroom_core.projects.trash import delete_project
from strongroom_core.projects.views import ProjectView
from strongroom_core.secrets.trash import delete_secret
from strongroom_core.secrets.views import SecretView
from strongroom_testkit.issuer import Issuer, new_key, public_key_of, trust
from strongroom_testkit.machine import TestMachine, grant, granted_machine, pending_machine
from strongroom_testkit.markers import forms_of
from strongroom_testkit.waiting import until_waiting
from strongroom_testkit.world import World
from strongroom_worker.jobs import tidy

ROUNDS = int(os.environ.get("STRONGROOM_ROUNDS", "5"))
ALL_ROUNDS = int(os.environ.get("STRONGROOM_ROUNDS", "100"))
GENEROUS_SECONDS = 60.0
READERS = 2
"""Per process."""


@dataclass(slots=True)
class Scene:
    """A machine that can read a secret, and the ways to end its access."""

    world: World
    project: ProjectView
    secret: SecretView
    machine: TestMachine
    granted: bool = field(default=True)

    @classmethod
    async def make(cls, world: World, name: str) -> Scene:
        """Create a new scene."""
        project = await world.project(name)
        secret = await world.secret(project, "API_KEY")
        return cls(world, project, secret, await granted_machine(world, project, secret))

    @property
    def path(self) -> str:
        """The path that the machine reads."""
        return f"/v1/secret/{self.secret.id}"

    async def end(self, how: str) -> None:
        """End the machine's access in this way."""
        core, owner, machine = self.world.core, self.world.owner, str(self.machine.id)
        project = self.project.id
        match how:
            case "disable":
                await disable_machine(core, owner, machine)
            case "revoke":
                await revoke_machine(core, owner, machine)
            case "detach":
                await detach_machine(core, owner, project, machine=machine)
            case "ungrant":
                await set_grants(core, owner, project, machine=machine, wanted=[])
            case "freeze":
                await freeze_project(core, owner, project, reason="drill")
            case "delete the secret":
                await delete_secret(core, owner, self.secret.id)
            case "delete the project":
                await delete_project(core, owner, project, confirm_name=self.project.name)
            case "replace":
                new = await pending_machine(self.world)
                await approve_machine(core, owner, str(new.id), replaces=machine)
            case _:
                raise ValueError(how)

    async def undo(self, how: str) -> None:
        """Restore the machine's access."""
        core, owner = self.world.core, self.world.owner
        match how:
            case "disable":
                await enable_machine(core, owner, str(self.machine.id))
            case "revoke":
                self.machine = await granted_machine(self.world, self.project, self.secret)
            case "freeze":
                await unfreeze_project(core, owner, self.project.id, reason="drill is over")
            case _:
                await grant(self.world, self.machine, self.project, self.secret)


STATUSES = {
    "disable": 403,
    "revoke": 401,
    "detach": 403,
    "ungrant": 403,
    "freeze": 423,
    "delete the secret": 404,
    "delete the project": 404,
    "replace": 401,
}


# One nonce ---------------------------------------------------------------------------------------


async def copies(nodes: Any, headers: dict[str, str], path: str, number: int) -> Counter[int]:
    """Send the same request this many times at once, alternating between the processes."""
    clients = nodes.clients()
    try:
        answers = await asyncio.gather(
            *(clients[n % len(clients)].get(path, headers=headers) for n in range(number))
        )
    finally:
        for client in clients:
            await client.aclose()
    return Counter(answer.status_code for answer in answers)


async def test_one_nonce_is_good_once(nodes: Any) -> None:
    """R-3: of 50 copies sent to two processes, one is answered; after `kill -9` and a restart, none."""
    scene = await Scene.make(nodes.world, "one nonce")
    now = int(nodes.core.clock.now().timestamp())
    path, machine = scene.path, scene.machine
    headers, unused = (machine.headers("GET", path, at=now) for _ in range(2))
    before = len(await nodes.world.entries("secret_read"))

    assert {200: 1, 401: 49} == await copies(nodes, headers, path, 50)
    assert 1 == len(await nodes.world.entries("secret_read")) - before
    await nodes.start()
    assert {401: 50} == await copies(nodes, headers, path, 50)
    assert {200: 1, 401: 9} == await copies(nodes, unused, path, 10)


async def test_simultaneous_nonces(nodes: Any) -> None:
    """R-3: copies of many requests arrive at each process in a different order; each is answered once."""
    scene = await Scene.make(nodes.world, "many nonces")
    now = int(nodes.core.clock.now().timestamp())
    signed = [scene.machine.headers("GET", scene.path, at=now) for _ in range(40)]
    clients = nodes.clients()
    orders = (signed, list(reversed(signed)))
    answers = await asyncio.gather(
        *(
            client.get(scene.path, headers=headers)
            for client, order in zip(clients, orders, strict=True)
            for headers in order
        )
    )
    for client in clients:
        await client.aclose()

    assert {200: 40, 401: 40} == Counter(answer.status_code for answer in answers)


# A reader stopped between check and commit --------------------------------------------------------


@pytest.mark.parametrize("how", sorted(STATUSES))
async def test_freezes_and_revocations_wait_for_reads(
    nodes: Any, superuser: OpenConnection, signed_get: Any, how: str
) -> None:
    """R-5: a freeze or revocation waits for a reader stopped after its check; later reads are denied."""
    scene = await Scene.make(nodes.world, f"gate {how}")
    here, there = nodes.clients()

    async def read(client: httpx.AsyncClient) -> int:
        return await signed_get(client, nodes.world, scene.machine, scene.path)

    # A first read updates the version seen in the grant, after all checks have passed.
    await superuser.execute("begin")
    await superuser.execute(
        "select from secret_grant where machine = $1 for update", scene.machine.id
    )
    stopped = asyncio.create_task(read(here))
    await until_waiting(superuser)
    ending = asyncio.create_task(scene.end(how))
    await until_waiting(superuser, 2)
    waits_for = await superuser.fetch("select locktype from pg_locks where not granted")
    later = asyncio.create_task(read(there))
    await until_waiting(superuser, 3)

    assert "advisory" in {row["locktype"] for row in waits_for}
    assert [False] * 3 == [task.done() for task in (stopped, ending, later)]
    await superuser.execute("commit")
    assert 200 == await stopped
    await ending
    assert STATUSES[how] == await later
    assert [STATUSES[how]] * 2 == [await read(here), await read(there)]
    for client in (here, there):
        await client.aclose()


async def test_without_the_lock_a_read_slips_past(
    nodes: Any, superuser: OpenConnection, signed_get: Any
) -> None:
    """R-5: the control: after a freeze by a bare statement, a stopped read still commits."""
    scene = await Scene.make(nodes.world, "control")
    (here, there), other = (
        nodes.clients(),
        await connect(nodes.cluster.administrator_url(nodes.database)),
    )
    await superuser.execute("begin")
    await superuser.execute(
        "select from secret_grant where machine = $1 for update", scene.machine.id
    )
    stopped = asyncio.create_task(signed_get(here, nodes.world, scene.machine, scene.path))
    await until_waiting(superuser)
    await other.execute(
        "update project set frozen_at = clock_timestamp() where id = $1", scene.project.id
    )
    refused = asyncio.create_task(signed_get(there, nodes.world, scene.machine, scene.path))

    assert 423 == await asyncio.wait_for(refused, GENEROUS_SECONDS)
    await superuser.execute("commit")
    assert 200 == await stopped
    await other.close()
    for client in (here, there):
        await client.aclose()


# Enrollments and key files -----------------------------------------------------------------------


@pytest.mark.parametrize("by", ["token", "trust"])
async def test_the_last_places_are_given_exactly(
    nodes: Any, superuser: OpenConnection, by: str
) -> None:
    """M-5, M-11: with ten places left, exactly ten of many enrollments at both processes succeed."""
    await give_last_places(nodes, superuser, by, 40)


@pytest.mark.prove
@pytest.mark.parametrize("by", ["token", "trust"])
async def test_the_last_places_are_given_exactly_to_ten_of_two_hundred(
    nodes: Any, superuser: OpenConnection, by: str
) -> None:
    """M-5, M-11: the same test with 200 simultaneous enrollments."""
    await give_last_places(nodes, superuser, by, 200)


async def give_last_places(nodes: Any, superuser: OpenConnection, by: str, number: int) -> None:
    """Enroll this many machines simultaneously, while ten places are left."""
    vault, issuer = nodes.world.person.vault, Issuer()
    terms = Terms(machine_lifetime=3600, max_uses=10_000)
    token = None
    if by == "token":
        wanted = NewToken(name="runners", lifetime=3600, terms=terms)
        token = await create_enrollment_token(nodes.core, nodes.world.owner, wanted)
        nodes.world.markers.note(token.token)
        await superuser.execute("update enrollment_token set uses = 9990")
    else:
        await trust(nodes.world, issuer, max_machines=10)
    path = f"/v1/{vault}/enroll/{'register' if by == 'token' else 'oidc'}"
    clients = [client for _ in range(number // 2) for client in nodes.clients()]

    async def enroll(client: httpx.AsyncClient, place: int) -> int:
        key = new_key()
        proof = {"token": token.token} if token else {"idToken": issuer.token(nodes.world, key)}
        body = {**proof, "publicKey": public_key_of(key), "hostname": f"runner-{place}"}
        async with client:
            return (await client.post(path, json=body, timeout=GENEROUS_SECONDS)).status_code

    before = await superuser.fetchval("select count(*) from machine")
    found = await asyncio.gather(*(enroll(client, n) for n, client in enumerate(clients)))
    print(f"\n{by}: {dict(Counter(found))}")

    assert {201: 10, 403 if by == "token" else 429: number - 10} == Counter(found)
    assert 10 == await superuser.fetchval("select count(*) from machine") - before
    if token:
        assert 10_000 == await superuser.fetchval("select uses from enrollment_token")


async def test_no_trace_of_a_key_file(
    nodes: Any, superuser: OpenConnection, tmp_path: Path
) -> None:
    """M-4, E-5: after its download, or 15 minutes without one, a key is stored nowhere in any form.

    Two processes serve the link: of two simultaneous downloads, one gets the file.
    """
    world, core = nodes.world, nodes.core
    made = [
        await provision_machine(core, world.owner, name=name, scope=Scope())
        for name in ("box-downloaded", "box-forgotten")
    ]
    keys: list[bytes] = []
    for each in made:
        world.markers.note(each.token)
        sealed = await superuser.fetchval(
            "select ciphertext from machine_bundle where machine = $1", each.machine.id
        )
        key = open_machine_key(
            each.token,
            sealed,
            deployment=core.deployment,
            vault=world.person.vault,
            machine=each.machine.id,
        )
        keys.append(key.raw())
    clients = nodes.clients()
    paths = [f"/v1/provision/{each.token}" for each in made]
    looked = [await client.get(path) for client in clients for path in paths]
    downloads = await asyncio.gather(*(client.post(paths[0]) for client in clients))
    await superuser.execute("update machine_bundle set expires_at = created_at")
    late = await clients[1].post(paths[1])
    await tidy(core)
    for client in clients:
        await client.aclose()
    await superuser.execute("checkpoint")
    dump = await dumped(superuser, tmp_path)
    logs = list(nodes.folder.glob("*.log"))
    data = [each for each in nodes.cluster.postgres.data.rglob("*") if each.is_file()]
    needles = {form for key in keys for form in forms_of_key(key)}
    hits: list[str] = []
    seen: list[str] = []
    for each in (dump, *logs, *data):
        content = (
            each.read_bytes() if each.exists() else b""
        )  # PostgreSQL removes some of its files
        hits += [str(each) for form in needles if form in content]
        seen += [str(each)] if b"box-forgotten" in content else []

    assert {200} == {each.status_code for each in looked}
    assert [200, 404] == sorted(each.status_code for each in downloads)
    assert keys[0] in zipped_keys(next(each for each in downloads if each.is_success).content)
    assert 404 == late.status_code
    assert 0 == await superuser.fetchval("select count(*) from machine_bundle")
    assert [] == hits
    # The search can find text that isn't secret: in the rows, in the heap and in the WAL.
    assert str(dump) in seen
    assert any("pg_wal" in each for each in seen)
    assert any("base" in Path(each).parts for each in seen)
    assert len(logs) >= len(clients)


async def dumped(connection: OpenConnection, folder: Path) -> Path:
    """Write all rows of all tables to a file."""
    tables = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
    file = folder / "rows.dump"
    with file.open("w") as dump:
        for table in tables:
            rows = await connection.fetch(f"select t::text as row from {table['tablename']} t")
            dump.writelines(f"{row['row']}\n" for row in rows)
    return file


def forms_of_key(seed: bytes) -> Iterator[bytes]:
    """Yield a private key as it is, as text, and as part of a PEM file."""
    yield seed
    yield MachineKey(seed).to_pem().splitlines()[1]
    for text in (b64encode(seed).decode().rstrip("="), seed.hex()):
        yield from (form for _, form in forms_of(text))


def zipped_keys(content: bytes) -> list[bytes]:
    """Return the private keys in a key file."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        pems = [archive.read(name) for name in archive.namelist() if name.endswith(".pem")]
    return [b64decode(pem.splitlines()[1])[-32:] for pem in pems]


# Readers under load ------------------------------------------------------------------------------


@dataclass(slots=True)
class Load:
    """Readers that read continuously, recording when each request began and its status."""

    clients: list[httpx.AsyncClient]
    read: Callable[[httpx.AsyncClient], Awaitable[int]]
    reads: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])
    going: bool = True

    async def run(self, client: httpx.AsyncClient) -> None:
        """Read until stopped."""
        while self.going:
            began = time.perf_counter()
            self.reads.append((began, await self.read(client)))

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for the condition, while the readers continue."""
        async with asyncio.timeout(GENEROUS_SECONDS):
            while not holds():
                await asyncio.sleep(0.001)

    def since(self, moment: float) -> list[int]:
        """Return the statuses of requests that began after a moment."""
        return [status for began, status in self.reads if began > moment]


async def one_round(nodes: Any, signed_get: Any, scene: Scene, how: str) -> tuple[Load, int]:
    """Let readers at both processes race against the end of access; return them and any late reads."""

    async def read(client: httpx.AsyncClient) -> int:
        return await signed_get(client, nodes.world, scene.machine, scene.path)

    load = Load(nodes.clients(READERS), read)
    enough = 2 * len(load.clients)
    readers = [asyncio.create_task(load.run(client)) for client in load.clients]
    await load.until(lambda: len(load.reads) >= enough)
    begun = time.perf_counter()
    await scene.end(how)
    ended = time.perf_counter()
    await load.until(lambda: len(load.since(ended)) >= enough)
    load.going = False
    await asyncio.gather(*readers)
    for client in load.clients:
        await client.aclose()

    assert 200 in [status for began, status in load.reads if began < begun]
    return load, load.since(ended).count(200)


async def race(nodes: Any, signed_get: Any, how: str, rounds: int) -> None:
    """Race this many times, restoring access in between."""
    scene = await Scene.make(nodes.world, f"race {how} {rounds}")
    statuses: Counter[int] = Counter()
    slipped = 0
    for _ in range(rounds):
        load, passed = await one_round(nodes, signed_get, scene, how)
        slipped += passed
        statuses.update(status for _, status in load.reads)
        await scene.undo(how)
    print(f"\n{how}: {rounds} rounds, {dict(statuses)}, {slipped} slipped past")

    assert 0 == slipped
    assert {200, STATUSES[how]} <= set(statuses)
    assert set(statuses) <= {200, STATUSES[how], 429}


RACES = ("disable", "revoke", "detach", "ungrant", "freeze")


@pytest.mark.parametrize("how", RACES)
async def test_no_read_begins_after_the_end(nodes: Any, signed_get: Any, how: str) -> None:
    """R-5: no read that began after the commit is answered by either process."""
    await race(nodes, signed_get, how, ROUNDS)


@pytest.mark.prove
@pytest.mark.parametrize("how", RACES)
async def test_no_read_begins_after_the_end_in_many_rounds(
    nodes: Any, signed_get: Any, how: str
) -> None:
    """R-5: the same test with 100 rounds of each."""
    await race(nodes, signed_get, how, ALL_ROUNDS)
