"""A machine rotates its key, and keeps a valid key wherever the rotation is interrupted (M-10, D-2)."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from strongroom import (
    AccessDenied,
    AsyncStrongroom,
    AuthenticationFailed,
    BadIdentity,
    Identity,
    OfflineCache,
    Strongroom,
    Unavailable,
    Unreachable,
)
from strongroom._internal.private_key import PrivateKey
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.machines.lifecycle import disable_machine, revoke_machine
from strongroom_core.machines.listing import read_machine
from strongroom_testkit.machine import approved_machine, granted_machine
from strongroom_testkit.problems import FOREIGN, problem
from strongroom_testkit.world import World

OK = 200
ROUNDS = int(os.environ.get("STRONGROOM_ROUNDS", "6"))


async def fingerprint_of(world: World, machine: Any) -> str:
    """Return the fingerprint that the server knows."""
    return (await read_machine(world.core, world.owner, str(machine.id))).fingerprint


async def test_a_rotation(world: World, open_client: Any, does: Any, home: Path) -> None:
    """M-10: the ID and grants don't change; the old key is rejected; only the new key (0600) is on disk."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    machine = await granted_machine(world, project, secret)
    client = open_client(machine)
    before = client.identity
    value = await does(client.get_secret, secret.id)
    await does(client.rotate_key)
    folder = home / "vaults" / world.person.vault
    key_file = folder / "private.pem"

    assert await fingerprint_of(world, machine) == client.identity.fingerprint
    assert before.fingerprint != client.identity.fingerprint
    assert client.identity.key == Identity.load(folder).key
    assert value == await does(client.get_secret, secret.id)
    assert 0o600 == stat.S_IMODE(key_file.stat().st_mode)
    assert ["identity.json", "private.pem"] == sorted(file.name for file in folder.iterdir())
    with Strongroom(replace(before, key_file=None)) as old, pytest.raises(AuthenticationFailed):
        await does(old.get_secret, secret.id)


async def test_the_cache_follows(world: World, open_client: Any, does: Any) -> None:
    """D-2, M-10: values cached under the old key are available under the new one, with the same age."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    client = open_client(await granted_machine(world, project, secret), cache=OfflineCache())
    value = await does(client.get_secret, secret.id)
    (before,) = client.cached_secrets()
    await does(client.rotate_key)

    assert [before] == client.cached_secrets()
    with Strongroom(cache=OfflineCache(only=True)) as another:
        assert value == await does(another.get_secret, secret.id)


async def test_a_lost_response(world: World, open_client: Any, does: Any, relay: Any) -> None:
    """M-10: if the server has the new key but the client doesn't know it, the client finds out on its own."""
    machine = await approved_machine(world)
    client = open_client(machine, relay.url)
    old = client.identity
    relay.swallows = True
    with pytest.raises(Unreachable):
        await does(client.rotate_key)
    relay.swallows = False

    assert old.key == client.identity.key
    assert old.key == Identity.load(old.path or "").key
    assert await fingerprint_of(world, machine) != old.fingerprint
    assert [] == await does(client.list_secrets)
    assert await fingerprint_of(world, machine) == client.identity.fingerprint
    assert client.identity.key == Identity.load(old.path or "").key
    assert not (old.path or Path()).with_name("private.pem.new").exists()


async def test_rotating_again_after_a_lost_response(
    world: World, open_client: Any, does: Any, relay: Any
) -> None:
    """M-10: rotating again after a lost response leaves both sides with the same key."""
    machine = await approved_machine(world)
    client = open_client(machine, relay.url)
    relay.swallows = True
    with pytest.raises(Unreachable):
        await does(client.rotate_key)
    relay.swallows = False
    has = await fingerprint_of(world, machine)
    await does(client.rotate_key)

    assert has == client.identity.fingerprint == await fingerprint_of(world, machine)
    assert [] == await does(client.list_secrets)


async def test_one_that_never_arrived(
    world: World, open_client: Any, does: Any, served: str, place: Any
) -> None:
    """M-10: the new key is safely on disk before anything is sent, and the next rotation uses it."""
    machine = await approved_machine(world)
    client = open_client(machine, "http://localhost:1", attempts=1)
    with pytest.raises(Unreachable):
        await does(client.rotate_key)
    folder = (client.identity.path or Path()).parent
    prepared = PrivateKey.from_pem((folder / "private.pem.new").read_bytes())

    assert 0o600 == stat.S_IMODE((folder / "private.pem.new").stat().st_mode)
    again = open_client(machine, served)
    assert [] == await does(again.list_secrets)
    await does(again.rotate_key)
    assert prepared == again.identity.key
    assert prepared.fingerprint == await fingerprint_of(world, machine)
    assert not (folder / "private.pem.new").exists()


async def test_another_process_rotated(world: World, open_client: Any, does: Any) -> None:
    """M-10: a program that keeps running picks up the key from disk."""
    machine = await approved_machine(world)
    running, rotating = open_client(machine), open_client(machine)
    await does(rotating.rotate_key)

    assert [] == await does(running.list_secrets)
    assert rotating.identity.key == running.identity.key
    await does(running.rotate_key)
    await does(rotating.rotate_key)
    assert await fingerprint_of(world, machine) == rotating.identity.fingerprint


@pytest.mark.parametrize("who", [who for who, (status, _) in FOREIGN.items() if status == OK])
def test_a_page_in_the_servers_place(
    stray: Identity, stand_in: Any, scripted: Any, who: str
) -> None:
    """M-10: a page that returns 200 rotates nothing: the machine keeps its old key."""
    stand_in.answers(scripted(*FOREIGN[who]))
    assert stray.key_file is not None
    before = stray.key_file.read_bytes()
    with Strongroom(stray, attempts=1) as client:
        with pytest.raises(Unavailable, match="did not confirm the new key"):
            client.rotate_key()

        assert stray.key == client.identity.key
        assert before == stray.key_file.read_bytes()
        # After a denial, such a page doesn't make the next key the machine's either.
        refused = problem(401, "authentication_failed")
        stand_in.answers(scripted(401, refused), scripted(*FOREIGN[who]))
        with pytest.raises(Unavailable):
            client.list_secrets()

        assert stray.key == client.identity.key
        assert before == stray.key_file.read_bytes()


async def test_concurrent_rotations(world: World, open_client: Any, does: Any) -> None:
    """M-10: concurrent rotations leave the same key on disk and on the server."""
    machine = await approved_machine(world)
    clients = [open_client(machine) for _ in range(4)]
    await asyncio.gather(*(does(each.rotate_key) for each in clients), return_exceptions=True)
    for client in clients:
        assert [] == await does(client.list_secrets)
    known = await fingerprint_of(world, machine)

    assert {known} == {each.identity.fingerprint for each in clients}
    assert known == Identity.load(clients[0].identity.path).fingerprint


async def test_a_denied_rotation(world: World, open_client: Any, does: Any) -> None:
    """M-10: after a rejected rotation the key is unchanged, and a later rotation works."""
    from strongroom_core.machines.lifecycle import enable_machine  # noqa: PLC0415 -- only here

    machine = await approved_machine(world)
    client = open_client(machine)
    before = client.identity
    await disable_machine(world.core, world.owner, str(machine.id))
    with pytest.raises(AccessDenied):
        await does(client.rotate_key)

    assert before == client.identity == Identity.load(before.path or "")
    await enable_machine(world.core, world.owner, str(machine.id))
    await does(client.rotate_key)
    assert await fingerprint_of(world, machine) == client.identity.fingerprint
    await revoke_machine(world.core, world.owner, str(machine.id))
    with pytest.raises(AuthenticationFailed):
        await does(client.rotate_key)


async def test_a_key_that_was_used_up(world: World, open_client: Any, does: Any) -> None:
    """M-1, M-10: a new key that belongs to another machine is dropped; the next rotation creates another."""
    machine, other = await approved_machine(world), await approved_machine(world, "web-2")
    client = open_client(machine)
    pending = (client.identity.path or Path()).with_name("private.pem.new")
    pending.touch(0o600)
    pending.write_bytes(PrivateKey(bytes(other.key)).to_pem())
    with pytest.raises(Exception, match="this key is already registered"):
        await does(client.rotate_key)

    assert not pending.exists()
    await does(client.rotate_key)
    assert await fingerprint_of(world, machine) == client.identity.fingerprint


async def test_an_identity_in_memory(world: World, open_client: Any, does: Any, relay: Any) -> None:
    """M-10: without a disk, the client itself remembers the key that the server may have."""
    machine = await approved_machine(world)
    memory = replace(open_client(machine, relay.url).identity, path=None, key_file=None)
    with Strongroom(memory) as client:
        await does(client.rotate_key)
        first = client.identity.fingerprint
        relay.swallows = True
        with pytest.raises(Unreachable):
            await does(client.rotate_key)
        relay.swallows = False

        assert [] == await does(client.list_secrets)
        assert await fingerprint_of(world, machine) == client.identity.fingerprint != first
        with pytest.raises(AuthenticationFailed):
            await does(Strongroom(memory).list_secrets)


async def test_a_folder_that_cannot_be_written(stray: Identity, stand_in: Any) -> None:
    """M-10: no request is sent until the new key is on disk."""
    folder = (stray.path or Path()).parent / "gone"
    with (
        Strongroom(replace(stray, key_file=folder / "private.pem")) as client,
        pytest.raises(BadIdentity, match=r"can't (read|write)"),
    ):
        client.rotate_key()

    assert [] == stand_in.asked


async def test_the_awaited_client(world: World, place: Any) -> None:
    """D-2: rotation works the same with the async client."""
    machine = await approved_machine(world)
    place(machine)
    async with AsyncStrongroom() as client:
        await client.rotate_key()

        assert [] == await client.list_secrets()
        assert await fingerprint_of(world, machine) == client.identity.fingerprint


async def test_kill_9(world: World, open_client: Any, does: Any) -> None:
    """M-10: killed at any moment during repeated rotations, the machine can read with the key on disk."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    machine = await granted_machine(world, project, secret)
    path = open_client(machine).identity.path
    program = (
        "import sys\nfrom strongroom import Strongroom\nclient = Strongroom(sys.argv[1])\n"
        "client.rotate_key()\nprint('ready', flush=True)\nwhile True:\n    client.rotate_key()\n"
    )
    fingerprints = {await fingerprint_of(world, machine)}
    for number in range(ROUNDS):
        # Its first rotation isn't interrupted, so that each round has one, however busy this computer is.
        rotating = subprocess.Popen(
            [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE
        )
        assert rotating.stdout is not None
        await does(rotating.stdout.readline)
        await asyncio.sleep(0.05 + 0.037 * (number % 12))
        rotating.kill()
        await does(rotating.communicate)
        with Strongroom(path) as client:
            value = await does(client.get_secret, secret.id)
            known = await fingerprint_of(world, machine)
            if known != client.identity.fingerprint:
                # The killed program's last request was only carried out after our first read.
                value = await does(client.get_secret, secret.id)
                known = await fingerprint_of(world, machine)

            assert await world.open_value(secret.id) == value.reveal()
            assert known == client.identity.fingerprint
        fingerprints.add(known)
        # Each interruption costs one rejected signature, and three would lock this address out.
        async with world.core.database.transaction(INSTALLATION) as connection:
            await connection.execute("delete from lockout")

    assert len(fingerprints) == ROUNDS + 1
