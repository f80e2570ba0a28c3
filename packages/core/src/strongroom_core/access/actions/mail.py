"""Sending email. Only emails that were given up on are logged, in the vault that they are about."""

from strongroom_core.access.action import JOBS, Action, Recorded
from strongroom_core.access.entry import Severity

MAIL_FAIL = Action(
    name="mail_fail",
    severity=Severity.MEDIUM,
    planes=JOBS,
    done="gave up on sending an email",
)
MAIL_SEND = Action(
    name="mail_send",
    severity=Severity.INFO,
    planes=JOBS,
    recorded=Recorded.ON_REFUSAL,
)
