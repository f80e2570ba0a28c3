"""Alerts: the rules, the webhooks, and the deliveries of one of them (N-1, N-2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import reflex as rx

from strongroom_core.access.action import Recorded
from strongroom_core.access.action_table import ACTIONS, SUBJECTS
from strongroom_core.access.entry import Severity
from strongroom_core.access.roles import OWNER_ROLE
from strongroom_core.alerts.deliveries import list_deliveries
from strongroom_core.alerts.rules import list_templates, read_alert_rules
from strongroom_core.alerts.views import DeliveryState
from strongroom_core.alerts.webhooks import list_webhooks
from strongroom_core.kernel.authority import Access, VaultCapability
from strongroom_core.kernel.ids import WebhookId
from strongroom_core.kernel.page import MAX_LIMIT, PageRequest
from strongroom_core.members.listing import list_members
from strongroom_dashboard.components.fields import Option
from strongroom_dashboard.screens.action_words import action_label
from strongroom_dashboard.screens.screen import Screen
from strongroom_dashboard.screens.wording import counted, why_not

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from strongroom_core.alerts.views import AlertRules, DeliveryView, WebhookView
    from strongroom_core.members.views import MemberView
    from strongroom_dashboard.event_session import Call

PAGE = 25
MUTES = ((1, "1 hour"), (8, "8 hours"), (24, "24 hours"), (7 * 24, "7 days"))
GROUPS: Mapping[str, str] = {
    "accounts": "Accounts",
    "alerts": "Alerts",
    "audit": "Audit log",
    "installation": "Installation",
    "keys": "Keys of people",
    "machines": "Machines",
    "mail": "Email",
    "members": "Members and roles",
    "plans": "Plan",
    "policies": "Policies",
    "projects": "Projects",
    "secrets": "Secrets and canaries",
    "shares": "Shares and drop boxes",
    "vaults": "Vault",
}
EVERY = {
    Severity.CRITICAL: "Every critical action",
    Severity.HIGH: "Every high-severity action",
    Severity.MEDIUM: "Every medium-severity action",
    Severity.LOW: "Every low-severity action",
    Severity.INFO: "Every informational action",
}
STATES = {
    DeliveryState.WAITING: ("Waiting", "wait"),
    DeliveryState.SENDING: ("Being sent", "wait"),
    DeliveryState.DELIVERED: ("Delivered", "ok"),
    DeliveryState.FAILED: ("Failed", "bad"),
}
REASONS = {
    "unreachable": "Couldn't connect",
    "timeout": "Timed out",
    "tls": "TLS error",
    "redirect": "Redirects aren't followed",
    "too_large": "Response too large",
    "malformed": "Not an HTTP response",
}


@dataclass(frozen=True)
class Channel:
    """A column in the matrix."""

    id: str
    kind: str
    name: str


@dataclass(frozen=True)
class Box:
    """A checkbox in the matrix. `value` is the rule."""

    value: str
    label: str
    on: bool


@dataclass(frozen=True)
class RuleRow:
    """A row in the matrix: an action or a severity. If `group` isn't empty, it is a group's heading."""

    id: str
    group: str
    name: str
    severity: str
    boxes: list[Box]


@dataclass(frozen=True)
class Recipient:
    """A member who can be chosen to get the emails. The owners always get them."""

    id: str
    name: str
    role: str
    on: bool


class AlertRulesPage(Screen, rx.State):
    """Which events are sent as alerts, and to which channels."""

    sentence: str = ""
    channels: list[Channel] = []
    rows: list[RuleRow] = []
    revision: int = 1
    may_not: str = ""
    webhooks: int = 0
    problem_of_mail: str = ""
    capped: bool = False
    muted: str = ""
    quiet: str = ""
    quiet_from: str = ""
    quiet_until: str = ""
    recipients: list[Recipient] = []
    mute_options: list[Option] = []

    async def _fill(self, call: Call) -> None:
        rules = await read_alert_rules(call.core, call.caller)
        hooks = await list_webhooks(call.core, call.caller)
        self.recipients = await _recipients(call, rules)
        chosen = len(rules.mail_members)
        who = f"owners and {counted(chosen, 'member')}" if chosen else "owners"
        self.channels = [
            Channel("mail", "Email", who),
            *(Channel(each.id, "Webhook", each.name) for each in hooks),
        ]
        self.rows = rows_of(rules.rules, self.channels)
        self.revision, self.webhooks = rules.revision, len(hooks)
        self.may_not = why_not(call, VaultCapability.ALERTS_MANAGE)
        self.problem_of_mail = problem_of_mail(rules)
        self.capped = rules.capped
        until = rules.muted_until
        self.muted = until.isoformat() if until and until > call.core.clock.now() else ""
        self.quiet = quiet_of(rules)
        self.quiet_from = "" if rules.quiet_from is None else str(rules.quiet_from)
        self.quiet_until = "" if rules.quiet_until is None else str(rules.quiet_until)
        now = call.core.clock.now()
        self.mute_options = [
            *([Option(value=self.muted, text="As it is now")] if self.muted else []),
            *(
                Option(
                    value=(now + timedelta(hours=hours)).isoformat(timespec="seconds"), text=text
                )
                for hours, text in MUTES
            ),
        ]
        to = f"and to {counted(len(hooks), 'webhook')}" if hooks else "and to webhooks that you add"
        self.sentence = f"Events can be sent by email {to}."


async def _recipients(call: Call, rules: AlertRules) -> list[Recipient]:
    """Return the members who can be chosen: those who aren't owners, and those who are chosen already.

    The form sends the whole choice, so it must contain everyone who is chosen.
    """
    if VaultCapability.MEMBERS_VIEW not in call.caller.authority.vault:
        return []
    chosen, cursor = set(rules.mail_members), None
    members: list[MemberView] = []
    while True:
        request = PageRequest.parse(limit=MAX_LIMIT, cursor=cursor)
        page = await list_members(call.core, call.caller, request)
        members += page.items
        cursor = page.next_cursor
        if cursor is None or chosen <= {each.id for each in members}:
            break
    return [
        Recipient(each.id, each.username, each.vault_role_name, each.id in chosen)
        for each in members
        if each.vault_role != OWNER_ROLE or each.id in chosen
    ]


@dataclass(frozen=True)
class WebhookRow:
    """A webhook in the list. `state` describes its state in a word, with a `tone`."""

    id: str
    href: str
    name: str
    template: str
    host: str
    actions: str
    state: str
    tone: str
    enabled: bool
    sent: str
    revision: int


@dataclass(frozen=True)
class Attempt:
    """An attempt: its time, its result, and how long it took."""

    at: str
    result: str
    took: str


@dataclass(frozen=True)
class DeliveryRow:
    """A delivery in the log."""

    id: str
    at: str
    event: str
    href: str
    state: str
    tone: str
    result: str
    due: str
    attempts: str
    ended: bool
    body: str
    tries: list[Attempt]


@dataclass(frozen=True)
class Example:
    """An example of a delivery with a template."""

    template: str
    body: str


class WebhooksPage(Screen, rx.State):
    """The webhooks, and the delivery log of the webhook in the URL."""

    sentence: str = ""
    rows: list[WebhookRow] = []
    chosen: str = ""
    chosen_name: str = ""
    deliveries: list[DeliveryRow] = []
    shown: str = ""
    next_page: str = ""
    previous_page: str = ""
    examples: dict[str, str] = {}
    may_not: str = ""

    def _linked_vault(self) -> str:
        return self._asked("vault")

    async def _fill(self, call: Call) -> None:
        hooks = await list_webhooks(call.core, call.caller)
        self.rows = [row_of(each) for each in hooks]
        self.examples = {
            each.template.value: msgspec.json.format(each.body.encode(), indent=2).decode()
            for each in await list_templates(call.core, call.caller)
        }
        self.may_not = why_not(call, VaultCapability.ALERTS_MANAGE)
        # A webhook gets the events of everyone and of every project.
        self.may_not = self.may_not or why_not(call, VaultCapability.AUDIT_VIEW_OTHERS)
        if not self.may_not and not (call.caller.authority.access or Access()).unlimited:
            self.may_not = "Your access role doesn't cover every project. Ask a vault owner."
        failed = sum(each.failed for each in hooks)
        self.sentence = (
            f"{counted(failed, 'delivery') if failed == 1 else f'{failed:,} deliveries'} failed in the last"
            " 24 hours."
            if failed
            else "Events that your rules select are sent to these URLs as signed requests."
        )
        asked = self._asked("webhook")
        chosen = next((each for each in hooks if each.id == asked), None)
        if chosen is None:
            chosen = hooks[0] if hooks else None
        self.chosen = "" if chosen is None else chosen.id
        self.chosen_name = "" if chosen is None else chosen.name
        self.deliveries, self.shown = [], ""
        self.next_page = self.previous_page = ""
        if chosen is None:
            return
        wanted = PageRequest.parse(limit=PAGE, cursor=self._asked("cursor") or None, sort=None)
        page = await list_deliveries(call.core, call.caller, WebhookId(chosen.id), wanted)
        self.deliveries = [delivery_of(each) for each in page.items]
        last = page.first + len(page.items) - 1
        part = f"{page.first:,}–{last:,} of " if page.total > len(page.items) else ""
        self.shown = f"{part}{page.total:,}" if page.items else ""
        here = f"/alerts/webhooks?webhook={chosen.id}&cursor="
        self.next_page = here + page.next_cursor if page.next_cursor else ""
        self.previous_page = here + page.previous_cursor if page.previous_cursor else ""


def rows_of(rules: Sequence[str], channels: Sequence[Channel]) -> list[RuleRow]:
    """Return the rows of the matrix: first the severities, then the actions by subject."""
    on = frozenset(rules)

    def boxes(action: str, name: str) -> list[Box]:
        return [
            Box(
                f"{each.id} {action}",
                f"{name}, {each.kind} {each.name}",
                f"{each.id} {action}" in on,
            )
            for each in channels
        ]

    rows = [RuleRow("severities", "By severity", "", "", [])]
    for severity in reversed(Severity):
        action = f"severity:{severity.value}"
        rows.append(
            RuleRow(action, "", EVERY[severity], severity.value, boxes(action, EVERY[severity]))
        )
    for subject in SUBJECTS:
        names = sorted(
            (
                name
                for name, action in ACTIONS.items()
                if any(each is action for each in vars(subject).values()) and _is_offered(name)
            ),
            key=action_label,
        )
        key = subject.__name__.rpartition(".")[2]
        if names:
            rows.append(RuleRow(key, GROUPS.get(key, key.capitalize()), "", "", []))
        rows += [
            RuleRow(
                name,
                "",
                action_label(name),
                ACTIONS[name].severity.value,
                boxes(name, action_label(name)),
            )
            for name in names
        ]
    return rows


def _is_offered(name: str) -> bool:
    """Whether an action is in a vault's log even if it was allowed."""
    return ACTIONS[name].recorded is Recorded.ALWAYS and (
        not ACTIONS[name].installation or ACTIONS[name].in_vaults
    )


def problem_of_mail(rules: AlertRules) -> str:
    """Return why alerts aren't sent by email at the moment, or an empty string."""
    if not rules.mail_configured:
        return "No mail server is set up, so alerts aren't sent by email. Ask the administrator."
    if rules.mail_problem is not None:
        waiting = counted(rules.mail_waiting, "alert")
        return f"{waiting} can't be emailed at the moment: {rules.mail_problem}. The server will keep trying."
    return ""


def quiet_of(rules: AlertRules) -> str:
    """Return the quiet hours in words, or an empty string."""
    if rules.quiet_from is None or rules.quiet_until is None:
        return ""
    hours = [
        f"{minute // 60:02}:{minute % 60:02}" for minute in (rules.quiet_from, rules.quiet_until)
    ]
    return f"{hours[0]}–{hours[1]} UTC"


def row_of(webhook: WebhookView) -> WebhookRow:
    """Return a webhook's row."""
    state, tone = ("On", "ok") if webhook.failures == 0 else ("Failing", "warn")
    if not webhook.enabled:
        state, tone = ("Disabled after failures", "bad") if webhook.failures else ("Off", "off")
    return WebhookRow(
        webhook.id,
        f"/alerts/webhooks?webhook={webhook.id}",
        webhook.name,
        TEMPLATES[webhook.template.value],
        webhook.host,
        counted(len(webhook.actions), "rule"),
        state,
        tone,
        webhook.enabled,
        f"{webhook.delivered:,} of {webhook.sent:,}",
        webhook.revision,
    )


TEMPLATES = {
    "strongroom": "Strongroom",
    "slack": "Slack",
    "teams": "Microsoft Teams",
    "discord": "Discord",
    "pagerduty": "PagerDuty",
    "ntfy": "ntfy",
}


def delivery_of(delivery: DeliveryView) -> DeliveryRow:
    """Return a delivery's row."""
    state, tone = STATES[delivery.state]
    tries = [
        Attempt(
            each.at.isoformat(),
            str(each.status)
            if each.status is not None
            else REASONS.get(each.reason or "", "Failed"),
            f"{each.milliseconds:,} ms" if each.milliseconds is not None else "",
        )
        for each in delivery.tries
    ]
    return DeliveryRow(
        delivery.id,
        delivery.created_at.isoformat(),
        action_label(delivery.event),
        f"/audit?entry={delivery.entry_id}" if delivery.entry_id is not None else "",
        state,
        tone,
        tries[-1].result if tries else "",
        delivery.due_at.isoformat() if delivery.due_at is not None else "",
        f"{delivery.attempts:,}",
        delivery.ended_at is not None,
        msgspec.json.format(delivery.body.encode(), indent=2).decode(),
        tries,
    )
