"""Interruptions of the registration script: a cut download, a signal, a crash (M-3)."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from strongroom_core.core import Core
from strongroom_core.machines.bootstrap import create_bootstrap_token, is_bootstrap_token
from strongroom_core.machines.listing import read_machine
from strongroom_testkit.world import World

GENEROUS_SECONDS = 60.0


async def run(command: str, home: Path, path: Path | None = None) -> tuple[int, str]:
    """Run a shell command to completion, with programs from `path` taking precedence."""
    before = f"{path}:" if path is not None else ""
    process = await asyncio.create_subprocess_exec(
        "sh",
        "-c",
        command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"PATH": before + os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home)},
    )
    output, _ = await asyncio.wait_for(process.communicate(), GENEROUS_SECONDS)
    return process.returncode or 0, output.decode()


@pytest.fixture
async def script(world: World, served: str, tmp_path: Path) -> Any:
    """Fetch a script with a new token."""

    async def script() -> tuple[Path, str]:
        token = world.markers.note((await create_bootstrap_token(world.core, world.owner)).token)
        file = tmp_path / "script"
        await run(f"curl -sS -o '{file}' {served}/v1/bootstrap/{token}", tmp_path)
        return file, token

    return script


def program(folder: Path, name: str, text: str) -> None:
    """Create a program that is found before the system's program of the same name."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o700)


async def test_a_truncated_script_does_nothing(core: Core, tmp_path: Path, script: Any) -> None:
    """M-3: the script does nothing until all of it has arrived."""
    file, token = await script()
    text = file.read_text()
    home = tmp_path / "home"
    home.mkdir()
    for end in range(0, len(text) - len('main "$@"\n'), 97):
        (tmp_path / "part").write_text(text[:end])
        await run(f"sh '{tmp_path}/part'", home)

        assert [] == list(home.iterdir()), text[:end][-40:]
    assert await is_bootstrap_token(core, token)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it(
    core: Core, tmp_path: Path, script: Any, number: signal.Signals
) -> None:
    """M-3: after a signal, the script does nothing more and leaves nothing behind."""
    file, token = await script()
    home = tmp_path / "home"
    home.mkdir()
    # The program that is running when the signal arrives exits normally, as if it hadn't received it.
    program(tmp_path / "bin", "hostname", f"kill -{int(number)} $MAIN")
    status, said = await run(f"export MAIN=$$; exec sh '{file}'", home, tmp_path / "bin")

    assert 128 + number == status, said
    assert [] == list(home.iterdir())
    assert await is_bootstrap_token(core, token)


async def test_no_crash_mixes_two_identities(
    core: Core, world: World, tmp_path: Path, script: Any
) -> None:
    """M-3: if the script is stopped before any of its renames, the identity on disk still matches its key."""
    home = tmp_path / "home"
    home.mkdir()
    seen: set[str] = set()
    programs = tmp_path / "bin"
    for crash_at in range(6):
        count = tmp_path / "count"
        count.write_text("")
        for name in ("cp", "mv", "rm"):
            program(
                programs,
                name,
                f"case \"$*\" in *vaults*) echo >>'{count}';"
                f" [ $(wc -l <'{count}') -le {crash_at} ] || kill -9 $PPID;; esac\n"
                f"[ $(wc -l <'{count}') -le {crash_at} ] || exit 1\nexec /bin/{name} \"$@\"",
            )
        if crash_at == 0:
            file, _ = await script()
            await run(f"sh '{file}'", home)
        file, _ = await script()
        status, _ = await run(f"sh '{file}' --replace", home, programs)
        (identity_file,) = home.glob(".strongroom/vaults/*/identity.json")
        identity = json.loads(identity_file.read_bytes())
        key = load_pem_private_key(Path(identity["privateKeyPath"]).read_bytes(), None)
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        stored = await read_machine(core, world.owner, identity["machineId"])
        seen.add(identity["machineId"])

        assert 0 != status
        assert fingerprint(public) == stored.fingerprint, f"crash at {crash_at}"
    file, _ = await script()
    status, said = await run(f"sh '{file}' --replace", home)
    folder = home / ".strongroom" / "vaults" / world.person.vault

    assert 0 == status, said
    assert {"identity.json", "private.pem"} <= {path.name for path in folder.iterdir()}
    assert [] == list(folder.glob("private.pem.*"))
    assert 0o600 == stat.S_IMODE((folder / "private.pem").stat().st_mode)
    assert len(seen) > 2


def fingerprint(public: bytes) -> str:
    """The fingerprint that people compare: the SHA-256 in hexadecimal, in groups of four."""
    return hashlib.sha256(public).digest().hex(" ", 2)
