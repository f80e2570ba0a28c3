"""Actions on plans, and on the data that a vault's plan keeps (Q-1)."""

from strongroom_core.access.action import JOBS, Action, view
from strongroom_core.access.entry import Severity
from strongroom_core.kernel.authority import VaultCapability

PLAN_VIEW = view("plan_view", needs=VaultCapability.PLAN_VIEW)
PLAN_CHOOSE = Action(
    name="plan_choose",
    severity=Severity.MEDIUM,
    needs=VaultCapability.PLAN_MANAGE,
    done="changed the plan of the vault",
)
VERSIONS_PRUNE = Action(
    name="versions_prune",
    severity=Severity.LOW,
    planes=JOBS,
    done="deleted old versions that the plan doesn't keep",
)
AUDIT_PRUNE = Action(
    name="audit_prune",
    severity=Severity.LOW,
    planes=JOBS,
    done="deleted old events that the plan doesn't keep",
)
