"""How many of a process's database connections are in use."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PoolFigures:
    """How many connections this process can have, how many are open, and how many are in use."""

    most: int
    opened: int
    in_use: int
