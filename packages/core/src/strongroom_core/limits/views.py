"""The views that the limits feature returns."""

from datetime import datetime

from strongroom_core.kernel.view import View
from strongroom_core.limits.caps import Limits


class Usage(View):
    """How much of one cap is used. `most` is None if there is no limit.

    `nearly` is true once 80% of the limit is used.
    """

    cap: str
    used: int
    most: int | None
    nearly: bool


class PlanChoice(View):
    """A plan that the vault's owner can choose, and whether the vault has it."""

    id: str
    name: str
    current: bool
    limits: Limits


class VaultPlanView(View):
    """A vault's plan, how much of it is used, and the plans that the vault's owner can choose.

    `lowered_at` is when the vault last got a plan that keeps less. A day later, whatever the plan doesn't
    keep is deleted.
    """

    name: str
    limits: Limits
    usage: list[Usage]
    choices: list[PlanChoice]
    lowered_at: datetime | None


class PlanView(View):
    """A plan, as the administrator sees it. `vaults` is how many have it."""

    id: str
    name: str
    default: bool
    self_service: bool
    limits: Limits
    vaults: int
    revision: int
