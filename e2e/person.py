"""The person of the journeys."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Operator:
    """The person whom the first link made."""

    email: str
    username: str
    password: str = field(repr=False)
