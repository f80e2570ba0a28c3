"""Policies, and the counts of secrets that have one."""

from piccolo.columns import JSONB, Date, Integer, Varchar

from strongroom_core.db.columns import (
    NamedTable,
    TenantTable,
    optional_text,
    optional_time,
    required_text,
    required_time,
)


class Policy(NamedTable, tablename="policy"):
    """Conditions for reads of the secrets that have this policy. All of them are in the policy's project."""

    project = required_text(32)
    mode = required_text(16)
    mode_since = required_time()
    mode_by = required_text(64)
    mode_reason = optional_text(500)
    conditions = JSONB(null=False, default=None)
    created_at = required_time()
    created_by = required_text(64)


class PolicyUse(TenantTable, tablename="policy_use"):
    """The number of delivered reads of a secret with a policy, and its co-signer's last read.

    `in_version` counts the reads of `version`. `queued_version` is the last version that they rotated.
    """

    secret = Varchar(length=32, primary_key=True, null=False, default=None)
    minute = optional_time()
    in_minute = Integer(null=False, default=0)
    day = Date(null=True, default=None)
    in_day = Integer(null=False, default=0)
    total = Integer(null=False, default=0)
    co_signed_by = optional_text(36)
    co_signed_at = optional_time()
    version = Integer(null=True, default=None)
    in_version = Integer(null=False, default=0)
    queued_version = Integer(null=True, default=None)
