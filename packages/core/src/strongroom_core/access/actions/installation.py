"""Actions on the whole installation, logged in its reserved vault."""

from strongroom_core.access.action import JOBS, STRANGERS, Action, Recorded
from strongroom_core.access.entry import Severity

INSTALLATION_CLOCK = Action(
    name="installation_clock",
    severity=Severity.HIGH,
    planes=JOBS,
    installation=True,
    done="confirmed that the clock is right",
)
INSTALLATION_INIT = Action(
    name="installation_init",
    severity=Severity.HIGH,
    planes=JOBS,
    installation=True,
    done="initialized the installation",
)
INSTALLATION_LINK = Action(
    name="installation_link",
    severity=Severity.HIGH,
    planes=JOBS,
    installation=True,
    done="created a new setup link",
)
INSTALLATION_RESTORED = Action(
    name="installation_restored",
    severity=Severity.HIGH,
    planes=JOBS,
    installation=True,
    done="restored a backup",
)
INSTALLATION_SETUP = Action(
    name="installation_setup",
    severity=Severity.HIGH,
    planes=STRANGERS,
    installation=True,
    done="created their account",
    by_target=True,
)
INSTALLATION_SWEEP = Action(
    name="installation_sweep",
    severity=Severity.INFO,
    planes=JOBS,
    installation=True,
    recorded=Recorded.ON_REFUSAL,
)
INSTALLATION_UNSEAL = Action(
    name="installation_unseal",
    severity=Severity.HIGH,
    planes=JOBS,
    installation=True,
    done="unsealed the server",
)
