"""The drawer of one secret: summary, versions, access, activity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.badge import avatar, badge, environment, kind_badge, tags
from strongroom_dashboard.components.button import Tone, button, link
from strongroom_dashboard.components.card import facts, rule_list
from strongroom_dashboard.components.code import mask
from strongroom_dashboard.components.drawer import drawer, section
from strongroom_dashboard.components.feed import feed
from strongroom_dashboard.components.menu import menu, menu_button, menu_link, menu_rule
from strongroom_dashboard.components.note import empty, note
from strongroom_dashboard.components.table import nothing
from strongroom_dashboard.components.tabs import Tab
from strongroom_dashboard.components.time import time
from strongroom_dashboard.components.use_it import use_it
from strongroom_dashboard.screens.frame import guarded_button
from strongroom_dashboard.screens.project_secrets.dialogs import secret_dialogs
from strongroom_dashboard.screens.project_secrets.opened import GLANCE, TABS
from strongroom_dashboard.screens.project_secrets.rows import CANARY
from strongroom_dashboard.screens.project_secrets.state import ProjectSecrets

if TYPE_CHECKING:
    from strongroom_dashboard.screens.project_secrets.opened import (
        BoxLine,
        OpenSecret,
        ReaderLine,
        VersionLine,
    )


def secret_drawer() -> rx.Component:
    """Return the drawer for the secret in the URL."""
    here = ProjectSecrets
    return rx.cond(
        here.open.missing,
        drawer(
            empty("Secret not found", "It may have been deleted, or belong to another project."),
            title="Not found",
            close=here.close,
        ),
        rx.fragment(_drawer(here.open), secret_dialogs()),
    )


def _drawer(opened: OpenSecret) -> rx.Component:
    here = ProjectSecrets
    return drawer(
        rx.match(
            here.view,
            ("versions", _versions(opened)),
            ("readers", _readers(opened)),
            ("activity", _activity(opened)),
            _summary(opened),
        ),
        title=opened.name,
        subtitle=opened.note,
        mono=True,
        lead=rx.cond(opened.environment != "", environment(opened.environment)),
        close=here.close,
        previous=here.above,
        next=here.below,
        tools=(_more(opened),),
        tabs=tuple(
            Tab(text, here.view_links[view], current=here.view == view)
            for view, text in TABS.items()
        ),
    )


def _more(opened: OpenSecret) -> rx.Component:
    rights = opened.rights
    return rx.fragment(
        button(icon="ellipsis", tone="ghost", menu="secret-actions", label="More actions"),
        menu(
            "secret-actions",
            rx.cond(
                rights.to_change == "", menu_button("Edit", icon="pencil", opens="edit-secret")
            ),
            rx.cond(
                (rights.to_replace == "") & (opened.kind == "single"),
                menu_button("Create drop box", icon="inbox", opens="drop-box"),
            ),
            menu_link("View in audit log", "/audit?target=" + opened.id, icon="book-open-text"),
            rx.cond(
                rights.to_delete == "",
                rx.fragment(
                    menu_rule(),
                    menu_button("Delete", icon="trash-2", opens="delete-secret", danger=True),
                ),
            ),
            label="Secret actions",
        ),
    )


def _summary(opened: OpenSecret) -> rx.Component:
    here = ProjectSecrets
    return rx.fragment(
        section(
            rx.el.div(
                mask(opened.version),
                rx.el.div(
                    _action("Replace", "pencil-line", "replace-secret", opened.rights.to_replace),
                    _action("Generate", "dices", "rotate-secret", opened.rights.to_rotate),
                    class_name="row end",
                ),
                class_name="row wrap value-row",
            ),
            rx.el.p(
                "The value isn't shown here. Machines with access can read it; every read is logged.",
                class_name="meta",
            ),
        ),
        rx.cond(
            opened.kind == CANARY,
            section(
                note(
                    rx.el.strong("This is a canary. "),
                    "No program needs it, and reading it has consequences. ",
                    link("Open canaries", here.head.href + "/canaries"),
                    tone="brass",
                    icon="bird",
                ),
            ),
            section(
                use_it(opened.use, name="secret"),
                rx.el.p(opened.use.seen, class_name="meta any-wrap"),
                title="Use it",
            ),
        ),
        section(
            _facts(opened),
            title="Details",
            aside=_action("Edit", "pencil", "edit-secret", opened.rights.to_change, tone="ghost"),
        ),
        rx.cond(
            opened.boxes.length() > 0,  # pyright: ignore[reportAttributeAccessIssue] -- a Var
            section(
                rule_list(rx.foreach(opened.boxes, _box)),
                rx.el.p(
                    "Anyone who has the link can submit the next value, once.", class_name="meta"
                ),
                title="Drop boxes",
            ),
        ),
        section(
            _reader_list(opened),
            rx.cond(
                opened.readers > GLANCE,
                link("All " + opened.who_reads, here.view_links["readers"], "meta"),
            ),
            title="Access",
            count=opened.who_reads,
            aside=_give_access(opened),
        ),
        rx.cond(opened.kind != CANARY, _rotation(opened)),
        section(
            rx.cond(
                opened.policy != "",
                link(opened.policy, opened.policy_href),
                rx.el.span("None. Reads aren't restricted by conditions.", class_name="muted"),
            ),
            link("Who can read it now, and why others can't", opened.access_href, "meta"),
            title="Policy",
        ),
    )


def _rotation(opened: OpenSecret) -> rx.Component:
    rotation, rights = opened.rotation, opened.rights
    return section(
        rx.cond(
            rotation.text != "",
            rx.fragment(
                rx.el.p(rotation.text),
                rx.cond(
                    rotation.queued != "",
                    rx.el.p(
                        "Queued ",
                        time(rotation.queued),
                        " by ",
                        rotation.queued_by,
                        rx.cond(
                            (rights.to_queue == "") & (rights.to_rotate != ""),
                            ". Waits until the project is unfrozen.",
                            ".",
                        ),
                        class_name="meta",
                    ),
                ),
                rx.el.div(
                    _action("Rotate now", "rotate-cw", "queue-rotation", rights.to_queue),
                    _action(
                        "Delete", None, "delete-rotation", rights.to_set_rotation, tone="ghost"
                    ),
                    class_name="row",
                ),
            ),
            rx.el.p("No settings. A policy can't rotate this secret.", class_name="muted"),
        ),
        title="Rotation",
        aside=_action(
            rx.cond(rotation.text != "", "Change", "Set up"),
            "pencil",
            "set-rotation",
            rights.to_set_rotation,
            tone="ghost",
        ),
    )


def _action(
    text: str, icon: str | None, opens: str, why_not: str, *, tone: Tone = "plain"
) -> rx.Component:
    return guarded_button(text, why_not, icon=icon, opens=opens, size="sm", tone=tone)


def _versions(opened: OpenSecret) -> rx.Component:
    return section(
        _version_list(opened),
        rx.el.p(
            "Your plan limits how many versions are kept. Rolling back creates a new version.",
            class_name="meta",
        ),
        title="Versions",
        count=opened.kept,
    )


def _version_list(opened: OpenSecret) -> rx.Component:
    return rule_list(rx.foreach(opened.versions, _version))


def _version(version: VersionLine) -> rx.Component:
    return rx.el.li(
        rx.el.span(version.number, class_name=rx.cond(version.live, "no live-no", "no")),
        rx.el.div(
            rx.el.div(version.how, " by ", version.by),
            rx.el.div(
                time(version.at),
                rx.cond(version.fields != "", rx.el.span(" · ", version.fields)),
                class_name="meta",
            ),
            class_name="grow",
        ),
        rx.cond(
            version.live,
            badge("Live", tone="ok"),
            _action(
                "Roll back",
                None,
                version.dialog,
                ProjectSecrets.open.rights.to_roll_back,
                tone="ghost",
            ),
        ),
        class_name="row",
    )


def _box(box: BoxLine) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            "Expires ",
            time(box.expires, how="minute"),
            rx.el.div("Created by ", box.by, class_name="meta"),
            class_name="grow",
        ),
        button("Revoke", size="sm", tone="danger-quiet", opens=box.dialog),
        class_name="row",
    )


def _readers(opened: OpenSecret) -> rx.Component:
    here = ProjectSecrets
    return section(
        _reader_list(opened),
        rx.cond(
            here.more_readers != "", button("More machines", href=here.more_readers, size="sm")
        ),
        title="Access",
        count=opened.who_reads,
        aside=_give_access(opened),
    )


def _reader_list(opened: OpenSecret) -> rx.Component:
    return rx.cond(
        opened.readers == 0,
        rx.el.p("No machine has access yet.", class_name="meta"),
        rule_list(rx.foreach(opened.machines, _reader)),
    )


def _give_access(opened: OpenSecret) -> rx.Component:
    why_not = opened.rights.to_grant
    secret = rx.Var.create(
        [{"id": opened.id, "name": opened.name, "fields": opened.field_names}]
    ).to_string()
    return rx.cond(
        why_not == "",
        button(
            rx.cond(opened.readers == 0, "Give access", "Change access"),
            icon="server",
            size="sm",
            data_gives_access=secret,
            aria_haspopup="dialog",
        ),
        button("Give access", icon="server", size="sm", why_not=why_not),
    )


def _reader(reader: ReaderLine) -> rx.Component:
    return rx.el.li(
        avatar("machine", reader.name),
        rx.el.div(
            rx.el.a(reader.name, href=reader.href, class_name="mono"),
            rx.cond(
                reader.note != "",
                rx.el.div(reader.note, class_name=rx.cond(reader.stopped, "meta warn-ink", "meta")),
            ),
            class_name="grow",
        ),
        rx.el.span(time(reader.last_read), class_name="meta"),
        class_name="row",
    )


def _activity(opened: OpenSecret) -> rx.Component:
    return section(
        rx.cond(
            opened.rights.see_audit_log,
            feed(opened.activity, label="Activity for this secret"),
            rx.el.p("You need audit.view. Ask a vault owner.", class_name="meta"),
        ),
        title="Activity",
        aside=rx.cond(
            opened.rights.see_audit_log, link("All events", "/audit?target=" + opened.id)
        ),
    )


def _facts(opened: OpenSecret) -> rx.Component:
    last_read = rx.fragment(
        rx.el.span(time(opened.last_read), class_name=rx.cond(opened.unused, "warn-ink", "")),
        rx.cond(
            opened.last_read_by != "",
            rx.fragment(" by ", rx.el.span(opened.last_read_by, class_name="mono")),
        ),
    )
    return facts(
        ("Last read", last_read),
        ("Changed", rx.fragment(time(opened.changed), " by ", opened.changed_by)),
        ("Tags", rx.cond(opened.tags.length() > 0, tags(opened.tags), nothing())),
        ("Reads", opened.reads),
        (
            "Kind",
            rx.el.span(
                kind_badge(opened.kind),
                rx.cond(
                    opened.structured,
                    rx.el.span(opened.field_names.join(", "), class_name="mono"),
                ),
                class_name="row wrap",
            ),
        ),
        ("Created", time(opened.created)),
        ("ID", rx.el.span(opened.id, class_name="mono")),
    )
