"""Emails to be sent. Each is recorded in the transaction of the act that causes it."""

from piccolo.columns import JSONB, UUID, Integer, SmallInt

from strongroom_core.db.columns import (
    TenantTable,
    optional_text,
    optional_time,
    required_text,
    required_time,
)


class Mail(TenantTable, tablename="mail"):
    """One email, to an account or to an address. Nothing secret is ever written here."""

    id = UUID(primary_key=True, null=False, default=None)
    kind = required_text(32)
    account = optional_text(32)
    address = optional_text(254)
    subject = optional_text(64)
    facts = JSONB(null=False, default="{}")
    state = required_text(16)
    attempts = Integer(null=False, default=0)
    problem = optional_text(32)
    reply = SmallInt(null=True, default=None)
    created_at = required_time()
    due_at = required_time()
    tried_at = optional_time()
    ended_at = optional_time()
