"""The audit log. Roles that serve requests have only the INSERT and SELECT privileges."""

from piccolo.columns import JSONB, UUID, Bytea, Integer

from strongroom_core.db.columns import TenantTable, optional_text, required_text, required_time


class AuditEntry(TenantTable, tablename="audit_entry"):
    """One entry. It has no foreign keys: it contains the names at that moment, which outlive their objects.

    The migrations add `tx`, the writing transaction's ID, by which the sealer will order entries.
    """

    id = UUID(primary_key=True, null=False, default=None)
    at = required_time()
    incarnation = Integer(null=False, default=None)
    action = required_text(64)
    severity = required_text(16)
    outcome = required_text(16)
    reason = optional_text(64)
    actor_kind = required_text(16)
    actor_id = optional_text(64)
    actor_name = required_text(255)
    target_kind = optional_text(32)
    target_id = optional_text(64)
    target_name = optional_text(255)
    project = optional_text(32)
    address = required_text(64)
    country = optional_text(2)
    request_id = required_text(64)
    detail = JSONB(null=False, default="{}")
    salt = Bytea(null=False, default=None)
    requester_kind = optional_text(16)
    requester_id = optional_text(64)
    requester_name = optional_text(255)
    approver_id = optional_text(64)
    approver_name = optional_text(255)
