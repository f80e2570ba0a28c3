"""Alerts: webhooks and their secrets, deliveries, and alerts that wait to be sent by email."""

from piccolo.columns import JSONB, UUID, Array, Boolean, Bytea, Date, Integer, SmallInt, Varchar

from strongroom_core.db.columns import (
    TenantTable,
    optional_time,
    required_text,
    required_time,
)


class AlertState(TenantTable, tablename="alert_state"):
    """A vault's rules for emails, how far its audit log has been read, and the day's deliveries.

    The position is `(incarnation, tx, entry)`. The migration adds `tx`, as it does for the audit log.
    """

    vault = Varchar(length=32, primary_key=True, null=False, default=None)
    incarnation = Integer(null=False, default=0)
    entry = UUID(null=False, default=None)
    told = Integer(null=True, default=None)
    told_entry = UUID(null=True, default=None)
    mail_actions = Array(base_column=Varchar(length=64), null=True, default=None)
    mail_members = Array(base_column=Varchar(length=32), null=False, default=list)
    muted_until = optional_time()
    quiet_from = SmallInt(null=True, default=None)
    quiet_until = SmallInt(null=True, default=None)
    day = Date(null=True, default=None)
    deliveries = Integer(null=False, default=0)
    capped = Boolean(null=False, default=False)
    revision = Integer(null=False, default=1)


class Webhook(TenantTable, tablename="webhook"):
    """A receiver of alerts. Its URL is stored encrypted, because some receivers' URLs are credentials."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    name = required_text(100)
    template = required_text(16)
    host = required_text(260)
    actions = Array(base_column=Varchar(length=64), null=False, default=list)
    enabled = Boolean(null=False, default=True)
    failures = Integer(null=False, default=0)
    created_at = required_time()
    created_by = required_text(64)
    disabled_at = optional_time()
    revision = Integer(null=False, default=1)


class WebhookSecret(TenantTable, tablename="webhook_secret"):
    """A webhook's signing secret or target, encrypted. Only *app* can read it."""

    id = UUID(primary_key=True, null=False, default=None)
    webhook = required_text(32)
    purpose = required_text(16)
    ciphertext = Bytea(null=False, default=None)
    created_at = required_time()
    retires_at = optional_time()


class Delivery(TenantTable, tablename="delivery"):
    """One alert for one webhook. Its body contains what the audit log says, but never a value.

    `due_at` is when it can be claimed next. While it is being sent, that is when the claim ends.
    """

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    webhook = required_text(32)
    entry = UUID(null=True, default=None)
    event = required_text(64)
    severity = required_text(16)
    body = required_text(65536)
    state = required_text(16)
    attempts = Integer(null=False, default=0)
    round = Integer(null=False, default=0)
    tries = JSONB(null=False, default="[]")
    due_at = required_time()
    created_at = required_time()
    ended_at = optional_time()


class Notice(TenantTable, tablename="notice"):
    """What was announced and is still true: something expires soon, or a limit is nearly used."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    kind = required_text(32)
    object = required_text(64)
    until = optional_time()
    at = required_time()


class MailAlert(TenantTable, tablename="mail_alert"):
    """An alert that waits to be sent by email: alone if it is critical, otherwise in a digest."""

    id = UUID(primary_key=True, null=False, default=None)
    entry = UUID(null=False, default=None)
    critical = Boolean(null=False, default=False)
    due_at = required_time()
