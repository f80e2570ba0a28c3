"""The page of one access role: its projects, its rights, and what a member with it can see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.access.roles import PRESETS, right_names
from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card, two_columns
from strongroom_dashboard.components.custom import attributes
from strongroom_dashboard.components.dialog import confirm
from strongroom_dashboard.components.fields import (
    Choice,
    choice_field,
    hidden_field,
    text_field,
    when,
)
from strongroom_dashboard.components.form import change, problems, submit
from strongroom_dashboard.components.note import note
from strongroom_dashboard.components.shell import Crumb
from strongroom_dashboard.screens.access_roles.state import AccessRolePage, NewAccessRole
from strongroom_dashboard.screens.frame import guarded_button, remount_on, screen, when_loaded
from strongroom_dashboard.screens.members.effect import role_effect
from strongroom_dashboard.screens.view_as.parts import preview_card

if TYPE_CHECKING:
    from strongroom_dashboard.screens.access_roles.state import (
        AccessRoleForm,
        Environment,
        Pick,
        RightBox,
        RightRow,
    )

DELETE = "delete-access-role"
NAMES = (
    ("full_access", "Full access"),
    ("member", "Member"),
    ("viewer", "Viewer"),
)
SCOPES = (
    Choice("all", "Everything", "All projects, including those that are created later."),
    Choice("some", "Some projects", "Whole applications, or single projects."),
)


def new_page() -> rx.Component:
    """Return the page for a new role."""
    here = NewAccessRole
    return screen(
        here,
        when_loaded(
            here,
            rx.cond(
                here.why_not == "",
                change(
                    *_fields(here),
                    problems(),
                    rx.el.div(
                        rx.el.div(role_effect(edits=True), class_name="grow"),
                        button("Cancel", href="/members/access-roles"),
                        submit("Create access role"),
                        class_name="save-bar",
                    ),
                    action="/api/access-roles",
                    says="{name} created.|Assign it to a member to give them these rights.",
                    then="/members/access-roles/{id}",
                    class_name="stack gap-4",
                ),
                note(here.why_not),
            ),
        ),
        current="members",
        title="New access role",
        sentence="Rights in projects, which you can give to members.",
        crumbs=(
            Crumb("Members & roles", "/members"),
            Crumb("Access roles", "/members/access-roles"),
            Crumb("New access role"),
        ),
    )


def role_page() -> rx.Component:
    """Return the page of one role."""
    here = AccessRolePage
    return screen(
        here,
        when_loaded(
            here,
            two_columns(
                rx.cond(
                    here.why_not == "",
                    remount_on(_form(), here.id, here.as_of),
                    rx.fragment(note(here.why_not), rx.el.fieldset(*_fields(here), disabled=True)),
                ),
                rx.fragment(
                    preview_card(
                        here.preview, here.who_sees, "/members/view-as?accessRole=" + here.id
                    ),
                    _holders(),
                ),
            ),
        ),
        _delete(),
        current="members",
        title=here.name,
        sentence=here.sentence,
        crumbs=(
            Crumb("Members & roles", "/members"),
            Crumb("Access roles", "/members/access-roles"),
            Crumb(here.name),
        ),
        tab_title=(here.name, "Access roles"),
        actions=(
            guarded_button(
                "Delete role",
                here.why_not_delete,
                icon="trash-2",
                tone="danger-quiet",
                opens=DELETE,
            ),
        ),
    )


def _form() -> rx.Component:
    here = AccessRolePage
    return change(
        *_fields(here),
        problems(),
        rx.el.div(
            rx.el.div(
                rx.el.p(custom_attrs={"data-tells-ticks": ""}, class_name="mono", role="status"),
                role_effect(access_role=here.id, edits=True),
                rx.el.p(
                    here.sentence, " Changes apply from their next request.", class_name="meta"
                ),
                class_name="grow",
            ),
            button("Discard", href="/members/access-roles"),
            submit("Save access role"),
            class_name="save-bar",
        ),
        action="/api/access-roles/" + here.id,
        method="PUT",
        if_match=here.revision,
        says="{name} saved.",
        class_name="stack gap-4",
    )


def _fields(here: type[AccessRoleForm]) -> tuple[rx.Component, ...]:
    return (
        card(text_field("name", "Name", value=here.name, required=True, longest=NAME_LENGTH)),
        card(
            rx.el.div(
                choice_field(
                    "scope", "Projects", SCOPES, value=here.scope, local=True, legend_hidden=True
                ),
                when("scope", "all", hidden_field("everywhere", "true", "boolean")),
                when(
                    "scope",
                    "some",
                    hidden_field("everywhere", "false", "boolean"),
                    _picks("Applications", "applicationIds", here.applications),
                    _picks("Single projects", "projectIds", here.projects),
                    rx.cond(
                        here.applications.length() + here.projects.length() == 0,
                        rx.el.p("There are no projects yet.", class_name="muted"),
                    ),
                ),
                rx.cond(here.why_not_all != "", rx.el.p(here.why_not_all, class_name="meta")),
                class_name="stack gap-4",
            ),
            title="Projects",
        ),
        card(
            rx.el.div(
                _presets(),
                _rights(here.rights, None),
                custom_attrs={"data-boxes": ""},
                class_name="stack gap-3",
            ),
            title="Rights",
        ),
        card(
            hidden_field("overrides", "{}", "json"),
            rx.cond(
                here.environments.length() == 0,
                rx.el.p("No project in this vault has an environment.", class_name="muted"),
                rx.el.div(rx.foreach(here.environments, _environment), class_name="stack gap-3"),
            ),
            title="Environments with other rights",
        ),
    )


def _picks(title: str, name: str, picks: rx.Var[list[Pick]]) -> rx.Component:
    return rx.cond(
        picks.length() > 0,
        rx.el.fieldset(
            rx.el.legend(title),
            rx.el.div(rx.foreach(picks, lambda each: _pick(name, each)), class_name="ticks-box"),
            class_name="field",
        ),
    )


def _pick(name: str, pick: rx.Var[Pick]) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            name=name,
            value=pick.id,
            default_checked=pick.on,
            disabled=pick.why_not != "",
            class_name="check",
            custom_attrs={"data-tick": ""},
        ),
        rx.el.span(pick.name, rx.el.span(pick.what, class_name="sub")),
        class_name="tick",
        title=pick.why_not,
        key=pick.id,
    )


def _presets() -> rx.Component:
    return rx.el.div(
        rx.el.span("Start with ", class_name="meta"),
        *(
            rx.el.button(
                text,
                type="button",
                class_name="btn sm",
                custom_attrs={"data-preset": " ".join(right_names(PRESETS[name]))},
            )
            for name, text in NAMES
        ),
        class_name="row wrap",
    )


def _rights(rows: rx.Var[list[RightRow]], environment: rx.Var[str] | None) -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.caption("Rights", class_name="sr-only"),
            rx.el.thead(
                rx.el.tr(
                    rx.el.th("Right", scope="col"),
                    rx.el.th("Single", scope="col"),
                    rx.el.th("Structured", scope="col"),
                )
            ),
            rx.el.tbody(rx.foreach(rows, lambda row: _right(row, environment))),
            class_name="ledger rights",
        ),
        class_name="ledger-wrap",
    )


def _right(row: rx.Var[RightRow], environment: rx.Var[str] | None) -> rx.Component:
    return rx.el.tr(
        rx.el.td(row.words, rx.el.span(row.capability, class_name="sub mono")),
        rx.foreach(row.boxes, lambda box: _box(box, environment, row.span)),
        key=row.capability,
    )


def _box(box: rx.Var[RightBox], environment: rx.Var[str] | None, span: rx.Var[int]) -> rx.Component:
    given = {"data-tick": "", "data-claim": environment}
    return rx.el.td(
        rx.el.input(
            type="checkbox",
            name="rights" if environment is None else "overrides",
            value=box.value,
            default_checked=box.on,
            disabled=box.why_not != "",
            title=box.why_not,
            aria_label=box.label,
            class_name="check",
            custom_attrs=attributes(given),
        ),
        title=box.why_not,
        col_span=span,
        key=box.value,
    )


def _environment(environment: rx.Var[Environment]) -> rx.Component:
    return rx.el.div(
        rx.el.label(
            rx.el.input(
                type="checkbox",
                name=environment.key,
                default_checked=environment.on,
                class_name="check",
                custom_attrs={"data-local": ""},
            ),
            rx.el.span(
                "Other rights in ",
                rx.el.b(environment.name),
                rx.el.span(
                    "Replace the rights above in projects of this environment.", class_name="sub"
                ),
            ),
            class_name="tick",
        ),
        rx.el.fieldset(
            rx.el.div(
                _presets(),
                _rights(environment.rights, environment.name),
                custom_attrs={"data-boxes": ""},
                class_name="stack gap-3",
            ),
            custom_attrs=attributes({"data-when": environment.key + "=true"}),
        ),
        class_name="stack gap-3",
        key=environment.key,
    )


def _holders() -> rx.Component:
    here = AccessRolePage
    return card(
        rx.cond(
            here.holders.length() > 0,
            rx.el.ul(rx.foreach(here.holders, rx.el.li), class_name="plain"),
            rx.el.p("No member has this role.", class_name="muted"),
        ),
        title="Members with this role",
    )


def _delete() -> rx.Component:
    here = AccessRolePage
    return confirm(
        id=DELETE,
        title=rx.fragment("Delete ", here.name, "?"),
        sentence="Nobody has this role. This can't be undone.",
        verb="Delete role",
        action="/api/access-roles/" + here.id,
        method="DELETE",
        if_match=here.revision,
        then="/members/access-roles",
        says=here.name + " deleted.",
    )
