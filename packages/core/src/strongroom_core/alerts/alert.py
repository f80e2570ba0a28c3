"""An event as an alert, for receivers. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from strongroom_core.access.action_table import ACTIONS
from strongroom_core.access.actions.alerts import WEBHOOK_TEST
from strongroom_core.access.actions.secrets import CANARY_DRILL
from strongroom_core.access.entry import Detail, Outcome, Severity
from strongroom_core.audit.wording import wording_of

if TYPE_CHECKING:
    from strongroom_core.audit.views import EntryView

SEVERITIES = tuple(f"severity:{each.value}" for each in Severity)
"""All actions with a severity, including those added in later releases."""

MAIL = "mail"
"""The channel for email to the vault's owners."""

DEFAULT_MAIL = (f"severity:{Severity.CRITICAL.value}", f"severity:{Severity.HIGH.value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What a delivery says. `sentence` describes the event, and `url` is its page in the dashboard.

    The URL names the vault, so that it works whichever vault the person's session is in.
    """

    delivery: str
    event: str
    severity: Severity
    at: datetime
    sentence: str
    url: str
    vault: str
    actor_kind: str
    actor_id: str | None
    actor_name: str
    target_kind: str | None
    target_id: str | None
    target_name: str | None
    project_id: str | None
    project_name: str | None
    outcome: Outcome
    reason: str | None
    address: str
    country: str | None
    detail: Detail

    @property
    def title(self) -> str:
        """The first line. For a drill or a test, it says so."""
        said = {CANARY_DRILL.name: "drill, ", WEBHOOK_TEST.name: "test, "}.get(self.event, "")
        return f"Strongroom ({said}{self.severity.value}): {self.event}"


def alert_of(entry: EntryView, *, delivery: str, vault: str, public_url: str) -> Alert:
    """Return the alert about an event."""
    return Alert(
        delivery=delivery,
        event=entry.action,
        severity=entry.severity,
        at=entry.at.astimezone(UTC),
        sentence=wording_of(entry).sentence(entry.actor_name),
        url=f"{public_url}/audit?entry={entry.id}&vault={vault}",
        vault=vault,
        actor_kind=entry.actor_kind,
        actor_id=entry.actor_id,
        actor_name=entry.actor_name,
        target_kind=entry.target_kind,
        target_id=entry.target_id,
        target_name=entry.target_name,
        project_id=entry.project_id,
        project_name=entry.project_name,
        outcome=entry.outcome,
        reason=entry.reason,
        address=entry.address,
        country=entry.country,
        detail=entry.detail,
    )


def wants(chosen: frozenset[str], action: str, severity: str) -> bool:
    """Whether a channel with these rules gets an alert about the event."""
    return action in chosen or f"severity:{severity}" in chosen


def is_rule(text: str) -> bool:
    """Whether a string can be a rule's action."""
    return text in SEVERITIES or text in ACTIONS


def example(public_url: str, at: datetime) -> Alert:
    """Return an alert about a made-up event, for a template's preview."""
    return Alert(
        delivery="dlv_aaaaaaaaaaaaaaaa",
        event="canary_triggered",
        severity=Severity.CRITICAL,
        at=at,
        sentence="build-runner read the canary ROOT_PASSWORD in billing/production",
        url=f"{public_url}/audit?entry={UUID(int=0)}&vault=vault_aaaaaaaaaaaaaaaa",
        vault="vault_aaaaaaaaaaaaaaaa",
        actor_kind="machine",
        actor_id=str(UUID(int=0)),
        actor_name="build-runner",
        target_kind="secret",
        target_id="sk_aaaaaaaaaaaaaaaa",
        target_name="ROOT_PASSWORD",
        project_id="proj_aaaaaaaaaaaaaaaa",
        project_name="production",
        outcome=Outcome.DONE,
        reason=None,
        address="192.0.2.10",
        country=None,
        detail={"frozen": ["billing/production"]},
    )
