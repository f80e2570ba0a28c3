"""Users' actions on their own accounts and sessions, outside any vault (A-11)."""

from strongroom_core.access.action import STRANGERS, Action, Lock, ObjectKind, view
from strongroom_core.access.entry import Severity

ACCOUNT_VIEW = view("account_view")
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
# No use case performs this action: the gate logs failed requests from unknown clients under its name.
AUTH_FAILURE = Action(
    name="auth_failure",
    severity=Severity.MEDIUM,
    planes=STRANGERS,
    installation=True,
    done="failed to authenticate",
    refused="failed to authenticate as",
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
    done="confirmed their password",
)
SESSION_VIEW = view("session_view")
