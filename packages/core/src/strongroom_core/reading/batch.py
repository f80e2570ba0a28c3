"""Reads of values. `docs/design/reading-a-secret.md` explains how they work, with the same numbers.

Requests that arrive while a batch is running wait for the next one. Their signatures have already been
verified (step 0). A nonce is used up even if the read is denied (replay protection). Freezing and revoking
take exclusive locks on the projects, so once either has committed, no affected read can commit. A read of a
canary takes exclusive locks too, and freezes the projects in the same transaction (C-2).
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.machine_checks import State
from strongroom_core.access.project_lock import hold_for_reading
from strongroom_core.kernel.errors import Busy, StrongroomError
from strongroom_core.reading.decide import decide_items, frozen_by
from strongroom_core.reading.deliver import Outcome, SecretValue, deliver
from strongroom_core.reading.effects import perform_effects
from strongroom_core.reading.facts import Request, find_facts
from strongroom_core.reading.uses import hold_uses

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Machine
    from strongroom_core.kernel.ids import SecretId


ATTEMPTS = 5
"""How often a batch starts over because a canary now freezes projects that the batch hasn't locked."""


class _MoreLocksNeeded(Exception):
    """A canary was planted, or its machine was attached, after the batch had chosen its locks."""


async def read_secret_value(core: Core, caller: Machine, secret: SecretId) -> SecretValue:
    """Return a secret's current value to a machine that has access, or raise the reason for the denial."""
    read = await next_batch(core, Request(caller, secret))
    if isinstance(read, StrongroomError):
        raise read
    return read


def next_batch(core: Core, request: Request) -> asyncio.Future[Outcome]:
    """Queue a request for its vault's next batch. The vault's machines take turns."""
    caller = request.caller
    return core.reads.put(caller.vault, caller.id, request, partial(read_batch, core))


async def read_batch(core: Core, requests: Sequence[Request]) -> list[Outcome]:
    """Perform the reads of many requests in one vault, in one transaction."""
    core.require_keyring()
    for _ in range(ATTEMPTS):
        with suppress(_MoreLocksNeeded):
            async with gate.perform_batch(core, requests[0].caller.vault) as batch:
                # (1) Lock the projects, in the order of their keys: shared, or exclusively for canaries.
                held = await hold_for_reading(
                    batch.connection,
                    [request.secret for request in requests],
                    [request.caller.id for request in requests],
                )
                # (2) One statement records the nonces and reads all the facts.
                found = await find_facts(batch.connection, requests)
                # If policies count reads, the counts are locked, so that no cap is exceeded.
                uses = await hold_uses(batch.connection, requests, found)
                # (3) Decide each item from its facts and from the effects of the batch's earlier items. The
                # time is taken only now, because a machine may have expired while the batch waited for its
                # locks.
                batch.at = core.clock.now()
                state = State(batch.at, country_of=core.countries.country_of)
                decisions = decide_items(requests, found, state, uses)
                effects = [effect for each in decisions for effect in each.effects]
                if not frozen_by(effects) <= held:
                    raise _MoreLocksNeeded
                # (4) Log delivered and denied items alike, and record their effects.
                await perform_effects(batch, effects)
            # (5) The transaction has committed.
            # (6) Only now are the values of allowed items decrypted and returned.
            return await deliver(core, decisions)
    raise Busy
