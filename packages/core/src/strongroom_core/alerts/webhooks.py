"""Webhooks: creating, changing, listing and deleting them, and rotating their secrets (N-2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.alerts import (
    ALERTS_VIEW,
    WEBHOOK_CREATE,
    WEBHOOK_DELETE,
    WEBHOOK_DISABLE,
    WEBHOOK_ROTATE,
    WEBHOOK_UPDATE,
)
from strongroom_core.alerts.alert import is_rule
from strongroom_core.alerts.stored_secrets import SIGNING, Target, store, store_target
from strongroom_core.alerts.views import NewWebhook, Template, WebhookView
from strongroom_core.crypto.random import new_id
from strongroom_core.crypto.webhook_secret import new_signing_secret
from strongroom_core.kernel.errors import Conflict, Invalid, NameTaken, NotFound
from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_core.kernel.names import require_name
from strongroom_core.limits.caps import Cap
from strongroom_core.limits.quota import require_room
from strongroom_core.outbound.destination import UnusableDestination

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from strongroom_core.access.action import Action
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Human, System
    from strongroom_core.kernel.ids import WebhookId

MOST_FAILURES = 100
"""After this many failed attempts in a row, a webhook is disabled."""

USUAL_OVERLAP, LONGEST_OVERLAP = timedelta(hours=24), timedelta(days=7)
KEY_LENGTH = 128
NEEDS_KEY = {Template.PAGERDUTY: "integration key", Template.NTFY: "topic"}

_WEBHOOKS = """
select w.id, w.name, w.template, w.host, w.actions, w.enabled, w.failures, w.disabled_at,
       w.created_at, w.created_by, w.revision, d.sent, d.delivered, d.failed,
       (select max(s.retires_at) from webhook_secret s
        where s.webhook = w.id and s.purpose = 'signing' and s.retires_at > $1) as overlap_until
from webhook w
cross join lateral (
    select count(*) as sent, count(*) filter (where d.state = 'delivered') as delivered,
           count(*) filter (where d.state = 'failed') as failed
    from delivery d where d.webhook = w.id and d.created_at > $1::timestamptz - interval '24 hours'
) d
"""

# `webhook_secret` can be read only by *app*; the dashboard doesn't show when the previous secret retires.
_WEBHOOKS_BLIND = _WEBHOOKS.replace(
    """(select max(s.retires_at) from webhook_secret s
        where s.webhook = w.id and s.purpose = 'signing' and s.retires_at > $1)""",
    "null::timestamptz",
)

_INSERT = """
insert into webhook (vault, id, name, template, host, actions, created_at, created_by)
values ($1, $2, $3, $4, $5, $6, $7, $8)
"""

_UPDATE = """
update webhook set name = $2, host = $3, actions = $4, enabled = $5,
    failures = case when $5 and not enabled then 0 else failures end,
    disabled_at = case when $5 then null else coalesce(disabled_at, $6) end,
    revision = revision + 1
where id = $1
"""

_TAKEN = "select exists (select from webhook where lower(name) = lower($1) and id <> $2)"

_RETIRE = """
update webhook_secret set retires_at = least(retires_at, $2)
where webhook = $1 and purpose = 'signing' and (retires_at is null or retires_at > $2)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookWish:
    """A webhook's settings. None leaves a setting as it is, or at its default.

    `key` is what the receiver needs in the body: PagerDuty's integration key, or ntfy's topic.
    """

    name: str | None = None
    url: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)
    actions: Iterable[str] | None = None
    enabled: bool | None = None


async def list_webhooks(core: Core, caller: Human) -> list[WebhookView]:
    """Return the vault's webhooks, by name. There are few."""
    async with gate.perform(core, caller, ALERTS_VIEW) as act:
        sql = _WEBHOOKS if core.keyring is not None else _WEBHOOKS_BLIND
        rows = await act.connection.fetch(f"{sql} order by lower(w.name), w.id", act.at)
    return [WebhookView.of_row(row) for row in rows]


def _require_all_events(act: gate.Act, action: Action) -> None:
    """Deny it to anyone who would get events at their URL that the audit log hides from them."""
    act.require_part(action, "url")
    act.require_whole("the vault", "a webhook gets the events of every project")


async def create_webhook(
    core: Core, caller: Human, wish: WebhookWish, *, template: Template
) -> NewWebhook:
    """Create a webhook. Return its signing secret, which nobody can look up later.

    Raises `Invalid` for a URL that can't be used, `NameTaken`, `CapReached`, and `Refused` for someone who
    can't see all events in the audit log themselves.
    """
    name = require_name(wish.name or "", field="name", most=NAME_LENGTH)
    target = _target(core, template, wish.url or "", wish.key)
    actions = require_rules(wish.actions or ())
    async with gate.perform(core, caller, WEBHOOK_CREATE) as act:
        _require_all_events(act, WEBHOOK_CREATE)
        await act.connection.execute("select from vault where id = $1 for no key update", act.vault)
        await require_room(act, Cap.WEBHOOKS)
        await _require_free(act.connection, name, "")
        webhook, secret = new_id("hook"), new_signing_secret()
        row = (act.vault, webhook, name, template.value, host_of(target.url), actions)
        await act.connection.execute(_INSERT, *row, act.at, act.actor[2])
        await store_target(core, act, webhook, target)
        await store(core, act, webhook, SIGNING, secret)
        act.concerns(ObjectKind.WEBHOOK, webhook, name)
        act.record(template=template.value, host=host_of(target.url), given=actions)
        view = await webhook_in(act.connection, webhook, act.at)
    return NewWebhook(webhook=view, secret=secret.reveal().decode())


async def update_webhook(
    core: Core,
    caller: Human,
    webhook: WebhookId,
    wish: WebhookWish,
    *,
    if_match: int | None = None,
) -> WebhookView:
    """Change a webhook. A new URL also needs a new key, if the receiver needs one.

    Enabling a disabled webhook resets its failures to zero. Raises the same errors as `create_webhook`, and
    `Invalid` for a key without a URL, because both are stored as one.
    """
    if wish.key is not None and wish.url is None:
        raise Invalid("a new key needs the URL too; enter both", field="url")
    async with gate.perform(core, caller, WEBHOOK_UPDATE, webhook) as act:
        if wish.url is not None or wish.actions is not None or wish.enabled:
            _require_all_events(act, WEBHOOK_UPDATE)
        act.require_revision(if_match)
        before = await webhook_in(act.connection, webhook, act.at)
        name, host = before.name, before.host
        if wish.name is not None:
            name = require_name(wish.name, field="name", most=NAME_LENGTH)
            await _require_free(act.connection, name, webhook)
        if wish.url is not None:
            target = _target(core, before.template, wish.url, wish.key)
            host = host_of(target.url)
            await store_target(core, act, webhook, target)
            act.record(target_changed=True, host=host)
        actions = before.actions if wish.actions is None else require_rules(wish.actions)
        enabled = before.enabled if wish.enabled is None else wish.enabled
        values = (name, host, actions, enabled, act.at)
        await act.connection.execute(_UPDATE, webhook, *values)
        act.record(enabled=enabled, **changes_of(before.actions, actions))
        if name != before.name:
            act.record(renamed_to=name)
        return await webhook_in(act.connection, webhook, act.at)


async def rotate_webhook(
    core: Core, caller: Human, webhook: WebhookId, *, overlap: timedelta = USUAL_OVERLAP
) -> NewWebhook:
    """Give a webhook a new signing secret. Until the overlap ends, deliveries have both signatures.

    Raises `Invalid` for an overlap that is too long.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise Invalid("the overlap must be at most 7 days", field="overlapSeconds")
    async with gate.perform(core, caller, WEBHOOK_ROTATE, webhook) as act:
        secret = new_signing_secret()
        # Only the previous secret overlaps; older ones retire now.
        await act.connection.execute(f"{_RETIRE} and retires_at is not null", webhook, act.at)
        await act.connection.execute(_RETIRE, webhook, act.at + overlap)
        await store(core, act, webhook, SIGNING, secret)
        act.record(overlap_seconds=int(overlap.total_seconds()))
        view = await webhook_in(act.connection, webhook, act.at)
    return NewWebhook(webhook=view, secret=secret.reveal().decode())


async def delete_webhook(core: Core, caller: Human, webhook: WebhookId) -> None:
    """Delete a webhook with its secrets and its delivery log. Waiting deliveries aren't sent."""
    async with gate.perform(core, caller, WEBHOOK_DELETE, webhook) as act:
        before = await webhook_in(act.connection, webhook, act.at)
        for table in ("delivery", "webhook_secret"):
            await act.connection.execute(f"delete from {table} where webhook = $1", webhook)
        await act.connection.execute("delete from webhook where id = $1", webhook)
        await act.connection.execute(
            "update secret set alert_webhooks = array_remove(alert_webhooks, $1),"
            " alert_mail = alert_mail or alert_webhooks = array[$1]::varchar[]"
            " where $1 = any(alert_webhooks)",
            webhook,
        )
        act.record(host=before.host, taken=before.actions)


async def disable_failing_webhook(core: Core, caller: System, webhook: WebhookId) -> None:
    """Disable a webhook after a hundred failed attempts in a row. Raises `Conflict` if it works again."""
    async with gate.perform(core, caller, WEBHOOK_DISABLE, webhook) as act:
        failures = await act.connection.fetchval(
            "update webhook set enabled = false, disabled_at = $2, revision = revision + 1"
            " where id = $1 and enabled and failures >= $3 returning failures",
            webhook,
            act.at,
            MOST_FAILURES,
        )
        if failures is None:
            raise Conflict("this webhook works again, or has already been disabled")
        act.record(failures=failures)


def require_rules(actions: Iterable[str]) -> list[str]:
    """Return the actions of a channel in order. Raises `Invalid` for an unknown one."""
    wanted = sorted(set(actions))
    for each in wanted:
        if not is_rule(each):
            raise Invalid(
                "actions contains an unknown action; use an action of the audit log, or severity: and a"
                " severity",
                field="actions",
            )
    return wanted


def changes_of(before: Iterable[str], after: Iterable[str]) -> dict[str, list[str]]:
    """Return which actions a change added to a channel and removed from it, for the change's event."""
    given, taken = sorted(set(after) - set(before)), sorted(set(before) - set(after))
    return {name: texts for name, texts in (("given", given), ("taken", taken)) if texts}


async def webhook_in(connection: Connection, webhook: str, at: datetime) -> WebhookView:
    """Return the view of a webhook, for the act that has just read or changed it."""
    row = await connection.fetchrow(f"{_WEBHOOKS} where w.id = $2", at, webhook)
    if row is None:
        raise NotFound("webhook")
    return WebhookView.of_row(row)


def host_of(url: str) -> str:
    """Return the host and port of a URL that has been checked."""
    return url.removeprefix("https://").partition("/")[0].partition("?")[0]


def _target(core: Core, template: Template, url: str, key: str | None) -> Target:
    try:
        core.sender.check_url(url)
    except UnusableDestination as unusable:
        raise Invalid(str(unusable), field="url") from None
    needed = NEEDS_KEY.get(template)
    if needed is None:
        return Target(url)
    if not key:
        raise Invalid(f"this receiver needs its {needed}", field="key")
    return Target(url, require_name(key, field="key", most=KEY_LENGTH))


async def _require_free(connection: Connection, name: str, webhook: str) -> None:
    if await connection.fetchval(_TAKEN, name, webhook):
        raise NameTaken("a webhook already has this name; choose another")
