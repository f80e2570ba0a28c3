"""One member or one invitation, next to the list."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.badge import avatar, badge, state
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import facts
from strongroom_dashboard.components.day_field import day_field
from strongroom_dashboard.components.drawer import drawer, section
from strongroom_dashboard.components.fields import select_field
from strongroom_dashboard.components.form import action_button, change, problems, submit
from strongroom_dashboard.components.note import note
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.frame import guarded_button, remount_on
from strongroom_dashboard.screens.members.dialogs import (
    REMOVE,
    RESEND,
    SUSPEND,
    TRANSFER,
    WITHDRAW,
)
from strongroom_dashboard.screens.members.effect import role_effect
from strongroom_dashboard.screens.members.state import MemberList
from strongroom_dashboard.screens.view_as.parts import preview_list


def member_drawer() -> rx.Component:
    """Return the drawer for `?member=` or `?invitation=`."""
    return rx.fragment(rx.cond(MemberList.opened.invited, _invitation(), _member()))


def _member() -> rx.Component:
    here = MemberList.opened
    return drawer(
        section(_acts()),
        section(_roles()),
        section(
            preview_list(MemberList.preview),
            rx.cond(
                MemberList.more_projects != "",
                rx.el.p(
                    rx.el.a(MemberList.more_projects, href="/members/view-as?member=" + here.id),
                    class_name="meta",
                ),
            ),
            title=MemberList.opens,
        ),
        section(
            facts(
                ("Joined", time(here.joined, how="minute")),
                ("Last seen", time(here.seen)),
                ("Ends", time(here.ends, how="minute", empty="No end date")),
                ("Second factor", rx.cond(here.factors != "", here.factors, "Not shown to you")),
                ("Events", rx.el.a("In the audit log", href="/audit?actor=" + here.name)),
            ),
        ),
        title=here.name,
        lead=rx.fragment(
            avatar("user", here.name),
            state(here.status, here.tone),
            rx.cond(here.you, badge("You")),
        ),
        close=MemberList.close,
    )


def _acts() -> rx.Component:
    here = MemberList.opened
    path = "/api/members/" + here.id
    return rx.el.div(
        button("View as", icon="eye", size="sm", href="/members/view-as?member=" + here.id),
        rx.cond(
            here.suspended,
            rx.cond(
                here.why_not_manage == "",
                action_button(
                    "Resume",
                    path + "/resume",
                    icon="play",
                    body="none",
                    says="{username} can use this vault again.",
                ),
                button("Resume", size="sm", why_not=here.why_not_manage),
            ),
            guarded_button("Suspend", here.why_not_manage, size="sm", opens=SUSPEND),
        ),
        guarded_button("Remove", here.why_not_manage, size="sm", tone="danger-quiet", opens=REMOVE),
        rx.cond(
            here.owner | here.you,
            rx.fragment(),
            guarded_button("Make owner", here.why_not_transfer, size="sm", opens=TRANSFER),
        ),
        class_name="row wrap",
    )


def _roles() -> rx.Component:
    """Return the form for the roles. It also says why a role can't be chosen."""
    here = MemberList.opened
    form = change(
        select_field(
            "vaultRole", "Vault role", MemberList.vault_roles, value=here.vault_role, required=True
        ),
        rx.cond(
            here.owner,
            rx.el.p("Owners have every right in all projects, and no end date.", class_name="meta"),
            rx.fragment(
                select_field(
                    "accessRoleId",
                    "Access role",
                    MemberList.access_roles,
                    value=here.access_role,
                    blank="None: no projects",
                    empty="null",
                ),
                day_field(
                    "endsAt",
                    "End date",
                    value=here.ends_day,
                    help="Optional. The membership ends at the end of that day (UTC).",
                ),
            ),
        ),
        rx.cond(MemberList.not_offered != "", rx.el.p(MemberList.not_offered, class_name="meta")),
        role_effect(here.vault_role, here.access_role),
        problems(),
        submit("Save roles", size="sm"),
        action="/api/members/" + here.id,
        method="PATCH",
        if_match=here.revision,
        sends="changed",
        says="Roles of {username} saved.|Changes apply from their next request.",
        class_name="stack gap-3",
    )
    return rx.cond(
        here.why_not_roles == "",
        remount_on(form, here.id, here.as_of),
        rx.el.div(
            facts(
                ("Vault role", here.vault_role_name),
                ("Access role", here.access_role_name),
            ),
            rx.el.p(here.why_not_roles, class_name="meta"),
            class_name="stack gap-3",
        ),
    )


def _invitation() -> rx.Component:
    here = MemberList.opened
    return drawer(
        section(
            rx.el.div(
                guarded_button("Resend", here.why_not_invite, icon="send", size="sm", opens=RESEND),
                guarded_button(
                    "Withdraw",
                    here.why_not_invite,
                    size="sm",
                    tone="danger-quiet",
                    opens=WITHDRAW,
                ),
                class_name="row wrap",
            ),
        ),
        section(
            facts(
                ("Vault role", here.vault_role_name),
                ("Access role", here.access_role_name),
                ("Invited by", here.invited_by),
                ("Sent", time(here.joined, how="minute")),
                ("Expires", time(here.expires, future=True)),
                ("Ends", time(here.ends, how="minute", empty="No end date")),
            ),
        ),
        section(
            note(
                "An invited person has no access until they accept. The roles are checked again then."
            )
        ),
        title=here.name,
        lead=state(here.status, here.tone),
        close=MemberList.close,
    )
