"""Actions on alerts and webhooks, by users and by the worker."""

from strongroom_core.access.action import JOBS, Action, Lock, ObjectKind, Recorded, view
from strongroom_core.access.entry import Severity
from strongroom_core.kernel.authority import VaultCapability

ALERTS_VIEW = view("alerts_view", needs=VaultCapability.ALERTS_VIEW)
WEBHOOK_VIEW = view("webhook_view", ObjectKind.WEBHOOK, VaultCapability.ALERTS_VIEW)
ALERTS_UPDATE = Action(
    name="alerts_update",
    severity=Severity.MEDIUM,
    needs=VaultCapability.ALERTS_MANAGE,
    done="changed which events are sent as alerts",
    step_up=True,
)
ALERTS_MUTE = Action(
    name="alerts_mute",
    severity=Severity.MEDIUM,
    needs=VaultCapability.ALERTS_MANAGE,
    done="changed when alerts are sent by email",
    step_up=True,
)
WEBHOOK_CREATE = Action(
    name="webhook_create",
    severity=Severity.HIGH,
    needs=VaultCapability.ALERTS_MANAGE,
    part_needs=(("url", VaultCapability.AUDIT_VIEW_OTHERS),),
    step_up=True,
    done="added the webhook",
)
WEBHOOK_UPDATE = Action(
    name="webhook_update",
    severity=Severity.HIGH,
    about=ObjectKind.WEBHOOK,
    needs=VaultCapability.ALERTS_MANAGE,
    part_needs=(("url", VaultCapability.AUDIT_VIEW_OTHERS),),
    step_up=True,
    lock=Lock.CHANGE,
    done="changed the webhook",
)
WEBHOOK_ROTATE = Action(
    name="webhook_rotate",
    severity=Severity.MEDIUM,
    about=ObjectKind.WEBHOOK,
    needs=VaultCapability.ALERTS_MANAGE,
    step_up=True,
    lock=Lock.CHANGE,
    done="rotated the signing secret of",
)
WEBHOOK_DELETE = Action(
    name="webhook_delete",
    severity=Severity.HIGH,
    about=ObjectKind.WEBHOOK,
    needs=VaultCapability.ALERTS_MANAGE,
    lock=Lock.CHANGE,
    done="deleted the webhook",
    step_up=True,
)
WEBHOOK_TEST = Action(
    name="webhook_test",
    severity=Severity.INFO,
    about=ObjectKind.WEBHOOK,
    needs=VaultCapability.ALERTS_MANAGE,
    lock=Lock.SHARE,
    done="sent a test delivery to",
)
DELIVERY_REPLAY = Action(
    name="delivery_replay",
    severity=Severity.LOW,
    about=ObjectKind.WEBHOOK,
    needs=VaultCapability.ALERTS_MANAGE,
    lock=Lock.SHARE,
    done="replayed a delivery to",
)

# What the worker announces in advance. Looking for it isn't logged.
NOTICES_READ = Action(
    name="notices_read", severity=Severity.INFO, planes=JOBS, recorded=Recorded.ON_REFUSAL
)
MACHINE_EXPIRING = Action(
    name="machine_expiring",
    severity=Severity.MEDIUM,
    about=ObjectKind.MACHINE,
    planes=JOBS,
    done="expires within 24 hours",
    by_target=True,
)
ENROLLMENT_TOKEN_EXPIRING = Action(
    name="enrollment_token_expiring",
    severity=Severity.MEDIUM,
    about=ObjectKind.ENROLLMENT_TOKEN,
    planes=JOBS,
    done="expires within 24 hours",
    by_target=True,
)
CAP_NEAR = Action(
    name="cap_near",
    severity=Severity.MEDIUM,
    planes=JOBS,
    done="found that a limit of the plan is nearly reached",
)
CAP_REACHED = Action(
    name="cap_reached",
    severity=Severity.HIGH,
    planes=JOBS,
    done="found that a limit of the plan is reached",
)
DISK_WARNING = Action(
    name="disk_warning",
    severity=Severity.HIGH,
    planes=JOBS,
    installation=True,
    done="warned about its disk",
)
DISK_PROBLEM = Action(
    name="disk_problem",
    severity=Severity.CRITICAL,
    planes=JOBS,
    installation=True,
    done="found a problem with its disk",
)
CERTIFICATE_WARNING = Action(
    name="certificate_warning",
    severity=Severity.HIGH,
    planes=JOBS,
    installation=True,
    done="warned about its certificate",
)
CERTIFICATE_PROBLEM = Action(
    name="certificate_problem",
    severity=Severity.CRITICAL,
    planes=JOBS,
    installation=True,
    done="found a problem with its certificate",
)

# The worker's actions. Reading the log and sending deliveries aren't logged, because each event would cause
# the next one.
ALERTS_READ = Action(
    name="alerts_read", severity=Severity.INFO, planes=JOBS, recorded=Recorded.ON_REFUSAL
)
DELIVERY_SEND = Action(
    name="delivery_send", severity=Severity.INFO, planes=JOBS, recorded=Recorded.ON_REFUSAL
)
ALERTS_GAP = Action(
    name="alerts_gap",
    severity=Severity.HIGH,
    planes=JOBS,
    done="found that events are missing from the audit log and may not have been sent as alerts",
)
ALERTS_CAPPED = Action(
    name="alerts_capped",
    severity=Severity.HIGH,
    planes=JOBS,
    done="stopped sending to webhooks until tomorrow, because the daily limit was reached",
)
WEBHOOK_DISABLE = Action(
    name="webhook_disable",
    severity=Severity.HIGH,
    planes=JOBS,
    about=ObjectKind.WEBHOOK,
    lock=Lock.CHANGE,
    done="disabled the webhook",
)
