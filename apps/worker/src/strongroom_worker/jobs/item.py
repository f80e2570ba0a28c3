"""What a job is about."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from strongroom_core.core import Core
from strongroom_core.kernel.ids import VaultId


@dataclass(frozen=True, slots=True)
class Item:
    """One object of one vault: all that a job is told."""

    vault: VaultId
    subject: str


Job = Callable[[Core, Item], Awaitable[None]]
"""One act, or one act per portion, on one item. Idempotent: it may run again after any end."""
