"""Members: users in a vault, their roles, and invitations."""

from piccolo.columns import JSONB, Array, Boolean, Bytea, Integer, Varchar

from strongroom_core.db.columns import (
    NamedTable,
    TenantTable,
    optional_text,
    optional_time,
    required_text,
    required_time,
)


class VaultRole(NamedTable, tablename="vault_role"):
    """A custom vault role. The built-in ones are in `access/roles.py`."""

    capabilities = Array(base_column=Varchar(length=32), null=False, default=None)
    created_at = required_time()


class AccessRole(NamedTable, tablename="access_role"):
    """A scope and the rights that members with this role have in it."""

    everywhere = Boolean(null=False, default=None)
    applications = Array(base_column=Varchar(length=32), null=False, default=None)
    projects = Array(base_column=Varchar(length=32), null=False, default=None)
    rights = Array(base_column=Varchar(length=64), null=False, default=None)
    overrides = JSONB(null=False, default="{}")
    created_at = required_time()


class Member(TenantTable, tablename="member"):
    """An account's membership in a vault: one vault role and at most one access role.

    `vault_role` is a built-in role or the ID of a custom one. `custom_role` is that ID too.
    """

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    account = required_text(32)
    vault_role = required_text(32)
    access_role = optional_text(32)
    status = required_text(16)
    joined_at = required_time()
    ends_at = optional_time()
    suspended_at = optional_time()
    revision = Integer(null=False, default=1)
    custom_role = optional_text(32)


class Invitation(TenantTable, tablename="invitation"):
    """An invitation to an email address. There is at most one per vault and address."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    address = required_text(254)
    address_folded = required_text(254)
    vault_role = required_text(32)
    custom_role = optional_text(32)
    access_role = optional_text(32)
    ends_at = optional_time()
    invited_by = required_text(32)
    token_hash = Bytea(null=True, default=None)
    created_at = required_time()
    sent_at = required_time()
    expires_at = required_time()
    revision = Integer(null=False, default=1)
