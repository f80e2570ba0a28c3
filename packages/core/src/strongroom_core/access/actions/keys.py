"""Actions on people's keys, with which programs act for them (D-5)."""

from dataclasses import replace

from strongroom_core.access.action import STRANGERS, Action, Lock, ObjectKind, Recorded, view
from strongroom_core.access.entry import Severity

KEY_ASK = Action(
    name="key_ask",
    severity=Severity.INFO,
    planes=STRANGERS,
    installation=True,
    recorded=Recorded.ON_REFUSAL,
)
KEY_POLL = Action(
    name="key_poll",
    severity=Severity.INFO,
    planes=STRANGERS,
    installation=True,
    recorded=Recorded.ON_REFUSAL,
)
KEY_FIND = Action(
    name="key_find",
    severity=Severity.INFO,
    installation=True,
    recorded=Recorded.ON_REFUSAL,
    refused="entered a code that doesn't match any request for a key",
)
KEY_APPROVE = Action(
    name="key_approve",
    severity=Severity.MEDIUM,
    installation=True,
    in_vaults=True,
    step_up=True,
    done="approved the key",
    refused="failed to approve a key",
)
KEY_DENY = Action(
    name="key_deny",
    severity=Severity.LOW,
    installation=True,
    in_vaults=True,
    done="denied a request for a key",
)
KEY_RENAME = Action(
    name="key_rename",
    severity=Severity.LOW,
    about=ObjectKind.KEY,
    installation=True,
    in_vaults=True,
    lock=Lock.CHANGE,
    done="renamed the key",
)
KEY_REVOKE = Action(
    name="key_revoke",
    severity=Severity.LOW,
    about=ObjectKind.KEY,
    installation=True,
    in_vaults=True,
    lock=Lock.CHANGE,
    done="revoked the key",
)
KEY_VIEW = replace(view("key_view", own_account=True), by_key=True)
KEY_END = Action(
    name="key_end",
    severity=Severity.LOW,
    installation=True,
    in_vaults=True,
    by_key=True,
    done="signed out with the key",
)
