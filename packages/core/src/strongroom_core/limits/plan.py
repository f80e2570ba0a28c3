"""The caps of a plan."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of what a vault may hold (Q-1)."""

    versions: int = 50


DEFAULT = Plan()

TRASH_LIFETIME = timedelta(days=30)
"""How long a deleted thing can be had back (S-7, V-3)."""
