"""The demo's people: the administrator, and others who signed up and confirmed their addresses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from strongroom_core.access.callers import new_request_id, system
from strongroom_core.accounts.sign_up import create_account, make_sign_up_link, sign_up
from strongroom_core.kernel.caller import Visitor
from strongroom_core.kernel.origin import Origin
from strongroom_core.secrets.generate import Charset, Recipe, generate

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.ids import VaultId

NAMES = ("grace", "linus")
AGENT = "strongroom-server dev"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Someone with an account, and the vaults they belong to."""

    email: str
    username: str
    password: str = field(repr=False)
    vaults: list[VaultId]

    def announced(self) -> dict[str, Any]:
        """Return the person's entry in the ready file."""
        return {
            "email": self.email,
            "username": self.username,
            "password": self.password,
            "vaults": self.vaults,
        }


async def make_people(core: Core) -> list[DemoPerson]:
    """Have people sign up and confirm their addresses, as they would with the link in the email."""
    return [await _sign_up(core, name) for name in NAMES]


async def _sign_up(core: Core, name: str) -> DemoPerson:
    email, visitor = f"{name}@demo.example", Visitor(Origin("local", new_request_id(), AGENT))
    password = generate(Recipe(20, Charset.ALPHANUMERIC)).reveal().decode()
    await sign_up(core, visitor, email=email, username=name, password=password)
    token = await make_sign_up_link(core, system("dev"), email)
    made = await create_account(core, visitor, token)
    return DemoPerson(email, name, password, [made.vault_id])
