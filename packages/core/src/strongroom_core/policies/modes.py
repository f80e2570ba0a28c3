"""Puts a policy in shadow mode, enforces it, or suspends it during an incident (break-glass access)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.policies import (
    POLICY_ENFORCE,
    POLICY_SHADOW,
    POLICY_SUSPEND,
)
from strongroom_core.db.query import revise
from strongroom_core.kernel.errors import Conflict, Invalid
from strongroom_core.kernel.limits import REASON_LENGTH
from strongroom_core.kernel.names import require_text
from strongroom_core.policies.counted import (
    begin_counting,
    note_co_signer,
    require_right_to_rotate,
    secrets_of,
)
from strongroom_core.policies.listing import policy_in
from strongroom_core.policies.views import PolicyMode, PolicyView
from strongroom_core.schema.policies import Policy

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import PolicyId


async def enforce_policy(core: Core, caller: Human, policy: PolicyId) -> PolicyView:
    """Deny reads from now on. After shadow, reads are counted from zero; otherwise, counting continues.

    Raises `Refused` if the policy would rotate secrets that the caller can't rotate.
    """
    async with gate.perform(core, caller, POLICY_ENFORCE, policy) as act:
        before = await policy_in(act, policy)
        secrets = await secrets_of(act.connection, policy)
        await require_right_to_rotate(act, secrets, before.conditions)
        if before.mode is PolicyMode.SHADOW:
            await begin_counting(act.connection, secrets, before.conditions)
        else:
            await note_co_signer(act.connection, secrets, before.conditions)
        return await _set(act, PolicyMode.ENFORCED)


async def shadow_policy(core: Core, caller: Human, policy: PolicyId) -> PolicyView:
    """Stop denying reads, and only report what would be denied."""
    async with gate.perform(core, caller, POLICY_SHADOW, policy) as act:
        return await _set(act, PolicyMode.SHADOW)


async def suspend_policy(core: Core, caller: Human, policy: PolicyId, *, reason: str) -> PolicyView:
    """Stop checking an enforced policy during an incident. Needs step-up authentication and a reason."""
    text = require_text(reason.strip(), field="reason", most=REASON_LENGTH)
    if text is None:
        raise Invalid("enter a short reason, for the audit log", field="reason")
    async with gate.perform(core, caller, POLICY_SUSPEND, policy) as act:
        before = await policy_in(act, policy)
        if before.mode is not PolicyMode.ENFORCED:
            raise Conflict("this policy isn't enforced, so it can't be suspended")
        return await _set(act, PolicyMode.SUSPENDED, text)


async def _set(act: gate.Act, mode: PolicyMode, reason: str | None = None) -> PolicyView:
    values = {
        Policy.mode: mode.value,
        Policy.mode_since: act.at,
        Policy.mode_by: act.actor[2],
        Policy.mode_reason: reason,
    }
    await act.run(revise(Policy, act.target.id, values))
    view = await policy_in(act, act.target.id)
    act.record(sentence=view.sentence, secrets=view.secrets)
    act.record(secret_ids=await secrets_of(act.connection, act.target.id))
    if reason is not None:
        act.record(reason=reason)
    return view
