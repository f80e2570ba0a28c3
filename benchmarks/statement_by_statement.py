"""The baseline: the same checks and events, with one statement for each, and one transaction per read."""

from __future__ import annotations

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.secrets import SECRET_READ
from strongroom_core.access.admission import admit_machine
from strongroom_core.access.machine_checks import State
from strongroom_core.access.project_lock import hold_for_reading
from strongroom_core.core import Core
from strongroom_core.crypto.aad import MaterialAddress
from strongroom_core.crypto.decrypt import decrypt_value
from strongroom_core.crypto.encrypt import EncryptedValue
from strongroom_core.crypto.keyring import WrappedKey
from strongroom_core.kernel.caller import Machine
from strongroom_core.kernel.ids import SecretId
from strongroom_core.reading.checks import refuse_secret
from strongroom_core.reading.deliver import SecretValue
from strongroom_core.reading.poll import Watched


async def read_one(core: Core, caller: Machine, secret: str) -> SecretValue:
    async with gate.perform_batch(core, caller.vault) as reads:
        connection = reads.connection
        name = await admit_machine(core, connection, caller)
        await hold_for_reading(connection, [secret], [caller.id])
        found = await connection.fetchrow(
            "select id, name, project, current_version from secret"
            " where id = $1 and trashed_at is null",
            secret,
        )
        project = await connection.fetchrow(
            "select frozen_at is not null as frozen from project where id = $1 and trashed_at is null",
            found["project"] if found else None,
        )
        attached = await connection.fetchval(
            "select true from attachment where machine = $1 and project = $2",
            caller.id,
            found["project"] if found else None,
        )
        granted = await connection.fetchrow(
            "select fields, seen_version from secret_grant where machine = $1 and secret = $2",
            caller.id,
            secret,
        )
        facts = Watched(
            id=secret,
            exists=found is not None and project is not None,
            frozen=bool(project and project["frozen"]),
            attached=bool(attached),
            granted=granted is not None,
            version=1,
            news=False,
        )
        refusal = refuse_secret(facts, State(reads.at))
        if refusal is not None or found is None:
            raise refusal or LookupError
        material = await connection.fetchrow(
            "select m.id, m.project_key, m.data_key, m.ciphertext from secret_version v"
            " join secret_material m on m.secret = v.secret and m.id = v.material"
            " where v.secret = $1 and v.number = $2",
            secret,
            found["current_version"],
        )
        if material is None:
            raise LookupError
        key = await connection.fetchrow(
            "select id, root_version, wrapped from project_key where id = $1",
            material["project_key"],
        )
        if key is None:
            raise LookupError
        subject = gate.Subject(ObjectKind.SECRET, secret, found["name"], found["project"])
        reads.log(caller, name, SECRET_READ, subject, detail={"version": 1})
    wrapped = WrappedKey(key["id"], key["root_version"], key["wrapped"])
    opened = core.require_keyring().unwrap_project_key(wrapped, caller.vault, found["project"])
    address = MaterialAddress(
        core.deployment, caller.vault, found["project"], secret, material["id"]
    )
    value = decrypt_value(
        opened, address, EncryptedValue(material["data_key"], material["ciphertext"])
    )
    return SecretValue(
        SecretId(secret), found["name"], found["project"], found["current_version"], None, value
    )
