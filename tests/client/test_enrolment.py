"""How a machine gets an identity with the SDK: on disk, and in memory (M-2, M-3, D-2)."""

from __future__ import annotations

import json
import os
import stat
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from strongroom import (
    AccessDenied,
    BadIdentity,
    Conflict,
    Identity,
    NotFound,
    ServerError,
    Strongroom,
    Unavailable,
    Unreachable,
    bootstrap,
    enroll,
    server_status,
)
from strongroom._internal.unsigned import this_hostname
from strongroom_core.machines.bootstrap import create_bootstrap_token, is_bootstrap_token
from strongroom_core.machines.lifecycle import approve_machine
from strongroom_core.machines.listing import read_machine
from strongroom_testkit.machine import TestMachine, grant
from strongroom_testkit.markers import search
from strongroom_testkit.problems import problem
from strongroom_testkit.world import World

MACHINE = "0b6f3b62-6a7f-4f0e-9d5d-2f3a4b5c6d7e"


@pytest.fixture
def fresh_token(world: World):
    """Create a registration token."""

    async def fresh_token() -> str:
        return world.markers.note((await create_bootstrap_token(world.core, world.owner)).token)

    return fresh_token


# On disk, against the real server ------------------------------------------------------------------


async def test_bootstrap(
    world: World, served: str, does: Any, home: Path, fresh_token: Any
) -> None:
    """M-3: a machine registers, is approved and reads; its files are 0600, in 0700 folders."""
    token = await fresh_token()
    identity = await does(bootstrap, served, token, hostname="web-7")
    machine = await read_machine(world.core, world.owner, identity.machine_id)
    folder = home / "vaults" / world.person.vault

    assert ("web-7", "pending", identity.fingerprint) == (
        machine.name,
        machine.state,
        machine.fingerprint,
    )
    assert identity == Identity.load(folder)
    assert ["identity.json", "private.pem"] == sorted(file.name for file in folder.iterdir())
    assert [folder] == list(folder.parent.iterdir())
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (home, *home.rglob("*"))}
    assert {0o700} == {mode for path, mode in modes.items() if path.is_dir()}
    assert {0o600} == {mode for path, mode in modes.items() if path.is_file()}
    assert [] == search([home], [token])
    with Strongroom() as client:
        with pytest.raises(AccessDenied, match="pending approval"):
            await does(client.list_secrets)
        await approve_machine(world.core, world.owner, identity.machine_id)
        project = await world.project("billing")
        secret = await world.secret(project, "A")
        machine_id: Any = identity.machine_id
        key: Any = None
        await grant(world, TestMachine(machine_id, key), project, secret)
        value = await does(client.get_secret, secret.id)

    assert await world.open_value(secret.id) == value.reveal()


async def test_bootstrap_does_not_overwrite(
    world: World, served: str, does: Any, home: Path, fresh_token: Any
) -> None:
    """M-3: an existing identity and the token are kept, unless replacement was requested."""
    first = await does(bootstrap, served, await fresh_token())
    token = await fresh_token()
    with pytest.raises(
        Conflict, match=r"an identity already exists: .*identity\.json: pass replace"
    ):
        await does(bootstrap, served, token)

    assert await is_bootstrap_token(world.core, token)
    assert first == Identity.load(home / "vaults" / world.person.vault)
    pending = home / "vaults" / world.person.vault / "private.pem.new"
    pending.write_text("the rest of a rotation that was cut off")
    second = await does(bootstrap, served, token, replace=True)
    assert second == Identity.load(home / "vaults" / world.person.vault)
    assert first.machine_id != second.machine_id
    assert not pending.exists()
    elsewhere = await does(bootstrap, served, await fresh_token(), home=home.parent / "elsewhere")
    assert home.parent / "elsewhere" in (elsewhere.path or Path()).parents


async def test_tokens_that_are_not_accepted(
    world: World, served: str, does: Any, home: Path, fresh_token: Any
) -> None:
    """M-3: used and unknown tokens give the same error, which doesn't repeat the token; no file is left."""
    token = await fresh_token()
    await does(bootstrap, served, token, home=home.parent / "used")
    for each in (token, "srb_" + "x" * 48, ""):
        with pytest.raises(NotFound) as error:
            await does(bootstrap, served, each)

        assert not each or each not in str(error.value)
    assert [] == [path for path in home.rglob("*") if path.is_file()]


async def test_an_unwritable_folder(
    world: World, served: str, does: Any, tmp_path: Path, fresh_token: Any
) -> None:
    """M-3: an unwritable folder is detected before the token is spent."""
    token = await fresh_token()
    (tmp_path / "file").write_text("")
    with pytest.raises(BadIdentity, match="can't write"):
        await does(bootstrap, served, token, home=tmp_path / "file")

    assert await is_bootstrap_token(world.core, token)


@pytest.mark.parametrize("url", ["http://strongroom.example", "ftp://x", "", "https://host/prefix"])
async def test_invalid_server_addresses(url: str, home: Path) -> None:
    """WIRE 4: a token is sent only over TLS or to this machine itself."""
    for call in (
        lambda: bootstrap(url, "MARKER-token"),
        lambda: enroll(url, "vault_a", "MARKER-token"),
    ):
        with pytest.raises(BadIdentity, match="invalid server URL"):
            call()


async def test_an_unreachable_server(home: Path) -> None:
    """M-3: nothing remains on disk if the server can't be reached."""
    with pytest.raises(Unreachable):
        bootstrap("http://localhost:1", "token")

    assert [] == [path for path in home.rglob("*") if path.is_file()]


def test_the_name_of_this_machine() -> None:
    """M-3: the name derived from this machine has a form that servers accept."""
    from strongroom_core.machines.registration import require_hostname  # noqa: PLC0415 -- only here

    assert this_hostname() == require_hostname(this_hostname())


def test_a_killed_registration(home: Path, tmp_path: Path) -> None:
    """M-3: at each step, the identity refers to an existing key that belongs to it (killed by `_exit`)."""
    import ast  # noqa: PLC0415 -- only here

    from strongroom._internal import identity_files  # noqa: PLC0415 -- the same
    from strongroom._internal.private_key import PrivateKey  # noqa: PLC0415 -- the same

    source = Path(identity_files.__file__).read_text()
    (write,) = [
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and node.name == "write_identity"
    ]
    old = Identity(MACHINE, "old", "vault_cut", "http://localhost:1", PrivateKey.generate())
    keys = {"old": old.key}
    seen: list[str] = []
    for step in range(1, len(write.body)):
        where = tmp_path / f"home-{step}"
        first = identity_files.write_new_key(where, old.key)
        identity_files.write_identity(where, old, first, overwrite=False)
        key = PrivateKey.generate()
        new = Identity(MACHINE.replace("0b", "0c"), "new", "vault_cut", "http://localhost:1", key)
        keys["new"] = key
        prepared = identity_files.write_new_key(where, key)
        body = ast.parse(source)
        for node in body.body:
            if isinstance(node, ast.FunctionDef) and node.name == "write_identity":
                node.body.insert(step, ast.parse("raise SystemExit").body[0])
        ast.fix_missing_locations(body)
        scope: dict[str, Any] = {}
        exec(compile(body, "cut", "exec"), scope)
        with pytest.raises(SystemExit):
            scope["write_identity"](where, new, prepared, overwrite=True)
        found = Identity.load(where / "vaults" / "vault_cut")

        assert keys[found.machine_name] == found.key, step
        seen.append(found.machine_name)
    assert {"old", "new"} == set(seen)


# In memory, against a stand-in, because the server doesn't have this yet --------------------------


def test_enroll(stand_in: Any, scripted: Any, home: Path) -> None:
    """M-2, WIRE 3: the request has exactly the expected bytes, and the identity isn't written anywhere."""
    stand_in.answers(
        scripted(
            201,
            {
                "machineId": MACHINE,
                "machineName": "ci-1",
                "vaultId": "vault_abc123",
                "expiresAt": 1767225600,
                "apiUrl": stand_in.url,
            },
        ),
        scripted(content={"secrets": []}),
    )
    identity = enroll(stand_in.url, "vault_abc123", "MARKER-token", hostname="ci", name="ci-1")
    with Strongroom(identity) as client:
        listed = client.list_secrets()
    asked, signed = stand_in.asked
    body = json.loads(asked.body)

    assert ("POST", "/v1/vault_abc123/enroll/register") == (asked.method, asked.path)
    assert "application/json" == asked.headers["content-type"]
    assert not [name for name in asked.headers if name.startswith("x-")]
    assert {
        "token": "MARKER-token",
        "publicKey": identity.public_key,
        "hostname": "ci",
        "name": "ci-1",
    } == body
    assert 32 == len(b64decode(body["publicKey"]))
    assert (MACHINE, "ci-1", None, None) == (
        identity.machine_id,
        identity.machine_name,
        identity.path,
        identity.key_file,
    )
    assert ([], MACHINE) == (listed, signed.headers["x-machine-id"])
    assert not home.exists()


def test_enroll_without_a_name(stand_in: Any, scripted: Any) -> None:
    """WIRE 3: without a given name, `name` is omitted, and the hostname is this machine's."""
    stand_in.answers(scripted(404, problem(404, "not_found", "there is no such token here")))
    with pytest.raises(NotFound, match="no such token"):
        enroll(stand_in.url, "vault_abc123", "MARKER-token")
    body = json.loads(stand_in.asked[0].body)

    assert {"token", "publicKey", "hostname"} == body.keys()
    assert this_hostname() == body["hostname"]


def test_registrations_are_not_repeated_blindly(stand_in: Any, scripted: Any) -> None:
    """M-3: the request isn't repeated after a lost response, because the token may already be used."""
    for failing in (scripted(cut=-1), scripted(502), scripted(504), scripted(500), scripted(429)):
        stand_in.answers(failing)
        with pytest.raises(Exception, match=r"."):
            enroll(stand_in.url, "vault_abc123", "MARKER-token")

        assert 1 == len(stand_in.asked)
    stand_in.answers(
        scripted(503),
        scripted(429, problem(429, "too_many")),
        scripted(404, problem(404, "not_found")),
    )
    with pytest.raises(NotFound):
        enroll(stand_in.url, "vault_abc123", "MARKER-token")
    assert 3 == len(stand_in.asked)


@pytest.mark.parametrize(
    "changed",
    [
        {"machineId": "web-1"},
        {"machineId": None},
        {"vaultId": "../../etc"},
        {"apiUrl": "http://elsewhere.example"},
        {"machineName": 7},
    ],
)
def test_servers_that_give_nonsense(
    stand_in: Any, scripted: Any, home: Path, changed: dict[str, Any]
) -> None:
    """WIRE 4: names of machines and vaults from a server can't lead to another folder or host."""
    content = {
        "machineId": MACHINE,
        "machineName": "a",
        "vaultId": "vault_a",
        "apiUrl": stand_in.url,
    }
    stand_in.answers(scripted(201, {**content, **changed}))
    for call in (
        lambda: enroll(stand_in.url, "vault_abc123", "MARKER-token"),
        lambda: bootstrap(stand_in.url, "MARKER-token"),
    ):
        with pytest.raises((ServerError, Unavailable, BadIdentity)):
            call()
    assert [] == [path for path in home.parent.rglob("*") if path.is_file()]


# The status of a server --------------------------------------------------------------------------


async def test_the_status_of_a_server(world: World, core: Any, served: str, does: Any) -> None:
    """H-4: the status needs no identity and includes the server's time; sealed is a status, not an error."""
    well = await does(server_status, served)
    core.sealed = True
    sealed = await does(server_status, f"{served}/", timeout=30)
    core.sealed = False

    assert ("ok", "sealed") == (well["status"], sealed["status"])
    assert abs(well["serverTime"] - core.clock.now().timestamp()) < 60


def test_another_program_at_the_address(stand_in: Any, scripted: Any) -> None:
    """H-4: if something else responds at the address, that is an error."""
    for answer in (
        scripted(200, b"<html>"),
        scripted(200, {"other": 1}),
        scripted(200, {"status": "ok\x1b[31m"}),
        scripted(503, {"status": ["sealed"]}),
        scripted(503, b"<html>"),
        scripted(404),
        scripted(200, []),
    ):
        stand_in.answers(answer)
        with pytest.raises(Exception, match=r"malformed|answered"):
            server_status(stand_in.url)
    stand_in.answers(scripted(200, {"status": "ok"}, {"Date": "yesterday"}))
    assert isinstance(server_status(stand_in.url), dict)
    with pytest.raises(Unreachable):
        server_status("http://localhost:1", timeout=os.getpid() and 1.0)
