"""The drawer of one secret: what it is, what one can do, its history, who reads it, what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.badge import avatar, badge, environment, kind_badge, tags
from strongroom_dashboard.components.button import Tone, button, link
from strongroom_dashboard.components.card import facts, rule_list
from strongroom_dashboard.components.code import mask
from strongroom_dashboard.components.drawer import drawer, section
from strongroom_dashboard.components.empty import empty
from strongroom_dashboard.components.feed import feed
from strongroom_dashboard.components.menu import menu, menu_button, menu_link, menu_rule
from strongroom_dashboard.components.table import nothing
from strongroom_dashboard.components.tabs import Tab
from strongroom_dashboard.components.time import time
from strongroom_dashboard.pages.secret_dialogs import secret_dialogs
from strongroom_dashboard.states.open_secret import GLANCE
from strongroom_dashboard.states.project_secrets import ProjectSecrets

if TYPE_CHECKING:
    from strongroom_dashboard.states.open_secret import OpenSecret, ReaderLine, VersionLine


def secret_drawer() -> rx.Component:
    """Return the drawer of the secret that the URL names."""
    here = ProjectSecrets
    return rx.cond(
        here.open.missing,
        drawer(
            empty("No such secret", "It may have been deleted, or belongs to another project."),
            title="Not here",
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
            Tab(view.capitalize(), here.view_links[view], current=here.view == view)
            for view in ("summary", "versions", "readers", "activity")
        ),
    )


def _more(opened: OpenSecret) -> rx.Component:
    rights = opened.rights
    return rx.fragment(
        button(icon="ellipsis", tone="ghost", menu="secret-acts", label="More acts"),
        menu(
            "secret-acts",
            rx.cond(
                rights.to_change == "", menu_button("Edit", icon="pencil", opens="edit-secret")
            ),
            menu_link(
                "Entries in the audit log", "/audit?target=" + opened.id, icon="book-open-text"
            ),
            rx.cond(
                rights.to_delete == "",
                rx.fragment(
                    menu_rule(),
                    menu_button("Delete", icon="trash-2", opens="delete-secret", danger=True),
                ),
            ),
            label="Acts on this secret",
        ),
    )


def _summary(opened: OpenSecret) -> rx.Component:
    here = ProjectSecrets
    return rx.fragment(
        section(
            rx.el.div(
                mask(opened.version),
                rx.el.div(
                    _act("Replace", "pencil-line", "replace-secret", opened.rights.to_replace),
                    _act("Generate", "dices", "rotate-secret", opened.rights.to_rotate),
                    class_name="row end",
                ),
                class_name="row wrap value-row",
            ),
            rx.el.p(
                "Values are not shown to people here. A machine that was granted it reads it, each"
                " time on the record.",
                class_name="meta",
            ),
        ),
        section(
            _version_list(opened),
            title="Versions",
            count=opened.kept,
            aside=rx.cond(opened.version > GLANCE, link("All", here.view_links["versions"])),
        ),
        section(
            _reader_list(opened),
            title="Who can read this",
            count=opened.who_reads,
            aside=rx.cond(opened.readers > GLANCE, link("All", here.view_links["readers"])),
        ),
        section(
            _facts(opened),
            title="Facts",
            aside=_act("Edit", "pencil", "edit-secret", opened.rights.to_change, tone="ghost"),
        ),
    )


def _act(
    text: str, icon: str | None, opens: str, why_not: str, *, tone: Tone = "plain"
) -> rx.Component:
    return rx.cond(
        why_not == "",
        button(text, icon=icon, opens=opens, size="sm", tone=tone),
        button(text, icon=icon, size="sm", tone=tone, why_not=why_not),
    )


def _versions(opened: OpenSecret) -> rx.Component:
    return section(
        _version_list(opened),
        rx.el.p(
            "Older versions are dropped as new ones come. Rolling back writes a new version; nothing"
            " is lost by it.",
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
            _act(
                "Roll back",
                None,
                version.dialog,
                ProjectSecrets.open.rights.to_roll_back,
                tone="ghost",
            ),
        ),
        class_name="row",
    )


def _readers(opened: OpenSecret) -> rx.Component:
    here = ProjectSecrets
    return section(
        _reader_list(opened),
        rx.cond(
            here.more_readers != "", button("More machines", href=here.more_readers, size="sm")
        ),
        title="Who can read this",
        count=opened.who_reads,
    )


def _reader_list(opened: OpenSecret) -> rx.Component:
    return rx.cond(
        opened.readers == 0,
        rx.el.div(
            rx.el.p("No machine was granted it, so nothing can read it.", class_name="meta"),
            rx.el.div(
                button(
                    "Grant it to a machine",
                    href=ProjectSecrets.head.href + "/machines",
                    size="sm",
                ),
                class_name="row",
            ),
            class_name="stack gap-3",
        ),
        rule_list(rx.foreach(opened.machines, _reader)),
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
            opened.rights.see_record,
            feed(opened.activity, label="What happened to this secret"),
            rx.el.p(
                "Your role lacks audit.view. An owner of this vault can give it.", class_name="meta"
            ),
        ),
        title="Activity",
        aside=rx.cond(opened.rights.see_record, link("All entries", "/audit?target=" + opened.id)),
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
        ("Last read", last_read),
        ("Reads", opened.reads + " in all"),
        ("Tags", rx.cond(opened.tags.length() > 0, tags(opened.tags), nothing())),
        ("Changed", rx.fragment(time(opened.changed), " by ", opened.changed_by)),
        ("Created", time(opened.created)),
        ("Id", rx.el.span(opened.id, class_name="mono")),
    )
