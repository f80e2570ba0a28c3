"""The limits of a plan."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Plan:
    """The limits of a vault (Q-1)."""

    versions: int = 50
    shares_per_day: int | None = 200
    """How many shares can be created in 24 hours. None means no limit."""
    webhooks: int | None = 20
    deliveries_per_day: int | None = 10_000
    """How many deliveries can be made in a day (UTC). None means no limit."""


DEFAULT = Plan()

TRASH_LIFETIME = timedelta(days=30)
"""How long deleted objects can be restored (S-7, V-3)."""
