"""The views that the policies feature returns."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from strongroom_core.kernel.ids import PolicyId, ProjectId, SecretId
from strongroom_core.kernel.policies import Conditions
from strongroom_core.kernel.view import View


class PolicyMode(StrEnum):
    """Whether a policy denies reads. In shadow mode, it only reports which reads it would deny."""

    SHADOW = "shadow"
    ENFORCED = "enforced"
    SUSPENDED = "suspended"


class PolicyView(View):
    """A policy, its conditions in words, and how many secrets have it, including those in the trash.

    Secrets that the user can't see aren't counted.
    `mode_reason` is why it was suspended.
    """

    id: PolicyId
    project_id: ProjectId
    name: str
    mode: PolicyMode
    mode_since: datetime
    mode_by: str
    mode_reason: str | None
    conditions: Conditions
    co_signer: str | None
    sentence: str
    secrets: int
    created_at: datetime
    created_by: str
    revision: int


class PolicySecret(View):
    """A secret that has a policy. `reads_left` is for a time to live that ends after a number of reads."""

    id: SecretId
    name: str
    trashed: bool
    readers: int
    last_read_at: datetime | None
    reads_left: int | None


class PolicyApplied(View):
    """How many secrets got or lost the policy, and the policy."""

    changed: int
    policy: PolicyView


class WouldDeny(View):
    """Reads by one machine that a policy would have denied for the same reason."""

    machine_id: UUID | None
    machine_name: str
    reason: str
    reads: int
    secrets: list[str]
    first_at: datetime
    last_at: datetime


class PolicyReport(View):
    """The reads since `since` that a policy would have denied: `denied` of `reads`, by machine and condition.

    The policy's current conditions are applied to the reads in the audit log. `complete` is false if there
    were too many reads; then only those since `since` were examined. `rotations` is how many rotations the
    policy would have queued.
    """

    since: datetime
    reads: int
    denied: int
    complete: bool
    rotations: int
    machines: list[WouldDeny]


class Words(View):
    """Conditions in words."""

    sentence: str
