"""The dialogs about members and invitations. Each shows the consequences in numbers."""

from __future__ import annotations

from typing import Any

import reflex as rx

from strongroom_core.kernel.limits import REASON_LENGTH
from strongroom_dashboard.components.code import copy_button
from strongroom_dashboard.components.day_field import day_field
from strongroom_dashboard.components.dialog import confirm, form_dialog
from strongroom_dashboard.components.fields import (
    check_field,
    select_field,
    text_field,
    when,
)
from strongroom_dashboard.components.form import result, until_done, when_done
from strongroom_dashboard.components.note import note
from strongroom_dashboard.screens.members.effect import role_effect
from strongroom_dashboard.screens.members.state import MemberList

INVITE, SUSPEND, REMOVE = "new-member", "suspend", "remove-member"
RESEND, WITHDRAW, TRANSFER = "resend-invitation", "withdraw-invitation", "make-owner"


def invite_dialog() -> rx.Component:
    """Return the dialog that invites someone. Without a mail server, it shows the link once."""
    here = MemberList
    fields = (
        text_field(
            "email",
            "Email",
            kind="email",
            required=True,
            first=True,
            messages={"missing": "Enter an email address."},
        ),
        rx.el.div(
            select_field("vaultRole", "Vault role", here.vault_roles, required=True),
            select_field(
                "accessRoleId", "Access role", here.access_roles, blank="None: no projects yet"
            ),
            class_name="halves",
        ),
        role_effect(),
        day_field(
            "endsAt",
            "End date",
            help="Optional. The membership ends at the end of that day (UTC).",
        ),
        rx.cond(here.not_offered != "", rx.el.p(here.not_offered, class_name="meta")),
    )

    def made(*inside: rx.Component, **options: Any) -> rx.Component:
        return form_dialog(
            *inside,
            id=INVITE,
            title="Invite someone",
            sentence="They have 7 days to accept, and no access until they do. Someone without an account"
            " signs up first.",
            action="/api/invitations",
            **options,
        )

    by_mail = made(
        *fields,
        check_field("again", "Invite another", local=True),
        verb="Send invitation",
        says="{invitation.address} invited.",
    )
    return rx.cond(here.sends_mail, by_mail, made(*_with_link(*fields), **_by_link("Create link")))


def _with_link(*fields: rx.Component) -> tuple[rx.Component, ...]:
    return (
        until_done(*fields),
        when_done(
            note(
                "This server doesn't send email. Send this link to the person yourself; it isn't shown"
                " again.",
            ),
            rx.el.div(
                rx.el.code(result("link")),
                copy_button(source='[data-result="link"]', what="Copy link"),
                class_name="code",
            ),
        ),
    )


def _by_link(verb: str) -> dict[str, Any]:
    return {"verb": verb, "keeps": True}


def member_dialogs() -> rx.Component:
    """Return the dialogs for the member or the invitation in the drawer."""
    return rx.cond(MemberList.opened.invited, _of_invitation(), _of_member())


def _of_member() -> rx.Component:
    here = MemberList.opened
    path = "/api/members/" + here.id
    return rx.fragment(
        confirm(
            id=SUSPEND,
            title=rx.fragment("Suspend ", here.name, "?"),
            sentence=rx.fragment(
                here.name,
                " loses access to this vault immediately. You can undo this at any time. Nothing they created"
                " is removed.",
            ),
            verb="Suspend member",
            action=path + "/suspend",
            body="object",
            consequences=MemberList.stops,
            fields=(
                text_field(
                    "reason",
                    "Reason",
                    longest=REASON_LENGTH,
                    placeholder="Optional, shown in the audit log",
                ),
            ),
            says=here.name + " suspended.|Machines aren't affected.",
            undo=path + "/resume",
        ),
        rx.cond(
            here.drop_boxes > 0,
            _remove(
                path + "?takeOver={takeOver}",
                select_field(
                    "takeOver",
                    "Their drop boxes",
                    (("false", "End"), ("true", "I take them over")),
                    value="false",
                    help="If you take them over, values are submitted with your rights.",
                ),
            ),
            _remove(path),
        ),
        form_dialog(
            check_field("stayOwner", "Stay an owner too", checked=True),
            when(
                "stayOwner",
                "false",
                rx.el.div(
                    select_field("vaultRole", "Your vault role", MemberList.own_vault_roles),
                    select_field(
                        "accessRoleId",
                        "Your access role",
                        MemberList.access_roles,
                        blank="None: no projects",
                    ),
                    class_name="halves",
                ),
            ),
            id=TRANSFER,
            title=rx.fragment("Make ", here.name, " an owner?"),
            sentence="Owners can do everything in this vault: manage all members, see all projects, and"
            " delete the vault. You may be asked for your password.",
            verb="Make owner",
            action=path + "/make-owner",
            says="{username} is now an owner.",
        ),
    )


def _remove(action: rx.Var[str], *fields: rx.Component) -> rx.Component:
    here = MemberList.opened
    return confirm(
        id=REMOVE,
        title=rx.fragment("Remove ", here.name, "?"),
        sentence="Their membership ends immediately. Their account and their events in the audit log"
        " are kept. To let them in again, invite them.",
        verb="Remove member",
        action=action,
        method="DELETE",
        body="none",
        consequences=MemberList.hangs,
        fields=fields,
        then="/members",
        says=here.name + " removed.|Machines aren't affected.",
    )


def _of_invitation() -> rx.Component:
    here = MemberList.opened
    path = "/api/invitations/" + here.id
    title = rx.fragment("Resend the invitation to ", here.name, "?")
    sentence = "The earlier link stops working. The new one can be used for 7 days."
    by_mail = confirm(
        id=RESEND,
        title=title,
        sentence=sentence,
        verb="Resend",
        danger=False,
        action=path + "/resend",
        body="none",
        says="Invitation to " + here.name + " resent.",
    )
    by_link = form_dialog(
        *_with_link(),
        id=RESEND,
        title=title,
        sentence=sentence,
        action=path + "/resend",
        body="none",
        **_by_link("Create new link"),
    )
    return rx.fragment(
        rx.cond(MemberList.sends_mail, by_mail, by_link),
        confirm(
            id=WITHDRAW,
            title=rx.fragment("Withdraw the invitation to ", here.name, "?"),
            sentence="Its link stops working immediately. You can invite them again.",
            verb="Withdraw invitation",
            action=path,
            method="DELETE",
            body="none",
            then="/members",
            says="Invitation to " + here.name + " withdrawn.",
        ),
    )
