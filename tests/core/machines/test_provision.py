"""Machines with a key file, which is downloaded once (M-4), and the worker's cleanup (M-6)."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from base64 import b64encode
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from nacl.signing import SigningKey

from strongroom_core import maintain
from strongroom_core.db.connection import OpenConnection
from strongroom_core.grants.scope import Scope
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import Invalid, NotFound
from strongroom_core.machines.listing import read_machine
from strongroom_core.machines.provision import (
    KeyFile,
    Provisioned,
    download_key_file,
    is_key_file,
    provision_machine,
)
from strongroom_core.reading.batch import read_secret_value
from strongroom_testkit.machine import TestMachine
from strongroom_testkit.people import visitor
from strongroom_testkit.world import World
from strongroom_worker.jobs import tidy

from .test_enrollment import MOMENT, TERMS, enroll, made

STRANGER = visitor("127.0.5.1")


async def provisioned(world: World, scope: Scope | None = None) -> Provisioned:
    machine = await provision_machine(
        world.core, world.owner, name="billing container", scope=scope or Scope(), folder="/run/ids"
    )
    world.markers.note(machine.token)
    return machine


def unpacked(file: KeyFile) -> tuple[dict[str, str], dict[str, str], SigningKey]:
    """Return the identity, the CLI's file and the key; check the layout and the modes."""
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        infos = archive.infolist()
        names = [each.filename.rpartition("/")[2] for each in infos]
        assert ["identity.json", "private.pem", "cli.json"] == names
        assert {0o600} == {each.external_attr >> 16 & 0o777 for each in infos}
        assert archive.testzip() is None
        identity, pem, cli = (archive.read(each) for each in infos)
        folder = infos[0].filename.rpartition("/")[0]
    told = json.loads(identity)
    assert f"/run/ids/{folder}/private.pem" == told["privateKeyPath"]
    assert f"vaults/{told['vaultId']}" == folder
    key = load_pem_private_key(pem, None)
    return told, json.loads(cli), SigningKey(key.private_bytes_raw())  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType, reportUnknownVariableType]


async def test_a_key_file_reads_what_was_chosen(world: World) -> None:
    """M-4: the unpacked identity is approved and has its access; the machine's details show the download."""
    project = await world.project("billing")
    secret = await world.secret(project, "KEY")
    machine = await provisioned(world, Scope([project.id], [secret.id]))
    file = await download_key_file(world.core, STRANGER, machine.token)
    identity, cli, key = unpacked(file)
    signer = TestMachine(machine.machine.id, key)
    read = await read_secret_value(world.core, await signer.caller(world), secret.id)
    view = await read_machine(world.core, world.owner, str(machine.machine.id))

    assert await world.open_value(secret.id) == read.value.reveal().decode()
    assert (str(machine.machine.id), "billing container") == (
        identity["machineId"],
        identity["machineName"],
    )
    assert project.id == cli["projectId"]
    assert view.delivered_at is not None
    assert "strongroom-billing-container.zip" == file.name
    assert ["done"] == [each["outcome"] for each in await world.entries("machine_bundle_download")]


async def test_loading_the_page_changes_nothing(
    world: World, administrator: OpenConnection
) -> None:
    """M-4: loading the page 500 times, as previews do, changes nothing; one of two downloads succeeds."""
    machine = await provisioned(world)
    looked = [await is_key_file(world.core, machine.token) for _ in range(500)]
    results = await asyncio.gather(
        *(download_key_file(world.core, STRANGER, machine.token) for _ in range(2)),
        return_exceptions=True,
    )

    assert all(looked)
    assert [NotFound] == [type(each) for each in results if not isinstance(each, KeyFile)]
    assert not await is_key_file(world.core, machine.token)
    assert 0 == await administrator.fetchval("select count(*) from machine_bundle")


@pytest.mark.parametrize("downloaded", [True, False])
async def test_no_key_is_left_after_fifteen_minutes(
    world: World, clock: MovableClock, administrator: OpenConnection, *, downloaded: bool
) -> None:
    """M-4, E-5: the link works for fifteen minutes, and after that no row contains the key in any form.

    Until then, the stored key can't be decrypted with everything that the database and the server have.
    """
    machine = await provisioned(world)
    clock.move(timedelta(minutes=15) - MOMENT)
    if downloaded:
        _, _, key = unpacked(await download_key_file(world.core, STRANGER, machine.token))
        # At the end of the run, the rows, the WAL and the logs are searched for these.
        for text in (b64encode(bytes(key)).decode().rstrip("="), bytes(key).hex()):
            world.markers.note(text)
    clock.move(MOMENT)
    with pytest.raises(NotFound, match="key file not found"):
        await download_key_file(world.core, STRANGER, machine.token)
    await tidy(world.core)
    view = await read_machine(world.core, world.owner, str(machine.machine.id))

    assert 0 == await administrator.fetchval("select count(*) from machine_bundle")
    assert (downloaded, None) == (view.delivered_at is not None, view.bundle_expires_at)
    destroyed = await world.entries("machine_bundle_destroy")
    assert ([] if downloaded else ["done"]) == [each["outcome"] for each in destroyed]


@pytest.mark.parametrize("folder", ["etc", "/etc/../x", "/a b", "/" + "a" * 200, "", "/a\n"])
async def test_a_folder_is_an_absolute_path(world: World, folder: str) -> None:
    """M-4: an invalid folder is rejected, because it is written into a file that programs trust."""
    with pytest.raises(Invalid) as invalid:
        await provision_machine(world.core, world.owner, name="x", scope=Scope(), folder=folder)

    assert "folder" == invalid.value.field


async def test_ephemeral_machines_are_disabled_at_expiry_and_deleted_thirty_days_later(
    world: World, clock: MovableClock
) -> None:
    """M-6: the worker disables expired machines, and later deletes them; each is logged once."""
    registered = await enroll(world, (await made(world, TERMS)).token)
    machine = str(registered.machine)
    clock.move(timedelta(hours=1))
    await tidy(world.core)
    await tidy(world.core)
    view = await read_machine(world.core, world.owner, machine)
    assert (False, "expired") == (view.enabled, view.state)
    clock.move(timedelta(days=30) - MOMENT)
    await tidy(world.core)
    await read_machine(world.core, world.owner, machine)
    clock.move(MOMENT)
    await tidy(world.core)
    with pytest.raises(NotFound):
        await read_machine(world.core, world.owner, machine)

    assert [machine] == [each["target_id"] for each in await world.entries("machine_expire")]
    assert [machine] == [each["target_id"] for each in await world.entries("machine_tidy")]
    assert [] == await maintain.due_machines(world.core)
