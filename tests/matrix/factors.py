"""What requests about second factors need: an unconfirmed app, a passkey that was just created."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyotp.totp import TOTP

from strongroom_core.accounts.authenticator_app import start_app
from strongroom_core.accounts.passkeys import start_passkey
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_testkit.authenticator import Authenticator
from strongroom_testkit.person_key import asked_key

if TYPE_CHECKING:
    from .matrix_world import MatrixWorld, Visitor

NEED_AN_APP = {"deleteApp", "createRecoveryCodes"}
NEED_A_CODE = {"confirmApp"}
NEED_A_PASSKEY = {"createPasskey"}
NEED_NO_FACTOR = {"stepUp"}
"""Operations whose request has only a password, which isn't enough for an account with a second factor."""

NEED_ROOM = {"optionsForPasskey"}
"""Operations that are denied to an account with many passkeys. Each place has one."""

_APP = """
insert into totp (vault, id, account, secret, confirmed, last_step, created_at)
values ($1, 'app_of_' || right($2, 16), $2, 'x', true, 0, $3) on conflict do nothing
"""


NEED_A_REQUEST = {"findLoginRequest", "approveLoginRequest", "denyLoginRequest"}
"""Operations on a program's request for a key, which is open until one of them succeeds."""


async def prepare(matrix: MatrixWorld, operation: str, visitor: Visitor) -> dict[str, str]:
    """Prepare a request about a factor or a key for its sender, and return the words that it needs."""
    person, core = visitor.person, matrix.core
    if operation in NEED_A_REQUEST:
        await matrix.administrator.execute("delete from rate_count where key like 'key_code%'")
        await matrix.administrator.execute("delete from login_request where key is null")
        _, asked = await asked_key(core)
        return {"login_request": asked.id, "login_code": asked.code}
    if operation not in NEED_AN_APP | NEED_A_CODE | NEED_A_PASSKEY | NEED_NO_FACTOR | NEED_ROOM:
        return {}
    words: dict[str, str] = dict.fromkeys(("code", "credential", "client_data", "attestation"), "")
    if person is None:
        return words
    if operation in NEED_A_PASSKEY | NEED_NO_FACTOR | NEED_ROOM:
        await matrix.administrator.execute("delete from passkey where account = $1", person.account)
        matrix.renew_places(person)
    if operation in NEED_NO_FACTOR:
        await matrix.administrator.execute("delete from totp where account = $1", person.account)
    elif operation in NEED_A_PASSKEY:
        made = Authenticator()
        answer = made.create(await start_passkey(core, person.caller(core)))
        words["credential"] = answer["id"]
        words["client_data"] = answer["response"]["clientDataJSON"]
        words["attestation"] = answer["response"]["attestationObject"]
    elif operation in NEED_A_CODE:
        app = TOTP((await start_app(core, person.caller(core))).secret)
        words["code"] = app.at(core.clock.now())
    elif operation in NEED_AN_APP:
        await matrix.administrator.execute(_APP, INSTALLATION, person.account, core.clock.now())
    return words
