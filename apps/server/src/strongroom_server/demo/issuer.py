"""The demo's OpenID Connect issuer, which the demo vault trusts (M-11).

The issuer has no server: the trust contains its public keys, and any program that can read the file
with the signing key can create ID tokens.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.crypto.issuer_key import IssuerKey
from strongroom_core.kernel.limits import USES_MOST
from strongroom_core.machines.claims import Template
from strongroom_core.machines.terms import Terms
from strongroom_core.machines.trusts import NewTrust, create_trust
from strongroom_server.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from strongroom_core.core import Core
    from strongroom_core.grants.scope import Scope
    from strongroom_core.kernel.caller import Human

ISSUER = "https://issuer.demo.example"
ALGORITHM = "RS256"
"""The algorithm that GitHub, GitLab and Kubernetes sign with."""

CONDITIONS = {"repository": "demo/shop", "sub": "repo:demo/shop:ref:refs/heads/main"}


@dataclass(frozen=True, slots=True)
class DemoIssuer:
    """The issuer, the files with its public and private keys, and the trust in it.

    Tokens bound to a machine's key with the claims in `CONDITIONS` register machines.
    """

    jwks_file: Path
    signing_key_file: Path
    trust: str


async def add_issuer(core: Core, human: Human, scope: Scope, folder: Path) -> DemoIssuer:
    """Create an issuer, trust its jobs with this access, and write its keys to `folder`."""
    key = await asyncio.to_thread(IssuerKey.generate, ALGORITHM, "demo")
    key_set = json.dumps({"keys": [key.jwk()]})
    wanted = NewTrust(
        name="shop-ci",
        template=Template.GITHUB,
        issuer=ISSUER,
        keys=key_set,
        conditions=CONDITIONS,
        terms=Terms(scope=scope, machine_lifetime=3600, max_uses=USES_MOST),
    )
    trust = await create_trust(core, human, wanted)
    made = DemoIssuer(folder / "jwks.json", folder / "signing-key.pem", trust.id)

    def write() -> None:
        folder.mkdir(mode=0o700)
        write_whole(made.jwks_file, key_set.encode() + b"\n")
        write_whole(made.signing_key_file, key.pem())

    await asyncio.to_thread(write)
    return made
