"""Accepts a second factor: a code from an app, a recovery code, or a passkey (A-3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from strongroom_core.accounts.proofs.passkey import use_passkey
from strongroom_core.accounts.proofs.recovery import use_recovery_code
from strongroom_core.accounts.proofs.totp import is_totp, normalize, use_totp
from strongroom_core.accounts.proofs.webauthn import read_answer
from strongroom_core.kernel.errors import Invalid, WrongCredentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from strongroom_core.access.gate import Act
    from strongroom_core.accounts.proofs.challenge import ChallengeFor
    from strongroom_core.core import Core

CODE = "code"
RECOVERY_CODE = "recovery_code"
PASSKEY = "passkey"
PASSWORD = "password"


@dataclass(frozen=True, slots=True)
class Presented:
    """A person's second factor. `code` is an app's code or a recovery code."""

    code: str | None = field(default=None, repr=False)
    passkey: Mapping[str, Any] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Require exactly one of the two. Raises `Invalid`."""
        if (self.code is None) is (self.passkey is None):
            raise Invalid("pass either a code or a passkey's response", field="code")


async def use_second_factor(
    core: Core,
    act: Act,
    account: str,
    presented: Presented,
    purpose: ChallengeFor,
    *,
    owner: str | None,
) -> str:
    """Use a factor up in the act's transaction, and return which kind it was. Raises `WrongCredentials`.

    If the act fails, nothing is used up.
    """
    if presented.passkey is not None:
        await use_passkey(core, act, account, read_answer(presented.passkey), purpose, owner)
        return PASSKEY
    code = normalize(presented.code or "")
    if is_totp(code):
        used, kind = await use_totp(core, act.connection, account, code, act.at), CODE
    else:
        used = await use_recovery_code(core, act.connection, account, code, act.at)
        kind = RECOVERY_CODE
    if not used:
        raise WrongCredentials
    return kind
