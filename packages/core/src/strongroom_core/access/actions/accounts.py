"""Users' actions on their own accounts and sessions, outside any vault (A-11)."""

from strongroom_core.access.action import (
    JOBS,
    PEOPLE_OR_JOBS,
    STRANGERS,
    Action,
    Lock,
    ObjectKind,
    Plane,
    Recorded,
    view,
)
from strongroom_core.access.entry import Severity
from strongroom_core.kernel.authority import VaultCapability

ACCOUNT_CLOSE = Action(
    name="account_close",
    severity=Severity.HIGH,
    installation=True,
    in_vaults=True,
    step_up=True,
    done="closed their account",
    by_target=True,
)
ACCOUNT_CREATE = Action(
    name="account_create",
    severity=Severity.LOW,
    planes=STRANGERS,
    installation=True,
    done="confirmed their email address and created their account",
    by_target=True,
)
ACCOUNT_DISOWN = Action(
    name="account_disown",
    severity=Severity.HIGH,
    planes=STRANGERS,
    installation=True,
    done="reported a sign-in as not their own, and ended their sessions",
    by_target=True,
)
ACCOUNT_EMAIL_ASK = Action(
    name="account_email_ask",
    severity=Severity.MEDIUM,
    installation=True,
    step_up=True,
    done="requested a change of their email address",
    by_target=True,
)
ACCOUNT_EMAIL_CHANGE = Action(
    name="account_email_change",
    severity=Severity.HIGH,
    planes=STRANGERS,
    installation=True,
    done="confirmed their new email address",
    by_target=True,
)
ACCOUNT_LOGIN = Action(
    name="account_login",
    severity=Severity.LOW,
    planes=STRANGERS,
    installation=True,
    in_vaults=True,
    done="signed in",
    by_target=True,
    refused="failed to sign in",
)
ACCOUNT_PASSWORD = Action(
    name="account_password",
    severity=Severity.HIGH,
    installation=True,
    in_vaults=True,
    step_up=True,
    done="changed their password",
    by_target=True,
)
ACCOUNT_FIRST_STEP = Action(
    name="account_first_step",
    severity=Severity.LOW,
    planes=STRANGERS,
    installation=True,
    in_vaults=True,
    done="entered their password and was asked for a second factor",
    by_target=True,
)
ACCOUNT_RENAME = Action(
    name="account_rename",
    severity=Severity.LOW,
    installation=True,
    in_vaults=True,
    done="changed their username",
    by_target=True,
)
ACCOUNT_RESET = Action(
    name="account_reset",
    severity=Severity.MEDIUM,
    planes=STRANGERS,
    installation=True,
    done="chose a new password with a link",
    by_target=True,
)
ACCOUNT_RESET_ASK = Action(
    name="account_reset_ask",
    severity=Severity.LOW,
    planes=STRANGERS,
    installation=True,
    done="requested a password-reset link",
)
ACCOUNT_RESET_LINK = Action(
    name="account_reset_link",
    severity=Severity.HIGH,
    planes=JOBS,
    installation=True,
    done="created a password-reset link for",
)
ACCOUNT_SIGN_UP = Action(
    name="account_sign_up",
    severity=Severity.LOW,
    planes=STRANGERS,
    installation=True,
    done="signed up",
)
ACCOUNT_SIGN_UP_LINK = Action(
    name="account_sign_up_link",
    severity=Severity.MEDIUM,
    planes=PEOPLE_OR_JOBS,
    operator=True,
    installation=True,
    done="created a link for someone who signed up",
)
ACCOUNT_VIEW = view("account_view", own_account=True)
# No use case performs this action. The gate logs failed requests from unknown clients under this name.
AUTH_FAILURE = Action(
    name="auth_failure",
    severity=Severity.MEDIUM,
    planes=STRANGERS,
    installation=True,
    done="failed to authenticate",
    refused="failed to authenticate as",
)
APP_START = Action(
    name="app_start",
    severity=Severity.INFO,
    installation=True,
    recorded=Recorded.ON_REFUSAL,
    step_up=True,
    refused="was denied an authenticator app",
)
APP_ADD = Action(
    name="app_add",
    severity=Severity.MEDIUM,
    installation=True,
    in_vaults=True,
    step_up=True,
    done="added an authenticator app",
    refused="failed to add an authenticator app",
)
APP_REMOVE = Action(
    name="app_remove",
    severity=Severity.HIGH,
    installation=True,
    in_vaults=True,
    step_up=True,
    done="removed their authenticator app",
)
CODES_CREATE = Action(
    name="codes_create",
    severity=Severity.MEDIUM,
    installation=True,
    in_vaults=True,
    step_up=True,
    done="created new recovery codes",
)
DEVICE_FORGET = Action(
    name="device_forget",
    severity=Severity.LOW,
    about=ObjectKind.DEVICE,
    installation=True,
    in_vaults=True,
    lock=Lock.CHANGE,
    done="removed the known browser",
)
PASSKEY_ASK = Action(
    name="passkey_ask",
    severity=Severity.INFO,
    planes=frozenset({Plane.HUMAN, Plane.PUBLIC}),
    installation=True,
    recorded=Recorded.ON_REFUSAL,
)
PASSKEY_START = Action(
    name="passkey_start",
    severity=Severity.INFO,
    installation=True,
    recorded=Recorded.ON_REFUSAL,
    step_up=True,
    refused="was denied a new passkey",
)
PASSKEY_ADD = Action(
    name="passkey_add",
    severity=Severity.MEDIUM,
    installation=True,
    in_vaults=True,
    step_up=True,
    done="added the passkey",
)
PASSKEY_COPIED = Action(
    name="passkey_copied",
    severity=Severity.CRITICAL,
    planes=JOBS,
    installation=True,
    in_vaults=True,
    done="stopped accepting a copied passkey of",
)
PASSKEY_REMOVE = Action(
    name="passkey_remove",
    severity=Severity.HIGH,
    about=ObjectKind.PASSKEY,
    installation=True,
    in_vaults=True,
    lock=Lock.CHANGE,
    step_up=True,
    done="removed the passkey",
)
RECOVERY_CANCEL = Action(
    name="recovery_cancel",
    severity=Severity.HIGH,
    planes=frozenset({Plane.HUMAN, Plane.PUBLIC}),
    installation=True,
    done="canceled the recovery of",
)
RECOVERY_FINISH = Action(
    name="recovery_finish",
    severity=Severity.HIGH,
    planes=JOBS,
    installation=True,
    done="finished the recovery of",
)
SESSION_END = Action(
    name="session_end",
    severity=Severity.INFO,
    installation=True,
    in_vaults=True,
    done="signed out",
)
SESSION_REVOKE = Action(
    name="session_revoke",
    severity=Severity.LOW,
    about=ObjectKind.SESSION,
    installation=True,
    in_vaults=True,
    lock=Lock.CHANGE,
    done="signed out another session,",
)
SESSIONS_REVOKE = Action(
    name="sessions_revoke",
    severity=Severity.LOW,
    installation=True,
    in_vaults=True,
    done="signed out all other sessions",
)
SESSION_STEP_UP = Action(
    name="session_step_up",
    severity=Severity.LOW,
    installation=True,
    in_vaults=True,
    done="confirmed their identity",
)
SESSION_VIEW = view("session_view", own_account=True)
FACTOR_REQUIRE = Action(
    name="factor_require",
    severity=Severity.HIGH,
    needs=VaultCapability.VAULT_SETTINGS,
    step_up=True,
    done="changed whether this vault requires a second factor",
)
