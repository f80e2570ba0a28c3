"""The members of a vault with its open invitations, and the one in the drawer (O-1, O-4, O-5)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import reflex as rx

from strongroom_core.access.roles import OWNER_ROLE
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.errors import NotFound
from strongroom_core.kernel.limits import FILTER_LENGTH
from strongroom_core.kernel.page import MAX_LIMIT, PageRequest
from strongroom_core.mail.state import sends_mail
from strongroom_core.members.access_roles import list_access_roles
from strongroom_core.members.invite import list_invitations
from strongroom_core.members.listing import MEMBERS, list_members, read_member
from strongroom_core.members.preview import preview_member
from strongroom_core.members.vault_roles import list_vault_roles
from strongroom_core.members.views import MemberStatus
from strongroom_core.vaults.settings import read_vault
from strongroom_dashboard.components.dialog import Consequence
from strongroom_dashboard.components.fields import Option
from strongroom_dashboard.components.filter import FilterOption
from strongroom_dashboard.screens.capability_words import summary_of
from strongroom_dashboard.screens.screen import Screen
from strongroom_dashboard.screens.sorted_list import (
    SortedList,
    known_sort,
    sorted_list,
    unknown_list,
)
from strongroom_dashboard.screens.view_as.parts import PreviewProject
from strongroom_dashboard.screens.wording import counted, why_not

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from strongroom_core.members.views import (
        AccessRoles,
        Hanging,
        InvitationView,
        MemberInDetail,
        MemberView,
        Preview,
        VaultRoles,
        VaultRoleView,
    )
    from strongroom_dashboard.event_session import Call

PAGE = 50
SORTS = ("username", "vaultRole", "accessRole", "-joinedAt", "-lastActiveAt")
INVITED = "invited"
STATES = {
    MemberStatus.ACTIVE: ("Active", "ok"),
    MemberStatus.SUSPENDED: ("Suspended", "warn"),
    MemberStatus.ENDED: ("Ended", "off"),
    MemberStatus.INACTIVE: ("Account closed", "bad"),
}
FACTORS = {"code": "authenticator app", "passkey": "passkey"}
PREVIEWED = 8
"""How many projects the drawer lists."""

NOT_BELOW = "You can only manage members whose role is below yours. Ask a vault owner."
OWN = "You can't change your own role or status. Ask another owner or admin."


@dataclass(frozen=True)
class MemberRow:
    """A member or an invitation. `status` has a `tone`."""

    id: str
    href: str
    name: str
    you: bool
    invited: bool
    vault_role: str
    access_role: str
    joined: str
    seen: str
    ends: str
    status: str
    tone: str
    selected: bool


@dataclass(frozen=True)
class OpenedMember:
    """The member or invitation in the drawer, and why the person can't do something with them."""

    id: str = ""
    name: str = ""
    you: bool = False
    invited: bool = False
    owner: bool = False
    active: bool = False
    suspended: bool = False
    vault_role: str = ""
    vault_role_name: str = ""
    access_role: str = ""
    access_role_name: str = ""
    joined: str = ""
    seen: str = ""
    ends: str = ""
    ends_day: str = ""
    expires: str = ""
    expired: bool = False
    invited_by: str = ""
    factors: str = ""
    status: str = ""
    tone: str = "off"
    revision: int = 0
    as_of: str = ""
    drop_boxes: int = 0
    why_not_roles: str = ""
    why_not_manage: str = ""
    why_not_invite: str = ""
    why_not_transfer: str = ""


class MemberList(Screen, rx.State):
    """The members and open invitations of a vault."""

    sentence: str = ""
    personal: bool = False
    rows: list[MemberRow] = []
    q: str = ""
    around: SortedList = unknown_list(SORTS)
    roles: list[FilterOption] = []
    role: str = ""
    without_role: str = "/members"
    statuses: list[FilterOption] = []
    status: str = ""
    without_status: str = "/members"
    close: str = "/members"
    is_open: bool = False
    opened: OpenedMember = OpenedMember()
    opens: str = ""
    more_projects: str = ""
    preview: list[PreviewProject] = []
    stops: list[Consequence] = []
    hangs: list[Consequence] = []
    vault_roles: list[Option] = []
    access_roles: list[Option] = []
    own_vault_roles: list[Option] = []
    not_offered: str = ""
    sends_mail: bool = True
    why_not_invite: str = ""
    asked: str = ""

    async def _fill(self, call: Call) -> None:
        vault = await read_vault(call.core, call.caller, call.caller.vault)
        self.personal = vault.shape == "personal"
        self.sends_mail = sends_mail(call.core)
        self.why_not_invite = why_not(call, VaultCapability.MEMBERS_INVITE)
        if self.personal:
            self.sentence, self.rows, self.is_open = "", [], False
            return
        names = ("q", "sort", "role", "status")
        asked = {name: text for name in names if (text := self._asked(name))}
        self.asked = "new-member" if self._asked("new") == "member" else ""
        self.q = asked.get("q", "").strip()[:FILTER_LENGTH]
        vault_roles = await list_vault_roles(call.core, call.caller)
        access_roles = await list_access_roles(call.core, call.caller)
        self._link(asked, vault_roles)
        invitations = [] if self.why_not_invite else await self._invitations(call, asked)
        await self._list(call, asked, invitations)
        await self._open(call, asked, invitations)
        self._offer(vault_roles, access_roles)

    async def _invitations(self, call: Call, asked: Mapping[str, str]) -> list[InvitationView]:
        """Return the invitations: all of them, because a plan's member cap counts them too."""
        if asked.get("status", INVITED) != INVITED or asked.get("role"):
            return []
        found = await list_invitations(call.core, call.caller, PageRequest(MAX_LIMIT), q=self.q)
        return found.items

    async def _list(
        self, call: Call, asked: Mapping[str, str], invitations: Sequence[InvitationView]
    ) -> None:
        sort = known_sort(asked.get("sort", ""), SORTS)
        cursor = self._asked("cursor")
        page = PageRequest.parse(limit=PAGE, cursor=cursor or None, sort=sort)
        status = asked.get("status", "")
        found = await list_members(
            call.core,
            call.caller,
            page,
            q=self.q or None,
            status=MemberStatus(status) if status in set(MemberStatus) else None,
            vault_role=asked.get("role"),
        )
        link = partial(_href, asked)
        current = self._asked("member") or self._asked("invitation")
        first = [] if cursor else [invitation_row(each, link, current) for each in invitations]
        members = [] if status == INVITED else [row_of(each, link, current) for each in found.items]
        self.rows = [*first, *members]
        self.around = sorted_list(
            found,
            link,
            sorts=SORTS,
            current=sort or MEMBERS.default,
            nouns=("member", "members"),
        )
        self.sentence = _sentence(found.total, len(invitations))
        if status == INVITED:
            self.around = SortedList(shown=f"{len(first):,}", noun="invitations")

    async def _open(
        self, call: Call, asked: Mapping[str, str], invitations: Sequence[InvitationView]
    ) -> None:
        self.close, self.preview, self.stops, self.hangs = _href(asked), [], [], []
        member, invitation = self._asked("member"), self._asked("invitation")
        self.is_open, self.opened = False, OpenedMember()
        invited = next((each for each in invitations if each.id == invitation), None)
        if invited is not None:
            self.is_open, self.opened = True, opened_invitation(call, invited)
        if not member:
            return
        try:
            found = await read_member(call.core, call.caller, member)
            preview = await preview_member(call.core, call.caller, member)
        except NotFound:
            return  # For example, the member has just been removed. The list doesn't contain them.
        self.is_open, self.opened = True, opened_member(call, found)
        self.opens = f"Can open {found.opens:,} of {counted(found.projects, 'project')}"
        rows = preview_rows(preview)
        self.preview, more = rows[:PREVIEWED], len(rows) - PREVIEWED
        self.more_projects = f"{more:,} more" if more > 0 else ""
        self.stops, self.hangs = stopping(found.hanging), hanging(found.hanging)

    def _link(self, asked: Mapping[str, str], vault_roles: VaultRoles) -> None:
        role, status = asked.get("role", ""), asked.get("status", "")
        self.without_role = _href({k: v for k, v in asked.items() if k != "role"})
        self.without_status = _href({k: v for k, v in asked.items() if k != "status"})
        self.roles = [
            FilterOption(
                text=each.name,
                href=_href(asked, role=each.id),
                count=f"{each.members:,}",
                current=each.id == role,
            )
            for each in vault_roles.items
        ]
        self.role = next((each["text"] for each in self.roles if each["current"]), "")
        words = {each.value: text for each, (text, _) in STATES.items()} | {INVITED: "Invited"}
        self.statuses = [
            FilterOption(
                text=text, href=_href(asked, status=value), count="", current=value == status
            )
            for value, text in words.items()
        ]
        self.status = words.get(status, "")

    def _offer(self, vault_roles: VaultRoles, access_roles: AccessRoles) -> None:
        """Offer the roles. Those that the person can't assign are shown, but can't be chosen."""
        self.vault_roles = [
            Option(value=each.id, text=each.name)
            if each.assignable or each.id == self.opened.vault_role
            else Option(value=each.id, text=f"{each.name} (not below yours)", off=True)
            for each in _lowest_first(vault_roles.items)
            if each.id != OWNER_ROLE or self.opened.vault_role == OWNER_ROLE
        ]
        self.own_vault_roles = [
            Option(value=each.id, text=each.name)
            for each in vault_roles.items
            if each.id != OWNER_ROLE
        ]
        self.access_roles = [
            Option(value=each.id, text=each.name)
            if each.assignable or each.id == self.opened.access_role
            else Option(value=each.id, text=f"{each.name} (more than you have)", off=True)
            for each in access_roles.items
        ]
        closed = any(each.get("off") for each in (*self.vault_roles, *self.access_roles))
        self.not_offered = (
            "You can assign vault roles that can do less than yours, and access roles that contain only"
            " rights you have yourself."
            if closed
            else ""
        )


def _lowest_first(roles: Sequence[VaultRoleView]) -> list[VaultRoleView]:
    """Return the built-in roles from the lowest to the highest, then the custom ones."""
    built_in = [each for each in roles if each.built_in]
    return [*reversed(built_in), *(each for each in roles if not each.built_in)]


def row_of(member: MemberView, link: partial[str], current: str) -> MemberRow:
    """Return a member's row."""
    status, tone = STATES[member.status]
    return MemberRow(
        id=member.id,
        href=link(member=member.id),
        name=member.username,
        you=member.you,
        invited=False,
        vault_role=member.vault_role_name,
        access_role="Everything"
        if member.vault_role == OWNER_ROLE
        else member.access_role_name or "",
        joined=member.joined_at.isoformat(),
        seen=member.last_active_at.isoformat() if member.last_active_at else "",
        ends=member.ends_at.isoformat() if member.ends_at else "",
        status=status,
        tone=tone,
        selected=member.id == current,
    )


def invitation_row(invitation: InvitationView, link: partial[str], current: str) -> MemberRow:
    """Return an invitation's row."""
    return MemberRow(
        id=invitation.id,
        href=link(invitation=invitation.id),
        name=invitation.address,
        you=False,
        invited=True,
        vault_role=invitation.vault_role_name,
        access_role=invitation.access_role_name or "",
        joined=invitation.expires_at.isoformat(),
        seen="",
        ends=invitation.ends_at.isoformat() if invitation.ends_at else "",
        status="Expired" if invitation.expired else "Invited",
        tone="off" if invitation.expired else "wait",
        selected=invitation.id == current,
    )


def opened_member(call: Call, found: MemberInDetail) -> OpenedMember:
    """Return a member for the drawer."""
    member = found.member
    status, tone = STATES[member.status]
    blocked = OWN if member.you else "" if member.manageable else NOT_BELOW
    owner = member.vault_role == OWNER_ROLE
    transfer = why_not(call, VaultCapability.OWNERSHIP_TRANSFER)
    if not transfer and member.status is not MemberStatus.ACTIVE:
        transfer = "Only an active member can become an owner."
    return OpenedMember(
        id=member.id,
        name=member.username,
        you=member.you,
        owner=owner,
        active=member.status is MemberStatus.ACTIVE,
        suspended=member.status is MemberStatus.SUSPENDED,
        vault_role=member.vault_role,
        vault_role_name=member.vault_role_name,
        access_role=member.access_role or "",
        access_role_name="Everything" if owner else member.access_role_name or "None",
        joined=member.joined_at.isoformat(),
        seen=member.last_active_at.isoformat() if member.last_active_at else "",
        ends=member.ends_at.isoformat() if member.ends_at else "",
        ends_day=f"{member.ends_at:%Y-%m-%d}" if member.ends_at else "",
        factors=factors_of(member.second_factors),
        status=status,
        tone=tone,
        revision=member.revision,
        as_of=f"{member.revision}",
        drop_boxes=found.hanging.drop_boxes,
        why_not_roles=why_not(call, VaultCapability.ROLES_ASSIGN) or blocked,
        why_not_manage=why_not(call, VaultCapability.MEMBERS_MANAGE) or blocked,
        why_not_transfer=transfer,
    )


def factors_of(kinds: list[str] | None) -> str:
    """Return a member's kinds of second factors in words; empty if the person isn't told."""
    if kinds is None:
        return ""
    return " and ".join(FACTORS[each] for each in kinds).capitalize() or "None"


def opened_invitation(call: Call, invitation: InvitationView) -> OpenedMember:
    """Return an invitation for the drawer."""
    return OpenedMember(
        id=invitation.id,
        name=invitation.address,
        invited=True,
        vault_role_name=invitation.vault_role_name,
        access_role_name=invitation.access_role_name or "None",
        joined=invitation.sent_at.isoformat(),
        ends=invitation.ends_at.isoformat() if invitation.ends_at else "",
        expires=invitation.expires_at.isoformat(),
        expired=invitation.expired,
        invited_by=invitation.inviter,
        status="Expired" if invitation.expired else "Invited",
        tone="off" if invitation.expired else "wait",
        why_not_invite=why_not(call, VaultCapability.MEMBERS_INVITE),
    )


def preview_rows(preview: Preview) -> list[PreviewProject]:
    """Return the projects that someone can open, with their rights in a few words."""
    return [
        PreviewProject(
            each.id,
            each.name,
            f"/projects/{each.id}",
            summary_of(each.rights),
            counted(each.secrets, "secret"),
        )
        for each in preview.projects
    ]


def stopping(hanging: Hanging) -> list[Consequence]:
    """Return what stops while a member is suspended, and that machines don't."""
    found = [_some(hanging.sessions, "session stops", "sessions stop", "working in this vault")]
    if hanging.drop_boxes:
        found.append(
            _some(
                hanging.drop_boxes, "drop box", "drop boxes", "of theirs can't be used until then"
            )
        )
    return [*found, Consequence(number="0", text="machines are affected")]


def hanging(hanging: Hanging) -> list[Consequence]:
    """Return what depends on a member who is removed, and what happens to it."""
    found = [_some(hanging.sessions, "session stops", "sessions stop", "working in this vault")]
    for number, one, several, rest in (
        (hanging.machines_approved, "machine", "machines", "they approved, which keeps its access"),
        (
            hanging.enrollment_tokens,
            "enrollment token",
            "enrollment tokens",
            "they created, which can still be used",
        ),
        (
            hanging.registration_tokens,
            "registration token",
            "registration tokens",
            "they created, which can still be used",
        ),
        (
            hanging.trusts,
            "trusted issuer",
            "trusted issuers",
            "they added, whose jobs can still register",
        ),
        (hanging.webhooks, "webhook", "webhooks", "they added, which still gets alerts"),
        (hanging.shares, "share", "shares", "they created, which can still be opened"),
        (hanging.drop_boxes, "drop box", "drop boxes", "they created"),
    ):
        if number:
            found.append(_some(number, one, several, rest))
    return [*found, Consequence(number="0", text="machines are affected")]


def _some(number: int, one: str, several: str, rest: str) -> Consequence:
    said = rest
    if number != 1:
        said = rest.replace("keeps its access", "keep their access").replace("gets", "get")
    return Consequence(number=f"{number:,}", text=f"{one if number == 1 else several} {said}")


def _sentence(members: int, invitations: int) -> str:
    said = counted(members, "member")
    if invitations:
        return f"{said} and {counted(invitations, 'invitation')}."
    if members == 1:
        return (
            f"{said}. Invite others, and give them an access role so that they can open projects."
        )
    return f"{said}."


def _href(asked: Mapping[str, str], **changes: str | None) -> str:
    query = {name: value for name, value in {**asked, **changes}.items() if value}
    return f"/members?{urlencode(query)}" if query else "/members"
