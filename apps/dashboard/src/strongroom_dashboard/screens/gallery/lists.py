"""The table, the ledger and the drawer."""

from datetime import timedelta

import reflex as rx

from strongroom_dashboard.components.badge import actor, badge, kind_badge, severity
from strongroom_dashboard.components.button import button, link
from strongroom_dashboard.components.card import facts, rule_list
from strongroom_dashboard.components.code import groups, mask, mono
from strongroom_dashboard.components.drawer import drawer, section
from strongroom_dashboard.components.filter import filter_chip, filter_menu, search_box, toolbar
from strongroom_dashboard.components.table import (
    Column,
    cell,
    foot,
    group_row,
    name_cell,
    nothing,
    row_of,
    table,
)
from strongroom_dashboard.components.tabs import Tab
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.gallery.samples import HERE, KINDS, NOW, PRINT


def table_sheet() -> rx.Component:
    """Return a table with its toolbar."""

    def row(
        name: str, sub: str, kind: str, ago: int, version: int, *, selected: bool = False
    ) -> rx.Component:
        at = (NOW - timedelta(seconds=ago)).isoformat()
        return row_of(
            name_cell(name, f"{HERE}?secret={name}", sub=sub),
            cell(kind_badge(kind)),
            cell(time(at), sub=mono("fra-checkout-04")),
            cell(str(version), numeric=True),
            cell("payments") if version > 2 else cell(nothing()),  # noqa: PLR2004
            selected=selected,
        )

    columns = (
        Column("Name", "34%", sort="ascending", href=f"{HERE}?sort=-name"),
        Column("Kind", "18%"),
        Column("Last read", "22%", sort="none", href=f"{HERE}?sort=read"),
        Column("Version", "12%", numeric=True),
        Column("Tags"),
    )
    return rx.el.div(
        toolbar(
            search_box("Search names, notes, tags"),
            filter_menu("gallery-kind", "Kind", KINDS, chosen="Single", on=True, clear=HERE),
            filter_menu("gallery-tag", "Tag", KINDS),
            filter_chip("Today", HERE),
        ),
        table(
            *columns,
            rows=[
                row("CARRIER_API_KEY", "v3 · shipping", "single", 120, 3),
                row("CUSTOMS_CLIENT", "v2 · customs", "structured", 3600, 2),
                group_row("payments", 5),
                row("STRIPE_SECRET_KEY", "v14 · payments · pci", "single", 2, 14, selected=True),
                row("STRIPE_WEBHOOK_SECRET", "v6 · payments", "single", 180, 6),
            ],
            caption="Secrets of checkout-api/production",
            two_line=True,
            foot=foot(
                "4",
                of="42",
                noun="secrets",
                extra="sorted by name",
                older=f"{HERE}?cursor=1",
                older_text="Next",
            ),
        ),
    )


def ledger_sheet() -> rx.Component:
    """Return a table of events with the ledger's margin line."""

    def row(
        number: str,
        at: int,
        level: str,
        kind: str,
        who: str,
        what: str,
        target: str,
        *,
        open_: bool = False,
    ) -> rx.Component:
        return row_of(
            cell(number, gutter=True),
            cell(time((NOW - timedelta(seconds=at)).isoformat(), how="clock")),
            cell(severity(level)),
            cell(actor(kind, who)),
            rx.el.td(
                mono(what, "muted"),
                " ",
                rx.el.a(
                    target,
                    href=f"{HERE}?entry={number}",
                    class_name="name mono",
                    custom_attrs={"data-opens": ""},
                ),
            ),
            unsealed=open_,
        )

    return table(
        Column("Event", "96px", gutter=True),
        Column("Time", "104px"),
        Column("Severity", "104px"),
        Column("Actor", "196px"),
        Column("Description"),
        rows=[
            row(
                "148,214",
                1,
                "info",
                "machine",
                "fra-checkout-02",
                "secret_read",
                "TAX_SERVICE",
                open_=True,
            ),
            row(
                "148,213",
                2,
                "info",
                "machine",
                "fra-checkout-04",
                "secret_read",
                "STRIPE_SECRET_KEY",
            ),
            row(
                "148,210",
                115,
                "medium",
                "machine",
                "waw-scanner-02",
                "secret_read",
                "LABEL_PRINTER_PIN",
            ),
            row("148,209", 193, "low", "user", "Mei-Lin Chao", "secret_replace", "GEO_API_KEY"),
        ],
        caption="Events in the audit log",
        foot=foot("6,907", noun="events today", older=f"{HERE}?cursor=2"),
    )


def drawer_sheet() -> rx.Component:
    """Return a drawer."""
    return drawer(
        section(
            rx.el.div(
                mask("14"),
                rx.el.span(button("Replace", size="sm", opens="new-secret"), class_name="end"),
                class_name="row",
            ),
            rx.el.p(
                "The value isn't shown here. Machines with access can read it; every read is logged.",
                class_name="meta",
            ),
        ),
        section(
            rule_list(
                rx.el.li(
                    rx.el.span("14", class_name="no live-no"),
                    "Generated",
                    rx.el.span(badge("Live", "ok"), class_name="end"),
                ),
                rx.el.li(
                    rx.el.span("13", class_name="no"),
                    "Replaced by Mei-Lin Chao",
                    rx.el.span(button("Roll back", size="sm", tone="ghost"), class_name="end"),
                ),
            ),
            title="Versions",
            count="14 of 50 kept",
        ),
        section(
            facts(
                ("Project", link("checkout-api/production", f"{HERE}?project=1")),
                ("Reads", "14,981, 2,204 this week"),
                ("Fingerprint", groups(PRINT[:16])),
            )
        ),
        title="STRIPE_SECRET_KEY",
        mono=True,
        subtitle="Live key for card payments. Owner: payments team.",
        close=f"{HERE}?drawer=0",
        previous=f"{HERE}?drawer=1",
        next=f"{HERE}?drawer=2",
        tabs=(Tab("Summary", f"{HERE}?tab=1", current=True), Tab("Access", f"{HERE}?tab=2", "4")),
    )
