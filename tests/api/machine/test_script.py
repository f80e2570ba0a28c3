"""The registration script with real curl and openssl, under dash, in an empty home folder (M-3)."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import stat
import subprocess
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from nacl.signing import SigningKey

from strongroom_core.core import Core
from strongroom_core.kernel.page import PageRequest
from strongroom_core.machines.bootstrap import create_bootstrap_token, is_bootstrap_token
from strongroom_core.machines.lifecycle import approve_machine
from strongroom_core.machines.listing import list_machines, read_machine
from strongroom_core.machines.temporary import NewTemporary, create_temporary_token
from strongroom_core.reading.batch import read_secret_value
from strongroom_testkit.machine import TestMachine, grant
from strongroom_testkit.world import World
from strongroom_wire.usage import install_line

GENEROUS_SECONDS = 60.0
PAGE = PageRequest.parse(limit=None, cursor=None)


@dataclass(frozen=True, slots=True)
class Done:
    """The result of a shell command."""

    status: int
    said: str


@dataclass(frozen=True, slots=True)
class Shell:
    """A machine's shell, with its own home folder."""

    home: Path
    url: str
    variables: dict[str, str]

    async def bootstrap(self, token: str, options: str = "", vault: str | None = None) -> Done:
        """Run the command that the dashboard shows, for a temporary machine if a vault is given."""
        # A pipe's status is that of its last command, the script.
        path = "bootstrap" if vault is None else f"{vault}/temp-bootstrap"
        command = f"curl -sSL {self.url}/v1/{path}/{token} | dash {options}"
        process = await asyncio.create_subprocess_exec(
            "dash",
            "-c",
            command,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={"PATH": os.environ["PATH"], **self.variables},
        )
        output, _ = await asyncio.wait_for(process.communicate(), GENEROUS_SECONDS)
        return Done(process.returncode or 0, output.decode())

    def identities(self) -> list[Path]:
        """Return the existing identity files."""
        return sorted(self.home.glob("**/identity.json"))

    def machine(self) -> TestMachine:
        """Return the only identity, as the script wrote it."""
        (file,) = self.identities()
        identity = msgspec.json.decode(file.read_bytes())
        pem = Path(identity["privateKeyPath"]).read_bytes()
        key = load_pem_private_key(pem, None)
        assert isinstance(key, Ed25519PrivateKey)
        return TestMachine(identity["machineId"], SigningKey(key.private_bytes_raw()))


@pytest.fixture
def shell(served: str, tmp_path: Path) -> Shell:
    """An empty home folder."""
    home = tmp_path / "home with a space"
    home.mkdir()
    return Shell(home, served, {"HOME": str(home), "TMPDIR": str(tmp_path)})


async def fresh_token(world: World) -> str:
    """A token, recorded as a secret."""
    return world.markers.note((await create_bootstrap_token(world.core, world.owner)).token)


async def test_a_machine_is_made_that_reads_after_approval(
    core: Core, world: World, shell: Shell, tmp_path: Path
) -> None:
    """M-3: the script writes an identity (0600 in 0700), prints the fingerprint, and leaves nothing else."""
    done = await shell.bootstrap(await fresh_token(world))

    assert 0 == done.status, done.said
    machine = shell.machine()
    (file,) = shell.identities()
    folder = shell.home / ".strongroom" / "vaults" / world.person.vault
    assert folder / "identity.json" == file
    view = await read_machine(core, world.owner, str(machine.id))
    assert {
        "machineId": str(view.id),
        "machineName": view.name,
        "vaultId": world.person.vault,
        "apiUrl": shell.url,
        "privateKeyPath": str(folder / "private.pem"),
    } == msgspec.json.decode(file.read_bytes())
    for path, mode in (
        (shell.home / ".strongroom", 0o700),
        (folder.parent, 0o700),
        (folder, 0o700),
        (file, 0o600),
        (folder / "private.pem", 0o600),
    ):
        assert mode == stat.S_IMODE(path.stat().st_mode), path
    rows = re.findall(r"^    ((?:[0-9a-f]{4} ){7}[0-9a-f]{4})$", done.said, re.MULTILINE)
    assert view.fingerprint == " ".join(rows)
    assert f"{shell.url}/machines/{view.id}\n" in done.said
    assert "    strongroom list\n" in done.said
    has_command = shutil.which("strongroom") is not None
    assert has_command != (f"    {install_line(shell.url)}\n" in done.said)
    assert "pending" == view.state
    assert ["home with a space"] == [path.name for path in tmp_path.iterdir()]
    assert (folder / "private.pem").read_text() not in done.said

    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    await approve_machine(core, world.owner, str(machine.id))
    await grant(world, machine, project, secret)
    read = await read_secret_value(core, await machine.caller(world), secret.id)
    assert await world.open_value(secret.id) == read.value.reveal().decode()


async def test_pods_keep_their_key_in_memory(
    core: Core, world: World, shell: Shell, tmp_path: Path
) -> None:
    """M-3: for Kubernetes, the identity becomes a secret, and a manifest copies it into memory.

    With the manifest's own command, this machine can read.
    """
    programs, stored = tmp_path / "programs", tmp_path / "stored"
    programs.mkdir()
    stored.mkdir()
    kubectl = programs / "kubectl"
    kubectl.write_text(_KUBECTL)
    kubectl.chmod(0o755)
    path = f"{programs}:{os.environ['PATH']}"
    cluster = replace(shell, variables={**shell.variables, "PATH": path, "STORED": str(stored)})
    done = await cluster.bootstrap(f"{await fresh_token(world)}/k8s", "2>/dev/null")
    made = yaml.safe_load(done.said)
    pod = made["spec"]["template"]["spec"]
    volumes = {each["name"]: each for each in pod["volumes"]}
    [copying] = pod["initContainers"]
    [program] = pod["containers"]
    home = {each["name"]: each["value"] for each in program["env"]}["STRONGROOM_HOME"]
    command = (
        copying["command"][2]
        .replace("/identity/", f"{stored}/")
        .replace(home, f"'{shell.home}/pod'")
    )
    subprocess.run(["sh", "-ec", command], check=True)
    folder = shell.home / "pod" / "vaults" / world.person.vault
    identity = msgspec.json.decode((folder / "identity.json").read_bytes())

    assert 0 == done.status
    assert {"medium": "Memory", "sizeLimit": "1Mi"} == volumes["strongroom"]["emptyDir"]
    assert "strongroom-identity" == volumes["stored"]["secret"]["secretName"]
    assert ["strongroom"] == [each["name"] for each in program["volumeMounts"]]
    assert f"{home}/vaults/{world.person.vault}/private.pem" == identity["privateKeyPath"]
    assert 0o600 == stat.S_IMODE((folder / "private.pem").stat().st_mode)
    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    assert (await read_machine(core, world.owner, identity["machineId"])).state == "pending"
    assert [] == [*shell.home.glob(".strongroom")]


_KUBECTL = """#!/bin/sh
# Keeps the files that a secret is made from.
[ "$3" = create ] || exit 1
for each in "$@"; do
    case "$each" in --from-file=*) file="${each#--from-file=}"; cp "${file#*=}" "$STORED/${file%%=*}" ;; esac
done
echo "secret/$6 created"
"""


async def test_an_identity_is_not_overwritten(core: Core, world: World, shell: Shell) -> None:
    """M-3: the script stops before it uses the token; with `--replace`, a new machine takes over."""
    await shell.bootstrap(await fresh_token(world))
    before = shell.machine()
    token = await fresh_token(world)
    refused = await shell.bootstrap(token)

    assert 1 == refused.status
    assert "--replace" in refused.said
    assert before == shell.machine()
    assert await is_bootstrap_token(core, token)
    done = await shell.bootstrap(token, "-s -- --replace")
    assert 0 == done.status, done.said
    after = shell.machine()
    assert before.id != after.id
    assert bytes(before.key) != bytes(after.key)
    assert 2 == len((await list_machines(core, world.owner, PAGE)).items)


@pytest.mark.parametrize("kind", ["used", "unknown"])
async def test_invalid_tokens(core: Core, world: World, shell: Shell, kind: str) -> None:
    """M-3: the script reports the problem, exits with 1, and writes nothing."""
    token = "srb_" + "a" * 43
    if kind == "used":
        token = await fresh_token(world)
        other = Shell(shell.home, shell.url, {**shell.variables, "HOME": str(shell.home / "other")})
        (shell.home / "other").mkdir()
        await other.bootstrap(token)
        (shell.home / "other").rename(shell.home.parent / "other")
    done = await shell.bootstrap(token)

    assert (1, []) == (done.status, shell.identities())
    assert "was used, has expired or never existed" in done.said


async def test_a_script_whose_token_was_used(core: Core, world: World, shell: Shell) -> None:
    """M-3: a script that is run after its token was used prints the server's error."""
    token = await fresh_token(world)
    script = shell.home / "script"
    fetched = await asyncio.create_subprocess_exec(
        "curl", "-sS", "-o", str(script), f"{shell.url}/v1/bootstrap/{token}"
    )
    await fetched.wait()
    await shell.bootstrap(token)
    process = await asyncio.create_subprocess_exec(
        "dash",
        str(script),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"PATH": os.environ["PATH"], "HOME": "/nowhere", "STRONGROOM_HOME": f"{script}-home"},
    )
    output, _ = await asyncio.wait_for(process.communicate(), GENEROUS_SECONDS)

    assert 1 == process.returncode
    assert "registration token not found" in output.decode()
    assert not Path(f"{script}-home").exists()


async def test_the_folder_can_be_set(
    core: Core, world: World, shell: Shell, tmp_path: Path
) -> None:
    """WIRE 4: `STRONGROOM_HOME` sets the folder; an unknown option is rejected."""
    elsewhere = Shell(
        tmp_path / "elsewhere",
        shell.url,
        {**shell.variables, "STRONGROOM_HOME": str(tmp_path / "elsewhere")},
    )
    token = await fresh_token(world)
    wrong = await elsewhere.bootstrap(token, "-s -- --overwrite")

    assert (2, []) == (wrong.status, elsewhere.identities())
    assert await is_bootstrap_token(core, token)
    done = await elsewhere.bootstrap(token)
    assert 0 == done.status, done.said
    assert [] == shell.identities()
    assert world.person.vault == elsewhere.identities()[0].parent.name


async def test_without_openssl(core: Core, world: World, shell: Shell, tmp_path: Path) -> None:
    """M-3: the error names the missing program, and the token can still be used."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("dash", "curl", "cat", "mktemp", "rm"):
        (programs / name).symlink_to(Path("/usr/bin") / name)
    token = await fresh_token(world)
    poor = Shell(shell.home, shell.url, {**shell.variables, "PATH": str(programs)})
    done = await poor.bootstrap(token)

    assert (1, []) == (done.status, shell.identities())
    assert "openssl is required" in done.said
    assert await is_bootstrap_token(core, token)


async def test_the_script_makes_a_temporary_machine(core: Core, world: World, shell: Shell) -> None:
    """M-7: the same script, with real curl and openssl, registers a machine that expires, once."""
    wanted = NewTemporary(lifetime=3600, token_lifetime=3600)
    token = world.markers.note((await create_temporary_token(core, world.owner, wanted)).token)
    wrong = await shell.bootstrap(token)
    done = await shell.bootstrap(token, vault=world.person.vault)
    again = await shell.bootstrap(token, "-s -- --replace", vault=world.person.vault)
    view = await read_machine(core, world.owner, str(shell.machine().id))

    assert (1, 0, 1) == (wrong.status, done.status, again.status), done.said
    assert ("temporary", "pending") == (view.enrolled_by, view.state)
    assert view.expires_at is not None
    assert timedelta(hours=1) == view.expires_at - view.registered_at
