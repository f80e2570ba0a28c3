"""The body of a delivery for each kind of receiver. Pure.

Names in an event are other people's text. Anything that a receiver would interpret as formatting, a mention
or a link is escaped or removed, so that a name is shown as a name.

The formats are those of the receivers' documentation, read in November 2026:
Slack incoming webhooks and Block Kit (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
docs.slack.dev/messaging/formatting-message-text), Microsoft Teams workflows with Adaptive Cards 1.4
(learn.microsoft.com/power-automate/teams/send-a-message-in-teams, adaptivecards.io/explorer), Discord
webhooks (docs.discord.com/developers/resources/webhook), PagerDuty Events API v2
(developer.pagerduty.com/docs/send-alert-event), and ntfy's JSON publishing (docs.ntfy.sh/publish).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from strongroom_core.access.entry import Severity
from strongroom_core.alerts.views import Template

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from strongroom_core.alerts.alert import Alert

LONGEST_BODY = 16 * 1024
_LONGEST_TEXT = 1000
_LONGEST_SUMMARY = 1024
_LONGEST_DETAIL = 4096

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>:@<])")
_MENTION = re.compile(r"[@<>]")

_COLORS = {
    Severity.CRITICAL: 0xB3261E,
    Severity.HIGH: 0x9A3D00,
    Severity.MEDIUM: 0x7A4F00,
    Severity.LOW: 0x24527A,
    Severity.INFO: 0x5F5B52,
}
_PAGERDUTY = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "info",
    Severity.INFO: "info",
}
_NTFY = {
    Severity.CRITICAL: 5,
    Severity.HIGH: 4,
    Severity.MEDIUM: 3,
    Severity.LOW: 2,
    Severity.INFO: 1,
}


def body_of(template: Template, alert: Alert, *, key: str | None = None) -> bytes:
    """Return a delivery's body.

    `key` is what the receiver needs in the body: PagerDuty's integration key, or ntfy's topic.
    """
    return msgspec.json.encode(_BODIES[template](alert, key or ""))


def _strongroom(alert: Alert, _key: str) -> Mapping[str, Any]:
    """Our own format (WIRE 6)."""
    detail: dict[str, Any] = {
        "summary": alert.sentence,
        "url": alert.url,
        "outcome": alert.outcome.value,
        "reason": alert.reason,
        "actorName": alert.actor_name,
        "targetKind": alert.target_kind,
        "targetId": alert.target_id,
        "targetName": alert.target_name,
        "country": alert.country,
    }
    for name, value in alert.detail.items():
        if len(msgspec.json.encode([detail, name, value])) > _LONGEST_DETAIL:
            # An access change can name thousands of secrets. The audit log contains all of them.
            detail["shortened"] = True
            continue
        detail.setdefault(name, value)
    return {
        "id": alert.delivery,
        "event": alert.event,
        "severity": alert.severity.value,
        "timestamp": int(alert.at.timestamp() * 1000),
        "data": {
            "vaultId": alert.vault,
            "actorKind": alert.actor_kind,
            "actorId": alert.actor_id,
            "machineId": alert.actor_id
            if alert.actor_kind == "machine"
            else _target(alert, "machine"),
            "secretId": _target(alert, "secret"),
            "projectId": alert.project_id,
            "sourceIp": alert.address,
            "detail": detail,
        },
    }


def _slack(alert: Alert, _key: str) -> Mapping[str, Any]:
    """Plain text objects: Slack formats nothing in them. `text` is for notifications."""
    title, sentence = _plain(alert.title, 150), _plain(alert.sentence)
    return {
        "text": _slack_escaped(f"{title}\n{sentence}"),
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}},
            {"type": "section", "text": {"type": "plain_text", "text": sentence, "emoji": False}},
            {
                "type": "context",
                "elements": [
                    {"type": "plain_text", "text": text, "emoji": False} for text in _facts(alert)
                ],
            },
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "text": {"type": "plain_text", "text": "Open the event"},
                        "url": alert.url,
                    }
                ],
            },
        ],
    }


def _teams(alert: Alert, _key: str) -> Mapping[str, Any]:
    """An Adaptive Card. A TextRun isn't read as Markdown, as a TextBlock would be."""

    def text(words: str, **style: Any) -> dict[str, Any]:
        return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": words, **style}]}

    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            text(_plain(alert.title, 150), weight="Bolder", size="Medium"),
            text(_plain(alert.sentence)),
            *(text(each, isSubtle=True) for each in _facts(alert)),
        ],
        "actions": [{"type": "Action.OpenUrl", "title": "Open the event", "url": alert.url}],
    }
    content = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [content]}


def _discord(alert: Alert, _key: str) -> Mapping[str, Any]:
    """An embed. `allowed_mentions` prevents names from notifying anyone."""
    return {
        "allowed_mentions": {"parse": []},
        "embeds": [
            {
                "title": _plain(alert.title, 200),
                "description": _unformatted(_plain(alert.sentence)),
                "url": alert.url,
                "color": _COLORS[alert.severity],
                "timestamp": alert.at.isoformat(),
                "footer": {"text": " · ".join(_facts(alert))},
            }
        ],
    }


def _pagerduty(alert: Alert, key: str) -> Mapping[str, Any]:
    """A trigger event. Several deliveries of one alert are one incident, by `dedup_key`."""
    return {
        "routing_key": key,
        "event_action": "trigger",
        "dedup_key": alert.delivery,
        "client": "Strongroom",
        "client_url": alert.url,
        "payload": {
            "summary": _plain(f"{alert.title}: {alert.sentence}", _LONGEST_SUMMARY),
            "source": alert.project_name or alert.vault,
            "severity": _PAGERDUTY[alert.severity],
            "timestamp": alert.at.isoformat(),
            "class": alert.event,
            "custom_details": {
                "actor": alert.actor_name,
                "target": alert.target_name,
                "address": alert.address,
                "delivery": alert.delivery,
            },
        },
        "links": [{"href": alert.url, "text": "Open the event"}],
    }


def _ntfy(alert: Alert, key: str) -> Mapping[str, Any]:
    """A message in plain text, because `markdown` isn't set."""
    return {
        "topic": key,
        "title": _plain(alert.title, 200),
        "message": "\n".join([_plain(alert.sentence), *_facts(alert)]),
        "priority": _NTFY[alert.severity],
        "click": alert.url,
    }


_BODIES: dict[Template, Callable[[Alert, str], Mapping[str, Any]]] = {
    Template.STRONGROOM: _strongroom,
    Template.SLACK: _slack,
    Template.TEAMS: _teams,
    Template.DISCORD: _discord,
    Template.PAGERDUTY: _pagerduty,
    Template.NTFY: _ntfy,
}


def _target(alert: Alert, kind: str) -> str | None:
    return alert.target_id if alert.target_kind == kind else None


def _facts(alert: Alert) -> list[str]:
    where = f"{alert.address} ({alert.country})" if alert.country else alert.address
    return [
        f"By {_plain(alert.actor_name, 255)} from {where}",
        alert.at.strftime("%Y-%m-%d %H:%M:%S UTC"),
    ]


def _plain(text: str, most: int = _LONGEST_TEXT) -> str:
    """Return text on one line, without control characters and not too long."""
    shown = "".join(each if each.isprintable() else " " for each in text)
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def _slack_escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _unformatted(text: str) -> str:
    """Escape Discord's Markdown, and break up text that would become a link or a mention."""
    return _MENTION.sub(lambda each: f"{each[0]}\u200b", _MARKUP.sub(r"\\\1", text))


def with_key(template: Template, body: bytes, key: str | None) -> bytes:
    """Return a stored body, with the key that the receiver needs and that isn't stored with it."""
    if key is None:
        return body
    member = {Template.PAGERDUTY: "routing_key", Template.NTFY: "topic"}[template]
    return msgspec.json.encode({**msgspec.json.decode(body, type=dict[str, Any]), member: key})
