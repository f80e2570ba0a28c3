"""A project's policies, and one policy with its secrets and its report (P-1 to P-3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.grants.attachments import list_attachments
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.ids import PolicyId
from strongroom_core.kernel.page import MAX_LIMIT, PageRequest
from strongroom_core.kernel.policies import Conditions
from strongroom_core.kernel.policy_words import sentence_of
from strongroom_core.policies.listing import list_policies, list_policy_secrets, read_policy
from strongroom_core.policies.report import report_policy
from strongroom_core.policies.views import PolicyMode
from strongroom_core.secrets.listing import list_secrets
from strongroom_dashboard.components.dialog import Consequence
from strongroom_dashboard.components.fields import Option
from strongroom_dashboard.screens.project_head import ProjectHead
from strongroom_dashboard.screens.project_secrets.rights import rights_of
from strongroom_dashboard.screens.wording import counted, joined, why_not

if TYPE_CHECKING:
    from strongroom_core.kernel.ids import ProjectId
    from strongroom_core.policies.views import PolicyReport, PolicySecret, PolicyView
    from strongroom_dashboard.event_session import Call

MODES = {
    PolicyMode.SHADOW: ("Shadow", "wait"),
    PolicyMode.ENFORCED: ("Enforced", "ok"),
    PolicyMode.SUSPENDED: ("Suspended", "bad"),
}
REASONS = {
    "policy_time": "outside the time window",
    "policy_ip": "from another address",
    "policy_cosign": "without a co-signer's read",
    "policy_rate": "over the rate cap",
    "policy_ttl": "after the time to live",
}
USUAL = Conditions(
    time_window_start="06:00",
    time_window_end="20:00",
    time_window_timezone="UTC",
    time_window_days=[1, 2, 3, 4, 5],
    co_sign_window_seconds=300,
    max_reads_per_minute=60,
    ttl_enabled=False,
    rotate_enabled=False,
    rotate_after_reads=1000,
)
"""The values in a new policy's form. Every condition is off."""


@dataclass(frozen=True)
class PolicyRow:
    """One policy."""

    id: str
    href: str
    name: str
    mode: str
    tone: str
    sentence: str
    secrets: str
    unit: str
    since: str


class ProjectPolicies(ProjectHead, rx.State):
    """The policies of one project."""

    rows: list[PolicyRow] = []
    may_not: str = ""

    async def _fill(self, call: Call) -> None:
        self.rows = []
        project = await self._fill_head(call)
        found = await list_policies(call.core, call.caller, project.id)
        self.rows = [row_of(each) for each in found]
        self.may_not = rights_of(call, project).to_author


@dataclass(frozen=True)
class Fields:
    """The values in a policy's form. Numbers are text, so that a field can be empty."""

    time_window: bool = False
    start: str = ""
    end: str = ""
    zone: str = ""
    days: list[bool] = field(default_factory=lambda: [False] * 7)
    ip_allowlist: bool = False
    cidrs: str = ""
    co_sign: bool = False
    co_signer: str = ""
    window: str = ""
    rate_cap: bool = False
    per_minute: str = ""
    per_day: str = ""
    ttl: bool = False
    ends: str = ""
    most: str = ""
    rotate: bool = False
    rotate_after: str = ""


class PolicyForm(ProjectHead, mixin=True):
    """A form for a policy's conditions."""

    fields: Fields = Fields()
    sentence: str = ""
    machines: list[Option] = []
    may_not: str = ""

    async def _fill_machines(self, call: Call, project: ProjectId) -> None:
        page = PageRequest(limit=MAX_LIMIT)
        found = await list_attachments(call.core, call.caller, project, page)
        self.machines = [
            Option(value=str(each.machine_id), text=each.machine_name) for each in found.items
        ]


class NewPolicy(PolicyForm, rx.State):
    """The form for a new policy."""

    async def _fill(self, call: Call) -> None:
        project = await self._fill_head(call)
        self.fields, self.sentence = fields_of(USUAL), sentence_of(USUAL, None)
        self.may_not = rights_of(call, project).to_author
        await self._fill_machines(call, project.id)


@dataclass(frozen=True)
class BoundSecret:
    """A secret that has the policy."""

    id: str
    href: str
    name: str
    about: str
    read: str
    trashed: bool


class PolicyPage(PolicyForm, rx.State):
    """One policy."""

    id: str = ""
    name: str = ""
    mode: str = ""
    mode_text: str = ""
    tone: str = ""
    since: str = ""
    by: str = ""
    reason: str = ""
    revision: int = 0
    secrets: list[BoundSecret] = []
    options: list[Option] = []
    others: list[Option] = []
    which_others: str = ""
    report: str = ""
    denied: list[Consequence] = []
    would_deny: bool = False
    may_not_suspend: str = ""
    may_not_delete: str = ""

    async def _fill(self, call: Call) -> None:
        project = await self._fill_head(call)
        policy = await read_policy(call.core, call.caller, PolicyId(self._part(3)))
        self.id, self.name, self.revision = policy.id, policy.name, policy.revision
        self.mode = policy.mode.value
        self.mode_text, self.tone = MODES[policy.mode]
        self.since, self.by = policy.mode_since.isoformat(), policy.mode_by
        self.reason = policy.mode_reason or ""
        self.fields, self.sentence = fields_of(policy.conditions), policy.sentence
        self.may_not = rights_of(call, project).to_author
        self.may_not_suspend = why_not(call, VaultCapability.PROJECTS_UNFREEZE)
        bound = await list_policy_secrets(call.core, call.caller, policy.id)
        self.may_not_delete = self.may_not or (
            "Remove this policy from its secrets first." if bound else ""
        )
        self.secrets = [bound_of(each, project.id) for each in bound]
        self.options = [Option(value=each.id, text=each.name) for each in bound if not each.trashed]
        page = PageRequest(limit=MAX_LIMIT)
        found = await list_secrets(call.core, call.caller, project.id, page, unbound=True)
        self.others = [Option(value=each.id, text=each.name) for each in found.items]
        self.which_others = "A secret can have at most one policy."
        if found.total > len(found.items):
            self.which_others += (
                f" The first {MAX_LIMIT} of {found.total:,} secrets without one are listed."
            )
        await self._fill_machines(call, project.id)
        report = await report_policy(call.core, call.caller, policy.id)
        self.report, self.denied = report_of(report), denied_of(report)
        self.would_deny = report.denied > 0


def row_of(policy: PolicyView) -> PolicyRow:
    """Return a policy's row."""
    text, tone = MODES[policy.mode]
    return PolicyRow(
        policy.id,
        f"/projects/{policy.project_id}/policies/{policy.id}",
        policy.name,
        text,
        tone,
        policy.sentence,
        f"{policy.secrets:,}",
        " secret" if policy.secrets == 1 else " secrets",
        policy.mode_since.isoformat(),
    )


def fields_of(conditions: Conditions) -> Fields:
    """Return the form's values for these conditions."""
    ends = conditions.ttl_expires_at
    return Fields(
        time_window=conditions.time_window_enabled,
        start=conditions.time_window_start or "",
        end=conditions.time_window_end or "",
        zone=conditions.time_window_timezone or "",
        days=[day in conditions.time_window_days for day in range(1, 8)],
        ip_allowlist=conditions.ip_allowlist_enabled,
        cidrs=", ".join(conditions.ip_allowlist_cidrs),
        co_sign=conditions.co_sign_enabled,
        co_signer=conditions.co_sign_machine_id or "",
        window=_text(conditions.co_sign_window_seconds),
        rate_cap=conditions.rate_cap_enabled,
        per_minute=_text(conditions.max_reads_per_minute),
        per_day=_text(conditions.max_reads_per_day),
        ttl=conditions.ttl_enabled and (ends is not None or conditions.ttl_max_reads is not None),
        ends="" if ends is None else f"{ends:%Y-%m-%dT%H:%M:%S}",
        most=_text(conditions.ttl_max_reads),
        rotate=conditions.rotate_enabled and conditions.rotate_after_reads is not None,
        rotate_after=_text(conditions.rotate_after_reads),
    )


def bound_of(secret: PolicySecret, project: str) -> BoundSecret:
    """Return a secret's row."""
    left = "" if secret.reads_left is None else f", {counted(secret.reads_left, 'read')} left"
    return BoundSecret(
        secret.id,
        f"/projects/{project}?secret={secret.id}",
        secret.name,
        f"{counted(secret.readers, 'machine')}{left}",
        secret.last_read_at.isoformat() if secret.last_read_at is not None else "",
        secret.trashed,
    )


def report_of(report: PolicyReport) -> str:
    """Return the report's sentence."""
    if report.reads == 0:
        return "No reads in the last 7 days."
    reads = counted(report.reads, "read")
    reads = f"the {reads} in the last 7 days" if report.complete else f"the latest {reads}"
    times = "once" if report.rotations == 1 else f"{report.rotations:,} times"
    rotated = f" Would have rotated secrets {times}." if report.rotations else ""
    if report.denied == 0:
        return f"Would have denied none of {reads}.{rotated}"
    machines = joined(list(dict.fromkeys(each.machine_name for each in report.machines)))
    return (
        f"Would have denied {report.denied:,} of {reads}. Affected machines: {machines}.{rotated}"
    )


def denied_of(report: PolicyReport) -> list[Consequence]:
    """Return lines that say whose reads would have been denied, and why."""
    if not report.machines:
        return [Consequence(number="0", text="reads in the last 7 days would have been denied")]
    return [
        Consequence(
            number=f"{each.reads:,}",
            text=f"{'read' if each.reads == 1 else 'reads'} by {each.machine_name}, {REASONS[each.reason]},"
            " last",
            at=each.last_at.isoformat(),
        )
        for each in report.machines
    ]


def _text(number: int | None) -> str:
    return "" if number is None else str(number)
