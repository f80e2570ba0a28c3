"""The person in the journeys."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Operator:
    """The person whose account the setup link created."""

    email: str
    username: str
    password: str = field(repr=False)
