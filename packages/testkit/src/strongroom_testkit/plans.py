"""Plans for tests: the limits of the default plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.limits.caps import DEFAULT_PLAN, NAMES

if TYPE_CHECKING:
    from strongroom_core.core import Core


async def set_limits(core: Core, **limits: int | None) -> None:
    """Change limits of the default plan immediately, without pruning anything. None means no limit."""
    if unknown := set(limits) - set(NAMES):
        raise ValueError(f"no such limits: {unknown}")
    assignments = ", ".join(f"{name} = ${number}" for number, name in enumerate(limits, 2))
    async with core.database.transaction(INSTALLATION) as connection:
        await connection.execute(
            f"update plan set {assignments} where id = $1", DEFAULT_PLAN, *limits.values()
        )
