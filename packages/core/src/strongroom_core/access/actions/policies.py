"""Actions on policies. Changes to what a policy denies make reads wait, so they apply from the next read."""

from strongroom_core.access.action import Action, Lock, ObjectKind, view
from strongroom_core.access.entry import Severity
from strongroom_core.kernel.authority import ProjectCapability, VaultCapability

POLICIES_VIEW = view("policies_view", ObjectKind.PROJECT, ProjectCapability.SECRETS_VIEW)
POLICY_VIEW = view("policy_view", ObjectKind.POLICY, ProjectCapability.SECRETS_VIEW)

POLICY_CREATE = Action(
    name="policy_create",
    severity=Severity.LOW,
    about=ObjectKind.PROJECT,
    needs=ProjectCapability.POLICIES_AUTHOR,
    lock=Lock.SHARE,
    done="created the policy",
)
POLICY_UPDATE = Action(
    name="policy_update",
    severity=Severity.MEDIUM,
    about=ObjectKind.POLICY,
    needs=ProjectCapability.POLICIES_AUTHOR,
    lock=Lock.CHANGE,
    stops_reads=True,
    done="changed the policy",
)
POLICY_DELETE = Action(
    name="policy_delete",
    severity=Severity.LOW,
    about=ObjectKind.POLICY,
    needs=ProjectCapability.POLICIES_AUTHOR,
    lock=Lock.CHANGE,
    stops_reads=True,
    done="deleted the policy",
)
POLICY_APPLY = Action(
    name="policy_apply",
    severity=Severity.MEDIUM,
    about=ObjectKind.POLICY,
    needs=ProjectCapability.POLICIES_AUTHOR,
    lock=Lock.CHANGE,
    stops_reads=True,
    done="applied the policy",
)
POLICY_REMOVE = Action(
    name="policy_remove",
    severity=Severity.MEDIUM,
    about=ObjectKind.POLICY,
    needs=ProjectCapability.POLICIES_AUTHOR,
    lock=Lock.CHANGE,
    stops_reads=True,
    done="removed the policy",
    done_to="from secrets",
)
POLICY_ENFORCE = Action(
    name="policy_enforce",
    severity=Severity.MEDIUM,
    about=ObjectKind.POLICY,
    needs=ProjectCapability.POLICIES_AUTHOR,
    lock=Lock.CHANGE,
    stops_reads=True,
    done="enforced the policy",
)
POLICY_SHADOW = Action(
    name="policy_shadow",
    severity=Severity.MEDIUM,
    about=ObjectKind.POLICY,
    needs=ProjectCapability.POLICIES_AUTHOR,
    lock=Lock.CHANGE,
    stops_reads=True,
    done="stopped enforcing the policy",
)
# For incidents. People who can unfreeze a project can use this too to let its machines read again.
POLICY_SUSPEND = Action(
    name="policy_suspend",
    severity=Severity.HIGH,
    about=ObjectKind.POLICY,
    needs=VaultCapability.PROJECTS_UNFREEZE,
    step_up=True,
    lock=Lock.CHANGE,
    stops_reads=True,
    done="suspended the policy",
)
