"""Sending mail. Only mail that is given up is logged, in the vault that it is about."""

from strongroom_core.access.action import JOBS, Action, Recorded
from strongroom_core.access.entry import Severity

MAIL_FAIL = Action(
    name="mail_fail",
    severity=Severity.MEDIUM,
    planes=JOBS,
    done="gave up sending a mail",
)
MAIL_SEND = Action(
    name="mail_send",
    severity=Severity.INFO,
    planes=JOBS,
    recorded=Recorded.ON_REFUSAL,
)
