"""Whose entries a person sees (O, L-4). Every statement over the record asks here."""

from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.caller import Human
from strongroom_core.record.filter import Conditions


def narrow_to_visible(conditions: Conditions, caller: Human) -> None:
    """Leave only the caller's own entries, unless they hold `audit.view_others`.

    That `audit.view` is held at all has been decided by the gate.
    """
    if VaultCapability.AUDIT_VIEW_OTHERS not in caller.authority.vault:
        conditions.add("e.actor_kind = 'user' and e.actor_id = {0}", caller.account)
