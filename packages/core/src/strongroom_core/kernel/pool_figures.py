"""How the connections of a process are used, as numbers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PoolFigures:
    """Connections of this process: the most there may be, how many are open, and in use."""

    most: int
    opened: int
    in_use: int
