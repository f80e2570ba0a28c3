"""The views of alerts, webhooks and deliveries."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from strongroom_core.access.entry import Severity
from strongroom_core.kernel.view import View


class Template(StrEnum):
    """The format of a webhook's deliveries. `strongroom` is our own format (WIRE 6)."""

    STRONGROOM = "strongroom"
    SLACK = "slack"
    TEAMS = "teams"
    DISCORD = "discord"
    PAGERDUTY = "pagerduty"
    NTFY = "ntfy"


class DeliveryState(StrEnum):
    """Whether a delivery has arrived. `waiting` includes waiting for the next attempt."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"


class WebhookView(View):
    """A webhook. Its URL and secret are stored encrypted; only the URL's host is shown.

    `failures` counts the attempts that have failed since the last one that succeeded. `sent`, `delivered`
    and `failed` count the deliveries in the last 24 hours. `overlap_until` is when the previous signing
    secret retires, if there is one.
    """

    id: str
    name: str
    template: Template
    host: str
    actions: list[str]
    enabled: bool
    failures: int
    disabled_at: datetime | None
    sent: int
    delivered: int
    failed: int
    overlap_until: datetime | None
    created_at: datetime
    created_by: str
    revision: int


class NewWebhook(View):
    """A new webhook or a new signing secret. The secret is returned only once."""

    webhook: WebhookView
    secret: str

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class DeliveryTry(View):
    """One attempt: the response's status, or why there was none, and how long it took."""

    at: datetime
    status: int | None
    reason: str | None
    milliseconds: int | None


class DeliveryView(View):
    """A delivery. `due_at` is the time of its next attempt, or None once it has ended.

    `entry_id` is the event, or None for a test. `body` is empty for a user who can't see that event.
    """

    id: str
    webhook_id: str
    entry_id: UUID | None
    event: str
    severity: Severity
    state: DeliveryState
    attempts: int
    tries: list[DeliveryTry]
    body: str
    due_at: datetime | None
    created_at: datetime
    ended_at: datetime | None


class AlertRules(View):
    """Which events cause alerts, as `CHANNEL ACTION` pairs.

    A channel is `mail` or a webhook's ID. An action is one from the audit log, or `severity:` and a severity,
    which means all actions of that severity. Besides the owners, the members `mail_members` get the emails,
    as far as they can see the events. Until `muted_until` and, each day, from `quiet_from` to
    `quiet_until` (minutes of the day, in UTC), only critical alerts are sent by email; the others follow in
    one digest. `mail_waiting` counts the emails that are due but haven't been sent, and `mail_problem` is
    the reason in words. Unless `mail_configured`, there is no mail server. `capped` is true once today's
    deliveries are used up.
    """

    rules: list[str]
    mail_members: list[str]
    muted_until: datetime | None
    quiet_from: int | None
    quiet_until: int | None
    mail_configured: bool
    mail_waiting: int
    mail_problem: str | None
    capped: bool
    revision: int


class TemplateExample(View):
    """What a template's deliveries look like, with an example event."""

    template: Template
    body: str
