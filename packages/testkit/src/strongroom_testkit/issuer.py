"""An OpenID Connect issuer for tests. Its keys can be fetched from a simulated server."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from nacl.signing import SigningKey

from strongroom_core.crypto.id_token import key_binding
from strongroom_core.crypto.issuer_key import IssuerKey
from strongroom_core.crypto.random import random_bytes
from strongroom_core.grants.scope import Scope
from strongroom_core.machines.claims import Template
from strongroom_core.machines.terms import Terms
from strongroom_core.machines.trusts import NewTrust, create_trust
from strongroom_testkit.outside import Answer, answer

if TYPE_CHECKING:
    from strongroom_core.machines.views import TrustView
    from strongroom_testkit.world import World

HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Issuer:
    """An issuer with its signing keys; the first one signs."""

    url: str = "https://issuer.example"
    keys: list[IssuerKey] = field(default_factory=lambda: [IssuerKey.generate()])

    def key_set(self) -> bytes:
        """Return the public keys as a JSON Web Key Set."""
        return msgspec.json.encode({"keys": [each.jwk() for each in self.keys]})

    def answers(self) -> dict[str, Answer]:
        """Return the responses of the issuer's server."""
        about = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        return {
            "/.well-known/openid-configuration": answer(200, msgspec.json.encode(about)),
            "/keys": answer(200, self.key_set()),
        }

    def claims(self, world: World, key: SigningKey, **changes: Any) -> dict[str, Any]:
        """Return claims that `trust` accepts for a machine's key, with changes; None leaves a claim out."""
        now = int(world.core.clock.now().timestamp())
        claims = {
            "iss": self.url,
            "sub": "repo:acme/shop:ref:refs/heads/main",
            "aud": f"strongroom:{world.person.vault}:{key_binding(bytes(key.verify_key))}",
            "exp": now + 600,
            "iat": now,
            "jti": random_bytes(8).hex(),
            "repository": "acme/shop",
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, world: World, key: SigningKey, **changes: Any) -> str:
        """Return a signed token with these claims."""
        return self.keys[0].sign(self.claims(world, key, **changes))


def new_key() -> SigningKey:
    """Return a new key for a machine."""
    return SigningKey(random_bytes(32))


def public_key_of(key: SigningKey) -> str:
    """Return a key in the format for registration."""
    return b64encode(bytes(key.verify_key)).decode()


async def trust(  # noqa: PLR0913 -- each test changes one of them
    world: World,
    issuer: Issuer,
    *,
    pasted: bool = True,
    audience: str | None = None,
    conditions: dict[str, str] | None = None,
    projects: tuple[str, ...] = (),
    secrets: tuple[str, ...] = (),
    max_machines: int = 100,
    source_cidrs: tuple[str, ...] = (),
    template: Template = Template.GITHUB,
    name: str = "deployments",
) -> TrustView:
    """Trust an issuer, using its pasted keys or discovery."""
    wanted = NewTrust(
        name=name,
        template=template,
        issuer=issuer.url,
        keys=issuer.key_set().decode() if pasted else None,
        audience=audience,
        conditions=conditions or {"repository": "acme/shop", "sub": "repo:acme/*"},
        terms=Terms(
            scope=Scope(projects, secrets),
            machine_lifetime=int(HOUR.total_seconds()),
            max_uses=max_machines,
            source_cidrs=source_cidrs,
            name_template="ci-{uuid8}",
        ),
    )
    return await create_trust(world.core, world.owner, wanted)
