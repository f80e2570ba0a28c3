"""What a screen says of an act that its reader may not do: why not, and who can change that."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from strongroom_core.kernel.authority import VaultCapability
    from strongroom_dashboard.door import Call


def why_not(call: Call, needed: VaultCapability) -> str:
    """Return why the caller may not do what needs this right; empty where they may."""
    if needed in call.caller.authority.vault:
        return ""
    return f"Your role lacks {needed.value}. An owner of this vault can give it."
