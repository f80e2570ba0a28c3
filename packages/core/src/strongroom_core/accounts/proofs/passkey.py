"""Accepts a passkey's response. If its counter went back, there is a copy of the passkey (A-3)."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.accounts import PASSKEY_COPIED
from strongroom_core.access.callers import system
from strongroom_core.access.entry import Claimed
from strongroom_core.accounts.proofs.challenge import ChallengeFor, use_challenge
from strongroom_core.accounts.proofs.webauthn import Answer, verify_use
from strongroom_core.kernel.errors import WrongCredentials
from strongroom_core.kernel.ids import INSTALLATION

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from strongroom_core.core import Core

# A passkey that was added since a sign-in that its owner has reported doesn't prove anything.
_ROW = """
select id, account, public_key, sign_count, copied_at from passkey p
where credential_id = $1 and account = $2
and not exists (select from recovery r where r.account = p.account and r.since <= p.created_at)
for no key update
"""

_LOCK = "select from account where id = $1 for no key update"

_USED = "update passkey set sign_count = $2, last_used_at = $3 where id = $1"

_COPIED = "update passkey set copied_at = $2 where id = $1 and copied_at is null"


class PasskeyCopied(WrongCredentials):
    """The counter of a passkey went back. The client gets the same error as for any other failure."""

    def __init__(self, passkey: str) -> None:
        super().__init__()
        self.passkey = passkey

    @property
    def logged_as(self) -> str:
        """The reason in the audit log."""
        return "passkey_copied"


async def use_passkey(
    core: Core,
    act: gate.Act,
    account: str,
    answer: Answer,
    purpose: ChallengeFor,
    owner: str | None,
) -> None:
    """Verify a passkey response as part of an action.

    `owner` is the account for which the challenge was created. It is None for a sign-in with
    only a passkey. Its challenge is for anyone or, if the browser has begun to sign in with a password, for
    this account.

    A passkey that was copied isn't accepted again. Raises `WrongCredentials`, and `PasskeyCopied`, which
    `proving` must handle once the act has ended.
    """
    if answer.user not in (None, account.encode()):
        raise WrongCredentials
    owners = {owner, owner or account}
    used = [
        await use_challenge(act.connection, purpose, each, answer.challenge, act.at)
        for each in owners
    ]
    if not any(used):
        raise WrongCredentials
    # The report locks the account, so this waits for one that is being made, and then sees it.
    await act.connection.execute(_LOCK, account)
    row = await act.connection.fetchrow(_ROW, answer.id, account)
    if row is None or row["copied_at"] is not None:
        raise WrongCredentials
    counter = verify_use(core.settings, answer, row["public_key"])
    # Passkeys that are synchronized have no counter: it is always 0.
    if (counter or row["sign_count"]) and counter <= row["sign_count"]:
        raise PasskeyCopied(row["id"])
    await act.connection.execute(_USED, row["id"], counter, act.at)


@asynccontextmanager
async def proving(core: Core, claimed: Claimed | None, asked: str) -> AsyncGenerator[None]:
    """Run an act in which someone proves their identity. If that fails, the error names what was `asked` for.

    A passkey that turns out to be copied isn't accepted again.
    """
    try:
        yield
    except WrongCredentials as wrong:
        if isinstance(wrong, PasskeyCopied) and claimed is not None:
            await _note_copied(core, claimed, wrong)
        wrong.name(asked)
        raise


async def _note_copied(core: Core, claimed: Claimed, copied: PasskeyCopied) -> None:
    """Stop accepting a passkey that has been copied, and log this where its owner can see it."""
    caller = system("passkeys", INSTALLATION)
    async with gate.perform(core, caller, PASSKEY_COPIED, claimed=claimed) as act:
        await act.connection.execute(_COPIED, copied.passkey, act.at)
        act.record(passkey=copied.passkey)
