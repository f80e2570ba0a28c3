"""Machines whose key the server generates, such as containers, and their key files (M-4).

The key file is a zip of the identity's files, for a folder that is mounted. Anyone with the link can download
it once, within fifteen minutes. After that, it is deleted, whether or not it was downloaded.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from strongroom_core.access import gate
from strongroom_core.access.actions.machines import (
    MACHINE_BUNDLE_DESTROY,
    MACHINE_BUNDLE_DOWNLOAD,
    MACHINE_PROVISION,
)
from strongroom_core.crypto.bundle import open_machine_key, seal_machine_key
from strongroom_core.crypto.machine_key import new_machine_key
from strongroom_core.crypto.random import new_id
from strongroom_core.crypto.token import is_token, mint_token, token_hash
from strongroom_core.grants.scope import Scope, require_scope, with_projects
from strongroom_core.kernel.caller import System
from strongroom_core.kernel.errors import Invalid, NotFound
from strongroom_core.kernel.ids import VaultId
from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_core.kernel.names import require_name
from strongroom_core.machines.listing import machine_in
from strongroom_core.machines.registration import NewMachine, insert_machine
from strongroom_core.machines.views import MachineView, Way
from strongroom_core.schema.machines import MachineBundle

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.crypto.machine_key import MachineKey
    from strongroom_core.db.connection import Row
    from strongroom_core.kernel.caller import Human, Visitor

LIFETIME = timedelta(minutes=15)
TOKEN = "srp"  # the tokens' prefix
DEFAULT_FOLDER = "/etc/strongroom"
_FOLDER = re.compile(r"(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*){1,16}")
_FOLDER_LENGTH = 200
_MODE_OF_FILE = 0o100600 << 16
_LONG_AGO = (2020, 1, 1, 0, 0, 0)
"""The files' modification time. Zip files can't contain a time before 1980."""

# Whichever request deletes the row gets the file.
_TAKE = """
delete from machine_bundle where machine = $1 and token_hash = $2 and expires_at > $3
returning ciphertext, folder
"""

_IDENTITY = """
select m.id, m.name, p.id as project, p.name as project_name from machine m
left join lateral (
    select p.id, p.name from attachment a join project p on p.vault = a.vault and p.id = a.project
    where a.machine = m.id order by a.attached_at, p.name limit 1
) p on true
where m.id = $1
"""


@dataclass(frozen=True, slots=True)
class Provisioned:
    """A new machine, and the token in the link to its key file, which is shown once."""

    token: str = field(repr=False)
    machine: MachineView
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A zip with a private key. It is sent, but not kept."""

    name: str
    content: bytes = field(repr=False)


async def provision_machine(
    core: Core, caller: Human, *, name: str, scope: Scope, folder: str = DEFAULT_FOLDER
) -> Provisioned:
    """Create an approved machine with a key and this access. Its key file can be downloaded once.

    `folder` is where the file's content will be mounted. Raises `Invalid`, and the errors of `require_scope`.
    """
    require_name(name, field="name", most=NAME_LENGTH)
    if len(folder) > _FOLDER_LENGTH or not _FOLDER.fullmatch(folder):
        raise Invalid(
            "folder must be an absolute path such as /etc/strongroom, with only letters, digits, . _ - and /",
            field="folder",
        )
    token, hashed = mint_token(TOKEN)
    key = new_machine_key()
    async with gate.perform(core, caller, MACHINE_PROVISION) as act:
        scope = await with_projects(act, scope)
        await require_scope(act, scope)
        new = NewMachine(
            way=Way.PREPROVISIONED,
            public_key=b64decode(key.public_key),
            name=name,
            hostname=_hostname_of(name),
            approved=True,
            scope=scope,
        )
        registered = await insert_machine(act, new)
        until = act.at + LIFETIME
        bundle = MachineBundle(
            vault=act.vault,
            id=new_id("bun"),
            machine=registered.machine,
            token_hash=hashed,
            ciphertext=seal_machine_key(
                token, key, deployment=core.deployment, vault=act.vault, machine=registered.machine
            ),
            folder=folder,
            created_at=act.at,
            expires_at=until,
        )
        await act.run(MachineBundle.insert(bundle))
        await act.connection.execute(
            "update machine set bundle_expires_at = $2 where id = $1", registered.machine, until
        )
        view = await machine_in(act, str(registered.machine), core.countries)
    return Provisioned(token, view, until)


async def is_key_file(core: Core, token: str) -> bool:
    """Whether a key file can be downloaded with this token now. Doesn't change anything."""
    return await _find(core, token) is not None


async def download_key_file(core: Core, caller: Visitor, token: str) -> KeyFile:
    """Return the key file, and delete it from the server. Only one of several simultaneous requests gets it.

    Raises `NotFound` if it was already downloaded, was deleted after fifteen minutes, or never existed.
    """
    found = await _find(core, token)
    if found is None:
        raise NotFound("key file")
    vault, machine = found
    # The link's holder acts in the vault that created the machine.
    job = System("provision", vault, caller.origin)
    async with gate.perform(core, job, MACHINE_BUNDLE_DOWNLOAD, str(machine)) as act:
        taken = await act.connection.fetchrow(_TAKE, machine, token_hash(token), act.at)
        row = await act.connection.fetchrow(_IDENTITY, machine)
        if taken is None or row is None:
            raise NotFound("key file")
        await act.connection.execute(
            "update machine set delivered_at = $2, bundle_expires_at = null where id = $1",
            machine,
            act.at,
        )
        key = open_machine_key(
            token, taken["ciphertext"], deployment=core.deployment, vault=vault, machine=machine
        )
        # The file is returned only after the commit.
        return _zipped(key, row, vault, taken["folder"], core.settings.public_url)


async def destroy_key_file(core: Core, caller: System, machine: str) -> None:
    """Delete a key file that nobody downloaded in time. Raises `NotFound` if it no longer exists."""
    async with gate.perform(core, caller, MACHINE_BUNDLE_DESTROY, machine) as act:
        gone = await act.connection.fetchval(
            "delete from machine_bundle where machine = $1 and expires_at <= $2 returning true",
            UUID(machine),
            act.at,
        )
        if not gone:
            raise NotFound("key file")
        await act.connection.execute(
            "update machine set bundle_expires_at = null where id = $1", UUID(machine)
        )


def _zipped(key: MachineKey, row: Row, vault: str, folder: str, url: str) -> KeyFile:
    """Build the zip in memory, with the layout of a client's home. Only their owner can read the files."""
    inside = f"vaults/{vault}"
    identity = {
        "machineId": str(row["id"]),
        "machineName": row["name"],
        "vaultId": vault,
        "apiUrl": url,
        "privateKeyPath": f"{folder}/{inside}/private.pem",
    }
    project = {"vaultId": vault, "projectId": row["project"], "projectName": row["project_name"]}
    files = {
        "identity.json": json.dumps(identity).encode() + b"\n",
        "private.pem": key.to_pem(),
        "cli.json": json.dumps(project).encode() + b"\n",
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(f"{inside}/{name}", _LONG_AGO)
            entry.external_attr = _MODE_OF_FILE
            archive.writestr(entry, content)
    return KeyFile(f"strongroom-{_hostname_of(row['name'])}.zip", buffer.getvalue())


def _hostname_of(name: str) -> str:
    """Return a name that can be used as a hostname and as part of a file name."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")
    return plain or "machine"


async def _find(core: Core, token: str) -> tuple[VaultId, UUID] | None:
    if not is_token(token, TOKEN):
        return None
    async with core.database.transaction(None) as connection:
        row = await connection.fetchrow(
            "select * from machine_bundle_by_hash($1, $2)", token_hash(token), core.clock.now()
        )
    return (VaultId(row["vault"]), row["machine"]) if row is not None else None
