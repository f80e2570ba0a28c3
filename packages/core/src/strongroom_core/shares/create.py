"""Creates shares (T-1, T-3, Q-1)."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind, Recorded
from strongroom_core.access.actions.shares import PROJECT_SHARE, SHARE_CREATE
from strongroom_core.crypto.aad import share_context
from strongroom_core.crypto.encrypt import encrypt_share
from strongroom_core.crypto.random import new_id
from strongroom_core.crypto.share_link import (
    derive_share_keys,
    new_link,
    new_share_passphrase,
    words,
)
from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_core.kernel.names import require_name
from strongroom_core.limits.caps import Cap
from strongroom_core.limits.quota import require_room
from strongroom_core.shares.content import plaintext_of
from strongroom_core.shares.listing import share_in
from strongroom_core.shares.views import NewShare

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import ProjectId
    from strongroom_core.shares.content import NewContent

SHORTEST, LONGEST, USUAL = timedelta(minutes=1), timedelta(hours=24), timedelta(hours=1)
MOST_TRIES = 5
PASSPHRASE_WORDS = words()
"""The word list for passphrases, so that a page can point out a typo."""

_INSERT = """
insert into share (vault, id, label, kind, project, locator_hash, verifier, state, tries, tries_left,
                   created_by, creator_name, created_at, expires_at)
select $1, $2, $3, $4, $5, $6, $7, 'pending', $8, $8, $9, $10, now, now + $11
from clock_timestamp() now
"""

_INSERT_MATERIAL = "insert into share_material (vault, share, ciphertext) values ($1, $2, $3)"


async def create_share(
    core: Core,
    caller: Human,
    content: NewContent,
    *,
    label: str | None = None,
    project: ProjectId | None = None,
    lifetime: timedelta = USUAL,
    tries: int = 1,
) -> NewShare:
    """Create a share. Return its link and passphrase, which nobody can look up later.

    Raises `Invalid` for content, a label, a lifetime or a number of tries that isn't allowed, `CapReached` if
    the plan's shares per day are used up, and `Crowded`.
    """
    kind, plaintext = plaintext_of(content)
    if label is not None:
        require_name(label, field="label", most=NAME_LENGTH)
    if not SHORTEST <= lifetime <= LONGEST:
        raise Invalid("a share must expire after 1 minute to 24 hours", field="lifetimeSeconds")
    if not 1 <= tries <= MOST_TRIES:
        raise Invalid(f"tries must be 1–{MOST_TRIES}", field="tries")
    # Argon2 is expensive, so only someone who can create a share now may cause that work.
    async with _allowed(core, caller, project, recorded=Recorded.LATER) as act:
        await require_room(act, Cap.SHARES_PER_DAY)
    link, passphrase, share = new_link(), new_share_passphrase(), new_id("shr")
    keys = await derive_share_keys(
        core.require_keyring(), core.passwords, link, passphrase, network=None
    )
    context = share_context(core.deployment, caller.vault, share, caller.account)
    ciphertext = encrypt_share(keys.encryption, context, plaintext)
    async with _allowed(core, caller, project) as act:
        await require_room(act, Cap.SHARES_PER_DAY)
        await act.connection.execute(
            _INSERT,
            *(act.vault, share, label, kind.value, project, link.locator_hash),
            *(keys.verifier_hash, tries, caller.account, caller.username, lifetime),
        )
        await act.connection.execute(_INSERT_MATERIAL, act.vault, share, ciphertext)
        act.concerns(ObjectKind.SHARE, share, label or share, project)
        act.record(kind=kind.value, tries=tries, lifetime_seconds=int(lifetime.total_seconds()))
        view = await share_in(act.connection, caller, share)
    return NewShare(share=view, locator=link.locator, key=link.key, passphrase=passphrase)


@asynccontextmanager
async def _allowed(
    core: Core,
    caller: Human,
    project: ProjectId | None,
    *,
    recorded: Recorded = Recorded.ALWAYS,
) -> AsyncGenerator[gate.Act]:
    """Perform the act. The vault role applies to a share or, if it belongs to a project, the access role."""
    action = SHARE_CREATE if project is None else PROJECT_SHARE
    async with gate.perform(core, caller, replace(action, recorded=recorded), project) as act:
        yield act
