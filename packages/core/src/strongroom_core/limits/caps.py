"""The limits of a plan (Q-1)."""

from enum import StrEnum

from strongroom_core.kernel.view import View

DEFAULT_PLAN = "plan_aaaaaaaaaaaaaaaa"
"""The ID of the default plan, which every vault has until its plan is changed."""


class Cap(StrEnum):
    """A limit that is checked before something is added. The value is the field in `Limits`."""

    MACHINES = "machines"
    PROJECTS = "projects"
    SECRETS = "secrets"
    MEMBERS = "members"
    WEBHOOKS = "webhooks"
    DELIVERIES_PER_DAY = "deliveries_per_day"
    AGENTS = "agents"
    SHARES_PER_DAY = "shares_per_day"

    @property
    def noun(self) -> str:
        """What the cap counts, as in "500 machines"."""
        return {
            Cap.DELIVERIES_PER_DAY: "webhook deliveries a day (UTC)",
            Cap.SHARES_PER_DAY: "shares in 24 hours",
        }.get(self, self.value)


class Limits(View):
    """The limits of a plan: how much it allows, and how much it keeps. None means no limit.

    `versions` is how many versions of each secret are kept, and `retention_days` is for how long the audit
    log is kept.
    """

    machines: int | None = 500
    projects: int | None = 200
    secrets: int | None = 50_000
    members: int | None = 100
    versions: int | None = 50
    retention_days: int | None = 365
    webhooks: int | None = 20
    deliveries_per_day: int | None = 10_000
    agents: int | None = 50
    shares_per_day: int | None = 200


NAMES = tuple(Limits.__struct_fields__)
"""The limits' columns in the table of plans."""


def keeps_less(new: Limits, old: Limits) -> bool:
    """Whether a vault would keep fewer versions, or its audit log for a shorter time."""
    return _is_less(new.versions, old.versions) or _is_less(new.retention_days, old.retention_days)


def _is_less(new: int | None, old: int | None) -> bool:
    return new is not None and (old is None or new < old)
