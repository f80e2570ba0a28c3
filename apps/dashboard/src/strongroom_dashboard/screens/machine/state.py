"""One machine: its details, access and activity, and the consequences of stopping it (M-8, M-9)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.audit.filter import EntryFilter
from strongroom_core.audit.list import list_entries
from strongroom_core.grants.attachments import list_machine_projects
from strongroom_core.grants.manage import list_grants
from strongroom_core.kernel.authority import ProjectCapability, SecretKind, VaultCapability
from strongroom_core.kernel.guardrails import Guardrails
from strongroom_core.kernel.ids import ProjectId
from strongroom_core.kernel.names import folded
from strongroom_core.kernel.page import MAX_LIMIT, PageRequest
from strongroom_core.machines.listing import read_machine
from strongroom_core.machines.temporary import list_extensions, twelve_months_after
from strongroom_core.machines.use import read_machine_use
from strongroom_core.machines.views import MachineState, Way
from strongroom_core.projects.listing import list_projects
from strongroom_dashboard.components.dialog import Consequence
from strongroom_dashboard.components.feed import FeedEntry
from strongroom_dashboard.components.fields import Option, OptionGroup
from strongroom_dashboard.components.use_it import Use, use_of_machine, use_of_secret
from strongroom_dashboard.screens.machine.offer import Offer, offer_of
from strongroom_dashboard.screens.machines.state import KINDS, Waiting, waiting_of
from strongroom_dashboard.screens.project_head import full_name_of
from strongroom_dashboard.screens.screen import Screen
from strongroom_dashboard.screens.wording import counted, feed_of, why_not, why_not_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.grants.views import AttachmentView
    from strongroom_core.machines.views import ExtensionView, MachineUse, MachineView
    from strongroom_core.projects.views import ProjectView
    from strongroom_dashboard.event_session import Call

ACTIVITY = 8
LOOKED_AT = 50
"""The number of events to load. They are folded into at most `ACTIVITY` lines."""


@dataclass(frozen=True)
class MachineDetails:
    """A machine's details. Unknown ones are empty strings."""

    id: str = ""
    name: str = ""
    enabled: bool = False
    fingerprint: str = ""
    former_names: str = ""
    hostname: str = ""
    registered_from: str = ""
    registered: str = ""
    approved: str = ""
    seen: str = ""
    seen_from: str = ""
    revision: str = ""
    kind: str = ""
    expired: bool = False
    expires: str = ""
    temporary: bool = False
    key_file: str = ""
    cidrs: str = ""
    countries: str = ""
    window: str = ""


@dataclass(frozen=True)
class ExtensionRow:
    """An extension of the machine's lifetime."""

    id: str = ""
    at: str = ""
    by: str = ""
    reason: str = ""
    from_at: str = ""
    to_at: str = ""
    reverted: str = ""
    reverted_by: str = ""


@dataclass(frozen=True)
class AttachedProject:
    """A project that the machine is attached to, and how many of the project's secrets it can read."""

    id: str = ""
    name: str = ""
    href: str = ""
    environment: str = ""
    frozen: bool = False
    granted: str = ""
    secrets: str = ""
    choose: str = ""
    chosen: bool = False
    consequences: list[Consequence] = field(default_factory=list[Consequence])
    why_not_detach: str = ""
    why_not_grant: str = ""


class MachinePage(Screen, rx.State):
    """A machine of the vault."""

    machine: MachineDetails = MachineDetails()
    sentence: str = ""
    pending: bool = False
    waiting: Waiting = Waiting()
    projects: list[AttachedProject] = []
    attachable: list[OptionGroup] = []
    if_revoked: list[Consequence] = []
    if_disabled: list[Consequence] = []
    chosen: AttachedProject = AttachedProject()
    feed: list[FeedEntry] = []
    may_not: str = ""
    may_not_attach: str = ""
    use: Use = Use()
    offer: Offer = Offer()
    extensions: list[ExtensionRow] = []
    revertible: bool = False
    longer: list[Option] = []

    async def _fill(self, call: Call) -> None:
        machine = self._part(1)
        view = await self._show_nothing_but(call, machine)
        self.may_not = why_not(call, VaultCapability.MACHINES_MANAGE)
        self.pending = view.approved_at is None
        self.waiting = waiting_of(view) if self.pending else Waiting()
        self.sentence = sentence_of(view)
        await self._show_use(call, view)
        await self._show_lifetime(call, view)
        attached = await list_machine_projects(call.core, call.caller, machine)
        seen = await list_projects(call.core, call.caller, PageRequest(limit=MAX_LIMIT))
        known = {each.id: each for each in seen.items}
        self.projects = [
            replace(
                attached_project_of(each, view.name, chosen=self._asked("project")),
                **_why_not(call, known.get(each.project_id)),
            )
            for each in attached
        ]
        self.chosen = next((each for each in self.projects if each.chosen), AttachedProject())
        await self._show_usage(
            call, machine, [each for each in attached if each.project_id in known]
        )
        await self._show_attachable(call, attached, seen.items)

    def _has_feed(self) -> bool:
        return not self.pending

    async def _fill_feed(self, call: Call) -> None:
        await self._show_use(call, await read_machine(call.core, call.caller, self.machine.id))

    async def _show_nothing_but(self, call: Call, machine: str) -> MachineView:
        """Load the machine. Clears the previous one first, in case this one doesn't exist."""
        if machine != self.machine.id:
            self.machine, self.waiting = MachineDetails(), Waiting()
            self.projects, self.attachable, self.feed = [], [], []
            self.chosen = AttachedProject()
            self.sentence, self.pending = "", False
            self.if_revoked, self.if_disabled = [], []
        return await read_machine(call.core, call.caller, machine)

    async def _show_lifetime(self, call: Call, view: MachineView) -> None:
        """Show a temporary machine's extensions, and the latest date to which it can be extended."""
        self.extensions, self.revertible, self.longer = [], False, []
        if view.enrolled_by is not Way.TEMPORARY or view.expires_at is None:
            return
        found = await list_extensions(call.core, call.caller, str(view.id))
        self.extensions = [extension_row_of(each) for each in found]
        self.revertible = any(each.reverted_at is None for each in found)
        self.longer = longer_than(view.expires_at, call.core.clock.now())

    async def _show_usage(
        self, call: Call, machine: str, attached: Sequence[AttachmentView]
    ) -> None:
        """Show what to run on the machine, with the first secret that it can read as the example."""
        url = call.core.settings.public_url
        self.use = use_of_machine(url)
        place = next((each for each in attached if each.grants), None)
        if place is None:
            return
        project = ProjectId(place.project_id)
        granted = await list_grants(call.core, call.caller, project, machine=machine)
        for each in granted[:1]:
            fields = [] if each.kind == SecretKind.SINGLE else each.fields
            name, known = each.secret_name, each.secret_id
            self.use = use_of_secret(url, place_of(place), name, fields, secret_id=known)

    async def _show_attachable(
        self, call: Call, attached: Sequence[AttachmentView], seen: Sequence[ProjectView]
    ) -> None:
        known = {each.project_id for each in attached}
        needed = ProjectCapability.MACHINES_ATTACH
        can = [each for each in seen if not why_not_in(call, each, needed)]
        self.may_not_attach = "" if can or not seen else why_not_in(call, seen[0], needed)
        self.attachable = by_application([each for each in can if each.id not in known])
        self.offer = await offer_of(call, self._part(1), seen) if self.pending else Offer()

    async def _show_use(self, call: Call, view: MachineView) -> None:
        """Show the machine's latest reads and events, and the consequences of stopping it."""
        use = await read_machine_use(call.core, call.caller, str(view.id))
        self.machine = details_of(view, use)
        self.if_revoked = consequences_of(view, use)
        self.if_disabled = consequences_of(view, use)
        self.feed = []
        if VaultCapability.AUDIT_VIEW in call.caller.authority.vault:
            wanted = EntryFilter(machine=self.machine.id)
            page = PageRequest(limit=LOOKED_AT)
            found = await list_entries(call.core, call.caller, page, wanted)
            self.feed = feed_of(found.items, call.caller, most=ACTIVITY, name=view.name)


def _why_not(call: Call, project: ProjectView | None) -> dict[str, str]:
    """Return why the person can't detach the machine from a project, or change its access there."""
    if project is None:
        reason = "You don't have access to this project. Ask a vault owner."
        return {"why_not_detach": reason, "why_not_grant": reason}
    return {
        "why_not_detach": why_not_in(call, project, ProjectCapability.MACHINES_DETACH),
        "why_not_grant": why_not_in(call, project, ProjectCapability.GRANTS_MANAGE),
    }


def by_application(projects: Sequence[ProjectView]) -> list[OptionGroup]:
    """Return projects as choices: first the standalone ones, then each application's."""
    groups: dict[str, OptionGroup] = {}
    for project in sorted(
        projects, key=lambda each: (folded(each.application_name or ""), folded(each.name))
    ):
        application = project.application_name or ""
        group = groups.setdefault(application, OptionGroup(text=application, options=[]))
        group["options"].append(Option(value=project.id, text=full_name_of(project)))
    return list(groups.values())


def details_of(view: MachineView, use: MachineUse) -> MachineDetails:
    """Return a machine's details, including reads that aren't in `last_seen_at` yet."""
    seen = max(filter(None, (view.last_seen_at, use.last_read_at)), default=None)
    source = ", ".join(filter(None, (use.address, use.country)))
    return MachineDetails(
        id=str(view.id),
        name=view.name,
        enabled=view.enabled,
        fingerprint=view.fingerprint,
        former_names=", ".join(reversed(view.former_names)),
        hostname=view.hostname,
        registered_from=", ".join(filter(None, (view.registered_from, view.country))),
        registered=view.registered_at.isoformat(),
        approved=view.approved_at.isoformat() if view.approved_at is not None else "",
        seen=seen.isoformat() if seen is not None else "",
        seen_from=source,
        revision=str(view.revision),
        kind=KINDS[view.enrolled_by],
        expired=view.state == MachineState.EXPIRED,
        expires=view.expires_at.isoformat() if view.expires_at is not None else "",
        temporary=view.enrolled_by is Way.TEMPORARY,
        key_file=key_file_of(view),
        **guardrails_of(view.guardrails or Guardrails()),
    )


def key_file_of(view: MachineView) -> str:
    """Return the state of a machine's key file, in words."""
    if view.enrolled_by is not Way.PREPROVISIONED:
        return ""
    if view.delivered_at is not None:
        return "Downloaded"
    if view.bundle_expires_at is not None:
        return "Not downloaded yet"
    return "Never downloaded. Revoke this machine and create a new one"


def guardrails_of(guardrails: Guardrails) -> dict[str, str]:
    """Return guardrails in the form's format; those that restrict nothing are empty."""
    window = guardrails.window
    return {
        "cidrs": ", ".join(guardrails.cidrs),
        "countries": ", ".join(guardrails.countries),
        "window": ""
        if window is None
        else f"{window.start}-{window.end} {window.zone} {','.join(map(str, window.days))}",
    }


def longer_than(expiry: datetime, now: datetime) -> list[Option]:
    """Return the latest date to which a temporary machine can be extended."""
    latest, base = twelve_months_after(now), max(expiry, now)
    steps = (
        ("1 hour", timedelta(hours=1)),
        ("1 day", timedelta(days=1)),
        ("1 week", timedelta(days=7)),
        ("30 days", timedelta(days=30)),
        ("90 days", timedelta(days=90)),
    )
    options = [
        Option(value=until.isoformat(), text=f"{text}, until {until:%d %b %Y %H:%M} UTC")
        for text, step in steps
        if (until := base + step) <= latest
    ]
    if latest > expiry:
        text = f"12 months from now, {latest:%d %b %Y %H:%M} UTC"
        options.append(Option(value=latest.isoformat(), text=text))
    return options


def extension_row_of(view: ExtensionView) -> ExtensionRow:
    """Return an extension's row."""
    return ExtensionRow(
        id=view.id,
        at=view.extended_at.isoformat(),
        by=view.extended_by,
        reason=view.reason,
        from_at=view.from_at.isoformat(),
        to_at=view.to_at.isoformat(),
        reverted=view.reverted_at.isoformat() if view.reverted_at is not None else "",
        reverted_by=view.reverted_by or "",
    )


def sentence_of(view: MachineView) -> str:
    """Return the sentence below the title."""
    if view.approved_at is None:
        return "Pending approval. Can't read anything yet."
    if view.projects == 0:
        reach = "Not attached to any project"
    elif view.grants == 0:
        reach = f"Attached to {counted(view.projects, 'project')}, but without access to any secrets yet"
    else:
        reach = f"Access to {counted(view.grants, 'secret')} in {counted(view.projects, 'project')}"
    if view.enabled:
        return f"{reach}."
    return f"Disabled. {reach}."


def consequences_of(view: MachineView, use: MachineUse) -> list[Consequence]:
    """Return the consequences of stopping a machine."""
    secrets = "secret it can read now" if view.grants == 1 else "secrets it can read now"
    if view.projects > 0:
        secrets += f", in {counted(view.projects, 'project')}"
    reads = "read in the last hour" if use.reads == 1 else "reads in the last hour"
    reads += "; last on" if use.last_read_at is not None else "; hasn't read anything"
    last = "" if use.last_read_at is None else use.last_read_at.isoformat()
    return [
        Consequence(number=f"{view.grants:,}", text=secrets),
        Consequence(number=f"{use.reads:,}", text=reads, at=last),
    ]


def attached_project_of(view: AttachmentView, machine: str, *, chosen: str) -> AttachedProject:
    """Return a project's row, with the consequences of detaching the machine."""
    secrets = "secret" if view.grants == 1 else "secrets"
    return AttachedProject(
        id=view.project_id,
        name=place_of(view),
        href=f"/projects/{view.project_id}",
        # Next to an application's name, the project's name already shows the environment.
        environment=view.environment or "" if view.application_name is None else "",
        frozen=view.frozen_at is not None,
        granted=f"{view.grants:,}",
        secrets=f"{view.secrets:,}",
        choose=f"/machines/{view.machine_id}?project={view.project_id}",
        chosen=view.project_id == chosen,
        consequences=[
            Consequence(
                number=f"{view.grants:,}", text=f"{secrets} that {machine} can read there now"
            )
        ],
    )


def place_of(view: AttachmentView) -> str:
    """Return the project's name in a sentence: `checkout-api/production`."""
    if view.application_name is None:
        return view.project_name
    return f"{view.application_name}/{view.project_name}"
