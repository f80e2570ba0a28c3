"""The demo's people: the administrator, and others who signed up and confirmed their addresses."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pyotp.totp import TOTP

from strongroom_core.access.callers import new_request_id, system
from strongroom_core.accounts.authenticator_app import confirm_app, start_app
from strongroom_core.accounts.login import log_in
from strongroom_core.accounts.sessions import authenticate_person, end_session
from strongroom_core.accounts.sign_up import create_account, make_sign_up_link, sign_up
from strongroom_core.accounts.views import LoggedIn
from strongroom_core.crypto.token import token_hash
from strongroom_core.kernel.caller import Visitor
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.kernel.origin import Origin
from strongroom_core.secrets.generate import Charset, Recipe, generate

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.ids import VaultId

NAMES = ("grace", "linus")
AGENT = "strongroom-server dev"
STEP = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Someone with an account, and the vaults they belong to."""

    email: str
    username: str
    password: str = field(repr=False)
    vaults: list[VaultId]
    totp_secret: str | None = field(default=None, repr=False)

    def announced(self) -> dict[str, Any]:
        """Return the person's entry in the ready file."""
        app = {} if self.totp_secret is None else {"totpSecret": self.totp_secret}
        return {
            "email": self.email,
            "username": self.username,
            "password": self.password,
            "vaults": self.vaults,
            **app,
        }


async def make_people(core: Core) -> list[DemoPerson]:
    """Have people sign up and confirm their addresses, as they would with the link in the email.

    The last one adds an authenticator app.
    """
    *others, last = [await sign_up_person(core, name) for name in NAMES]
    return [*others, await _add_app(core, last)]


async def _add_app(core: Core, person: DemoPerson) -> DemoPerson:
    origin = Origin("local", new_request_id(), AGENT)
    session = await log_in(
        core, Visitor(origin), email=person.email, password=person.password, device_token=None
    )
    if not isinstance(session, LoggedIn):
        raise TypeError("a new account has no second factor")
    human = await authenticate_person(core, session.token, origin)
    started = await start_app(core, human)
    # Each code works only once, so keep the current one for the first sign-in.
    await confirm_app(core, human, TOTP(started.secret).at(core.clock.now() - STEP))
    await end_session(core, human)
    return replace(person, totp_secret=started.secret)


async def sign_up_person(core: Core, name: str) -> DemoPerson:
    """Have someone sign up and confirm the address."""
    # Only five people an hour can sign up from one network.
    network = f"demo-{name}"
    email, visitor = f"{name}@demo.example", Visitor(Origin(network, new_request_id(), AGENT))
    password = generate(Recipe(20, Charset.ALPHANUMERIC)).reveal().decode()
    await sign_up(core, visitor, email=email, username=name, password=password)
    token = (await make_sign_up_link(core, system("dev"), email)).token
    # No email is sent yet. This has the effect of opening the link in the email.
    async with core.database.transaction(INSTALLATION) as connection:
        await connection.execute(
            "update account_token set mailed = true where token_hash = $1", token_hash(token)
        )
    made = await create_account(core, visitor, token, password=password)
    return DemoPerson(email, name, password, [made.vault_id])
