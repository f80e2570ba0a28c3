"""The demo's machine, which is registered and approved like any other, and then reads a secret."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from strongroom_core.access.callers import new_request_id
from strongroom_core.crypto.machine_key import MachineKey, new_machine_key
from strongroom_core.grants.attachments import attach_machine
from strongroom_core.grants.manage import Wanted, set_grants
from strongroom_core.grants.scope import Scope
from strongroom_core.kernel.caller import Visitor
from strongroom_core.kernel.limits import USES_MOST
from strongroom_core.kernel.origin import Origin
from strongroom_core.machines.bootstrap import create_bootstrap_token, register_machine
from strongroom_core.machines.enrollment import NewToken, create_enrollment_token
from strongroom_core.machines.lifecycle import approve_machine
from strongroom_core.machines.temporary import NewTemporary, create_temporary_token
from strongroom_core.machines.terms import Terms
from strongroom_server.demo.canary import DemoCanary, add_canary
from strongroom_server.demo.content import ENVIRONMENTS, SHOP
from strongroom_server.demo.issuer import DemoIssuer, add_issuer
from strongroom_server.demo.policies import add_policies
from strongroom_server.files import write_whole
from strongroom_wire.canonical import signed_bytes

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_server.demo.vault import Demo

HOSTNAME = "shop-web-1"
PLACE = f"{SHOP.name}/{ENVIRONMENTS[-1]}"
NOT_GRANTED = f"{PLACE}/SESSION_SECRET"
"""One secret in the project isn't granted, so that the log shows a denied read too."""


@dataclass(frozen=True, slots=True)
class DemoMachine:
    """The machine, the folder with its identity, and the secrets it can read, by name.

    The enrollment token, the trusted issuer and the temporary machine give access to the same secrets.
    """

    id: UUID
    home: Path
    granted: list[str]
    key: MachineKey
    enrollment_token: str
    issuer: DemoIssuer
    temporary: UUID
    temporary_home: Path
    canary: DemoCanary
    policies: dict[str, Any]
    """What the ready file says about secrets with policies."""


async def add_machine(core: Core, human: Human, demo: Demo, home: Path) -> DemoMachine:
    """Register a machine, approve it, grant it secrets, and write its identity to `home`.

    The folder has the layout that clients expect (WIRE, section 4).
    """
    token = await create_bootstrap_token(core, human)
    key = new_machine_key()
    made = await register_machine(
        core,
        Visitor(Origin("127.0.0.1", new_request_id())),
        token.token,
        public_key=key.public_key,
        hostname=HOSTNAME,
    )
    machine = str(made.machine)
    await approve_machine(core, human, machine)
    project = demo.projects[PLACE]
    await attach_machine(core, human, project, machine=machine)
    granted = [
        name
        for name, secret in demo.secrets.items()
        if secret.project_id == project and name != NOT_GRANTED
    ]
    wanted = [Wanted(demo.secrets[name].id) for name in granted]
    await set_grants(core, human, project, machine=machine, wanted=wanted)
    url = core.settings.public_url
    await asyncio.to_thread(_write_identity, home, demo, machine, made.name, url, key)
    scope = Scope([project], [demo.secrets[name].id for name in granted])
    other = home.with_name("temporary-home")
    temporary = await _add_temporary(core, human, demo, scope, other)
    return DemoMachine(
        made.machine,
        home,
        granted,
        key,
        await _add_enrollment_token(core, human, scope),
        await add_issuer(core, human, scope, home.with_name("issuer")),
        temporary,
        other,
        await add_canary(core, human, machine),
        await add_policies(core, human, machine, str(temporary)),
    )


async def _add_enrollment_token(core: Core, human: Human, scope: Scope) -> str:
    """Create an enrollment token, and return its text."""
    terms = Terms(scope=scope, machine_lifetime=3600, max_uses=USES_MOST)
    wanted = NewToken(name="shop-autoscaling", lifetime=86_400, terms=terms)
    return (await create_enrollment_token(core, human, wanted)).token


async def _add_temporary(core: Core, human: Human, demo: Demo, scope: Scope, home: Path) -> UUID:
    """Register and approve a temporary machine, grant it secrets, and write its identity to `home`."""
    lifetime = NewTemporary(name="shop-audit", lifetime=7 * 86_400, token_lifetime=3600)
    token = await create_temporary_token(core, human, lifetime)
    key = new_machine_key()
    made = await register_machine(
        core,
        Visitor(Origin("127.0.0.1", new_request_id())),
        token.token,
        public_key=key.public_key,
        hostname="auditor-laptop",
        temporary_in=demo.vault,
    )
    machine = str(made.machine)
    await approve_machine(core, human, machine)
    wanted = [Wanted(secret) for secret in scope.secrets]
    await set_grants(core, human, demo.projects[PLACE], machine=machine, wanted=wanted)
    url = core.settings.public_url
    await asyncio.to_thread(_write_identity, home, demo, machine, made.name, url, key)
    return made.machine


async def read_once(core: Core, machine: DemoMachine, demo: Demo) -> None:
    """Read one granted secret with a signed request over HTTP, as the machine would."""
    path = f"/v1/secret/{demo.secrets[machine.granted[0]].id}"
    at, nonce = int(core.clock.now().timestamp()), new_request_id()
    headers = {
        "X-Machine-Id": str(machine.id),
        "X-Timestamp": str(at),
        "X-Nonce": nonce,
        "X-Signature": machine.key.sign(signed_bytes("GET", path, at, nonce, b"")),
    }
    request = Request(core.settings.public_url + path, headers=headers)  # noqa: S310 -- our own URL
    await asyncio.to_thread(_fetch, request)


def _fetch(request: Request) -> None:
    with urlopen(request, timeout=30) as answer:  # noqa: S310 -- our own URL
        answer.read()


def _write_identity(
    home: Path, demo: Demo, machine: str, name: str, url: str, key: MachineKey
) -> None:
    folder = home / "vaults" / demo.vault
    folder.mkdir(mode=0o700, parents=True)
    for each in (home, home / "vaults"):
        each.chmod(0o700)
    private = folder / "private.pem"
    identity = {
        "machineId": machine,
        "machineName": name,
        "vaultId": demo.vault,
        "apiUrl": url,
        "privateKeyPath": str(private),
    }
    project = {"vaultId": demo.vault, "projectId": demo.projects[PLACE], "projectName": PLACE}
    write_whole(private, key.to_pem())
    write_whole(folder / "identity.json", json.dumps(identity).encode())
    write_whole(folder / "cli.json", json.dumps(project).encode())
