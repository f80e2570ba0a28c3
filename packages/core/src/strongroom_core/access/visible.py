"""Decides whose audit log entries a user can see (L-4). Every query for entries uses this module.

The gate has already checked `audit.view`. Without `audit.view_others`, users see only what they did
themselves.
"""

from strongroom_core.db.conditions import Conditions
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.caller import Human

VISIBLE = "({0}::text is null or (e.actor_kind = 'user' and e.actor_id = {0}))"
"""The condition, for use in a constant statement. `{0}` is the parameter whose value is `only_of(caller)`."""


def sees_others(caller: Human) -> bool:
    """Whether the caller can see what others did, both people and machines."""
    return VaultCapability.AUDIT_VIEW_OTHERS in caller.authority.vault


def only_of(caller: Human) -> str | None:
    """Return the only account whose entries the caller can see, or None if they can see all entries."""
    return None if sees_others(caller) else caller.account


def narrow_to_visible(conditions: Conditions, caller: Human) -> None:
    """Add the same condition to a dynamically built statement."""
    if not sees_others(caller):
        conditions.add("e.actor_kind = 'user' and e.actor_id = {0}", caller.account)
