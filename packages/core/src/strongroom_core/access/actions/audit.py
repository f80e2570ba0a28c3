"""Read-only actions across a vault: the audit log, the overview, and search.

`access/visible` decides whose entries a user can see, and `overview/reach` decides which objects.
"""

from strongroom_core.access.action import PEOPLE_OR_JOBS, Action, Recorded, view
from strongroom_core.access.entry import Severity
from strongroom_core.kernel.authority import VaultCapability

AUDIT_EXPORT = Action(
    name="audit_export",
    severity=Severity.MEDIUM,
    needs=VaultCapability.AUDIT_VIEW,
    done="exported the audit log",
)
AUDIT_FOLLOW = Action(
    name="audit_follow",
    severity=Severity.INFO,
    planes=PEOPLE_OR_JOBS,
    recorded=Recorded.ON_REFUSAL,
    own_account=True,
)
AUDIT_VIEW = view("audit_view", needs=VaultCapability.AUDIT_VIEW)
OVERVIEW_VIEW = view("overview_view")
VAULT_SEARCH = view("vault_search")
