"""Members: users in a vault."""

from piccolo.columns import Varchar

from strongroom_core.db.columns import TenantTable, optional_text, required_text, required_time


class Member(TenantTable, tablename="member"):
    """An account's membership in a vault: one vault role and at most one access role."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    account = required_text(32)
    vault_role = required_text(32)
    access_role = optional_text(32)
    status = required_text(16)
    joined_at = required_time()
