"""A machine's identity on disk, in the layout that clients expect (WIRE, section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from strongroom_core.crypto.machine_key import MachineKey

if TYPE_CHECKING:
    from pathlib import Path

    from strongroom_testkit.machine import TestMachine


def write_identity(
    home: Path, machine: TestMachine, *, vault: str, url: str, name: str = "web-1"
) -> Path:
    """Write `identity.json` and `private.pem` below `home`; return the vault's folder.

    `url` is `https://…` or `http://localhost…`. Folders get mode 0700, and files get mode 0600.
    """
    folder = home / "vaults" / vault
    for each in (home, home / "vaults", folder):
        each.mkdir(mode=0o700, exist_ok=True)
    key_file = folder / "private.pem"
    identity = {
        "machineId": str(machine.id),
        "machineName": name,
        "vaultId": vault,
        "apiUrl": url,
        "privateKeyPath": str(key_file),
    }
    for file, content in (
        (key_file, MachineKey(bytes(machine.key)).to_pem()),
        (folder / "identity.json", msgspec.json.encode(identity)),
    ):
        file.touch(mode=0o600)
        file.write_bytes(content)
    return folder
