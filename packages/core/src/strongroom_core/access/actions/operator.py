"""What the administrator sees and does. This is never anything inside a vault (Q-3)."""

from strongroom_core.access.action import ObjectKind, operate, oversee
from strongroom_core.access.entry import Severity

OPERATION_VIEW = oversee("operation_view")
OPERATOR_ACCOUNTS_VIEW = oversee("operator_accounts_view")
OPERATOR_VAULTS_VIEW = oversee("operator_vaults_view")
OPERATOR_LOG_VIEW = oversee("operator_log_view")
OPERATOR_PLANS_VIEW = oversee("operator_plans_view")

ACCOUNT_SUSPEND = operate(
    "account_suspend",
    "suspended the account",
    Severity.HIGH,
    ObjectKind.ACCOUNT,
    step_up=True,
)
ACCOUNT_REACTIVATE = operate(
    "account_reactivate", "reactivated the account", Severity.HIGH, ObjectKind.ACCOUNT
)
RECOVERY_START = operate(
    "recovery_start",
    "started the recovery of",
    Severity.HIGH,
    ObjectKind.ACCOUNT,
    step_up=True,
)
RECOVERY_STOP = operate(
    "recovery_stop",
    "canceled, as the administrator, the recovery of",
    Severity.HIGH,
    ObjectKind.ACCOUNT,
)
MAIL_TEST = operate("mail_test", "sent a test email", Severity.INFO)
SIGN_UP_CLOSE = operate("sign_up_close", "closed sign-up", Severity.MEDIUM)
SIGN_UP_OPEN = operate("sign_up_open", "opened sign-up", Severity.MEDIUM)
PLAN_CREATE = operate("plan_create", "created the plan", Severity.MEDIUM)
PLAN_UPDATE = operate("plan_update", "changed the plan", Severity.MEDIUM, ObjectKind.PLAN)
PLAN_DELETE = operate("plan_delete", "deleted the plan", Severity.MEDIUM, ObjectKind.PLAN)
PLAN_GIVE = operate("plan_give", "gave a vault the plan", Severity.MEDIUM, ObjectKind.PLAN)
