"""A project's canaries, and the machines that can be given access to a new one (C-1 to C-5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.alerts.webhooks import list_webhooks
from strongroom_core.grants.attachments import list_attachments
from strongroom_core.kernel.authority import ProjectCapability, VaultCapability
from strongroom_core.kernel.page import MAX_LIMIT, PageRequest
from strongroom_core.mail.state import words_of_problem
from strongroom_core.secrets.canaries import MOST_CANARIES, list_canaries
from strongroom_core.secrets.views import Decoy, DrillAlertState
from strongroom_dashboard.components.fields import Option
from strongroom_dashboard.screens.alerts.state import REASONS
from strongroom_dashboard.screens.project_head import ProjectHead
from strongroom_dashboard.screens.wording import joined, why_not_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from strongroom_core.secrets.views import CanaryView, DrillAlert, LastDrill
    from strongroom_dashboard.event_session import Call

WATCHED = timedelta(minutes=2)
"""For how long after a drill the page follows its alerts."""

_STATES = {
    DrillAlertState.WAITING: ("Waiting", "wait"),
    DrillAlertState.ACCEPTED: ("Accepted", "ok"),
    DrillAlertState.FAILED: ("Failed", "bad"),
}

LOOKS = {
    Decoy.CLOUD_KEY: "Cloud key",
    Decoy.DATABASE_URL: "Database URL",
    Decoy.ENV_FILE: ".env file",
    Decoy.PASSWORD: "Password",
}


@dataclass(frozen=True)
class AlertChannel:
    """A channel to which a canary's alerts can go, and whether they go there."""

    value: str
    text: str
    on: bool


@dataclass(frozen=True)
class DrillLine:
    """One alert about a canary's last drill: its channel, what became of it, and the receiver's answer."""

    channel: str
    state: str
    tone: str
    answer: str


@dataclass(frozen=True)
class CanaryRow:
    """One canary. `effect` is what happens when it is read: freeze, cascade or log."""

    id: str
    href: str
    name: str
    looks: str
    effect: str
    enabled: bool
    tripped: str
    readers: str
    no_readers: bool
    planted: str
    planted_by: str
    revision: int
    own_alerts: bool
    channels: list[AlertChannel]
    drilled: str = ""
    drilled_by: str = ""
    drill_alerts: list[DrillLine] = field(default_factory=list["DrillLine"])


class ProjectCanaries(ProjectHead, rx.State):
    """A project's *Canaries* tab."""

    rows: list[CanaryRow] = []
    machines: list[Option] = []
    cannot_grant: str = ""
    full: str = ""
    unreadable: str = ""
    standalone: bool = False
    drilling: bool = False

    def _is_unsettled(self) -> bool:
        return self.drilling

    async def _fill(self, call: Call) -> None:
        self.rows, self.machines = [], []
        project = await self._fill_head(call)
        canaries = await list_canaries(call.core, call.caller, project.id)
        channels = [("mail", "Email")]
        if VaultCapability.ALERTS_VIEW in call.caller.authority.vault:
            webhooks = await list_webhooks(call.core, call.caller)
            channels += [(each.id, f"Webhook {each.name}") for each in webhooks]
        self.rows = [canary_row(each, channels) for each in canaries]
        now = call.core.clock.now()
        self.drilling = any(_is_drilling(each.last_drill, now) for each in canaries)
        self.unreadable = unreadable_of(canaries)
        self.full = (
            f"A project can have at most {MOST_CANARIES} canaries."
            if len(canaries) >= MOST_CANARIES
            else ""
        )
        self.standalone = project.application_id is None
        self.cannot_grant = why_not_in(call, project, ProjectCapability.GRANTS_MANAGE)
        self.asked = "new-canary" if self._asked("new") == "canary" else ""
        page = PageRequest(limit=MAX_LIMIT)
        attached = await list_attachments(call.core, call.caller, project.id, page)
        self.machines = [
            Option(value=str(each.machine_id), text=each.machine_name) for each in attached.items
        ]


def unreadable_of(canaries: Sequence[CanaryView]) -> str:
    """Return a sentence about the armed canaries that no machine can read, or an empty string."""
    names = [each.name for each in canaries if each.enabled and each.readers == 0]
    if not names:
        return ""
    them = "it" if len(names) == 1 else "them"
    return (
        f"No machine can read {joined(names)}, so nothing can trip {them}."
        f" Open {them} to give a machine access."
    )


def canary_row(canary: CanaryView, channels: Sequence[tuple[str, str]] = ()) -> CanaryRow:
    """Return a canary's row. `channels` are those to which its alerts can go."""
    return CanaryRow(
        id=canary.id,
        href=f"/projects/{canary.project_id}?secret={canary.id}",
        name=canary.name,
        looks=LOOKS[canary.decoy],
        effect="cascade" if canary.cascade else "freeze" if canary.freeze else "log",
        enabled=canary.enabled,
        tripped=canary.tripped_at.isoformat() if canary.tripped_at is not None else "",
        readers=f"{canary.readers:,}",
        no_readers=canary.readers == 0,
        planted=canary.planted_at.isoformat(),
        planted_by=canary.planted_by,
        revision=canary.revision,
        own_alerts=canary.alert_channels is not None,
        channels=[
            AlertChannel(value, text, value in (canary.alert_channels or []))
            for value, text in channels
        ],
        drilled=canary.last_drill.at.isoformat() if canary.last_drill is not None else "",
        drilled_by=canary.last_drill.by if canary.last_drill is not None else "",
        drill_alerts=list(map(drill_line, canary.last_drill.alerts if canary.last_drill else [])),
    )


def drill_line(alert: DrillAlert) -> DrillLine:
    """Return one alert about a drill in words."""
    mail = alert.channel == "mail"
    state, tone = _STATES[alert.state]
    answer = "" if alert.status is None else f"answered {alert.status}"
    if alert.reason is not None and mail:
        answer = words_of_problem(alert.reason, alert.status) or ""
    elif alert.reason is not None:
        answer = REASONS.get(alert.reason, "Failed").lower()
    elif mail and alert.state is DrillAlertState.ACCEPTED:
        answer = "by the mail server"
    return DrillLine("Email" if mail else alert.channel, state, tone, answer)


def _is_drilling(drill: LastDrill | None, now: datetime) -> bool:
    """Whether the alerts about a drill may still be on their way."""
    if drill is None or now - drill.at > WATCHED:
        return False
    return not drill.alerts or any(each.state is DrillAlertState.WAITING for each in drill.alerts)
