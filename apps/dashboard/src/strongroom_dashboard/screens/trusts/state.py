"""Trusted issuers: the list, a new one, and one with its tester (M-11)."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.page import PageRequest
from strongroom_core.machines.trusts import list_trusts, read_trust
from strongroom_core.overview.search import list_offered
from strongroom_dashboard.components.fields import Option
from strongroom_dashboard.screens.screen import Screen
from strongroom_dashboard.screens.wording import counted, joined, why_not

if TYPE_CHECKING:
    from strongroom_core.machines.views import TrustView
    from strongroom_dashboard.event_session import Call

MOST = 50
PROJECTS, SECRETS = 30, 200
"""How many projects, and how many secrets in each, the form for a new trust offers. The API has no limit."""


@dataclass(frozen=True)
class TrustRow:
    """One trusted issuer."""

    id: str
    href: str
    name: str
    issuer: str
    bound: bool
    revoked: bool
    machines: str
    gives: str
    created: str


class TrustList(Screen, rx.State):
    """The trusted issuers of a vault."""

    sentence: str = ""
    rows: list[TrustRow] = []
    may_not: str = ""

    async def _fill(self, call: Call) -> None:
        found = (await list_trusts(call.core, call.caller, PageRequest(MOST))).items
        self.rows = [row_of(each) for each in found]
        working = sum(each.revoked_at is None for each in found)
        jobs = (
            f"from {counted(working, 'trusted issuer')}"
            if working
            else "of CI systems and clusters"
        )
        self.sentence = f"Jobs {jobs} can register temporary machines without an enrollment token."
        self.may_not = why_not(call, VaultCapability.ENROLLMENT_MANAGE)


@dataclass(frozen=True)
class ProjectChoice:
    """A project to which a trust can give access, and the project's secrets."""

    id: str
    name: str
    secrets: list[Option]


class NewTrustPage(Screen, rx.State):
    """The form for a new trust."""

    projects: list[ProjectChoice] = []
    options: list[Option] = []
    may_not: str = ""
    audience: str = ""

    async def _fill(self, call: Call) -> None:
        self.may_not = why_not(call, VaultCapability.ENROLLMENT_MANAGE)
        self.audience = f"strongroom:{call.caller.vault}"
        offered = await list_offered(call.core, call.caller, projects=PROJECTS, secrets=SECRETS)
        self.projects = [
            ProjectChoice(
                each.id,
                each.path,
                [Option(value=secret, text=name) for secret, name in each.secrets],
            )
            for each in offered
        ]
        self.options = [Option(value=each.id, text=each.name) for each in self.projects]


class TrustPage(Screen, rx.State):
    """One trusted issuer."""

    id: str = ""
    name: str = ""
    issuer: str = ""
    bound: bool = True
    audience: str = ""
    keys: str = ""
    revoked: str = ""
    conditions: list[list[str]] = []
    gives: str = ""
    machines: str = ""
    lifetime: str = ""
    networks: str = ""
    snippet: str = ""
    may_not: str = ""

    async def _fill(self, call: Call) -> None:
        trust = await read_trust(call.core, call.caller, self._part(2))
        self.id, self.name, self.issuer = trust.id, trust.name, trust.issuer
        self.bound, self.audience = trust.audience is None, trust.audience or ""
        self.keys = "Entered" if trust.has_keys else "Found by discovery"
        self.revoked = trust.revoked_at.isoformat() if trust.revoked_at is not None else ""
        self.conditions = [[claim, pattern] for claim, pattern in trust.conditions.items()]
        self.gives = gives_of(trust)
        self.machines = machines_of(trust)
        self.lifetime = lifetime_of(trust.machine_lifetime_seconds)
        self.networks = ", ".join(trust.source_cidrs) or "Any address"
        self.snippet = snippet_of(trust, call.core.settings.public_url, call.caller.vault)
        self.may_not = why_not(call, VaultCapability.ENROLLMENT_MANAGE)


def row_of(trust: TrustView) -> TrustRow:
    """Return a trust's row."""
    return TrustRow(
        trust.id,
        f"/machines/trusts/{trust.id}",
        trust.name,
        trust.issuer,
        trust.audience is None,
        trust.revoked_at is not None,
        machines_of(trust),
        gives_of(trust),
        trust.created_at.isoformat(),
    )


def machines_of(trust: TrustView) -> str:
    """Return how many of the trust's machines exist now."""
    return f"{trust.machines:,} of {trust.max_machines:,}"


def gives_of(trust: TrustView) -> str:
    """Return what its machines can read."""
    if not trust.project_names:
        return "Nothing yet"
    return f"{counted(trust.secrets, 'secret')} in {joined(trust.project_names)}"


def lifetime_of(seconds: int) -> str:
    """Return a lifetime in words."""
    for size, noun in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds % size == 0:
            return counted(seconds // size, noun)
    return counted(seconds, "second")


def snippet_of(trust: TrustView, url: str, vault: str) -> str:
    """Return the text to put into a job's definition."""
    enroll = f"strongroom enroll {url} {vault} --oidc"
    project = trust.project_names[0] if trust.project_names else "APPLICATION/PROJECT"
    run = f"strongroom run -p {shlex.quote(project)} -- ./release.sh"
    if trust.template in ("gitlab", "kubernetes") and trust.audience is None:
        return (
            "# This trusted issuer accepts only tokens that are bound to the machine's key, which this\n"
            "# platform can't issue. Create one with an audience, and revoke this one."
        )
    match trust.template:
        case "github":
            fixed = "" if trust.audience is None else f" --audience {shlex.quote(trust.audience)}"
            return (
                f"permissions:\n  id-token: write\nsteps:\n  - run: {enroll}{fixed}\n  - run: {run}"
            )
        case "gitlab":
            return (
                "release:\n  id_tokens:\n    STRONGROOM_ID_TOKEN:\n"
                f"      aud: {trust.audience}\n  script:\n"
                f"    - {enroll}\n    - {run}"
            )
        case "kubernetes":
            return (
                "volumes:\n  - name: strongroom-token\n    projected:\n      sources:\n"
                "        - serviceAccountToken:\n            path: token\n"
                f"            audience: {trust.audience}\n"
                "# mounted at /var/run/secrets/strongroom, and in the container:\n"
                f"# strongroom whoami || {enroll} --replace\n"
                f"# {url}/manual/operate/kubernetes.md contains a complete manifest"
            )
        case _:
            return f"STRONGROOM_ID_TOKEN=… {enroll}"
