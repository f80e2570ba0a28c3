"""The gallery: every component in its states, for tests and for reviewing the design."""

import reflex as rx

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card, count_cell, counts
from strongroom_dashboard.components.code import fingerprint, mono
from strongroom_dashboard.components.menu import menu, menu_link
from strongroom_dashboard.components.note import empty, note, toast_shown
from strongroom_dashboard.components.palette import Command, CommandGroup, Group, palette
from strongroom_dashboard.components.shell import Crumb, shell
from strongroom_dashboard.components.skeleton import lines
from strongroom_dashboard.screens.gallery.basics import badges, buttons, ramps, switches, type_sheet
from strongroom_dashboard.screens.gallery.inputs import confirm_sheet, dialogs, fields_sheet
from strongroom_dashboard.screens.gallery.lists import drawer_sheet, ledger_sheet, table_sheet
from strongroom_dashboard.screens.gallery.live import live_sheets, steps_sheet
from strongroom_dashboard.screens.gallery.samples import FRAME, GROUPS, HERE, PRINT, sheet


def page() -> rx.Component:
    """Return the gallery."""
    return shell(
        rx.el.div(
            sheet("Type", type_sheet(), span=8),
            sheet("Ramps", ramps(), span=4),
            sheet("Buttons", buttons(), span=8),
            sheet("Switches", switches(), span=4),
            sheet("Badges, states, severity, actors", badges()),
            sheet("Fields", fields_sheet()),
            sheet("Confirm, with consequences", confirm_sheet()),
            sheet(
                "Command palette",
                palette(
                    rx.Var.create(GROUPS).to(list[Group]),
                    None,
                    (
                        CommandGroup(
                            "Commands",
                            (
                                Command(
                                    "Who can read STRIPE_SECRET_KEY?",
                                    "scan-eye",
                                    href=f"{HERE}?who=1",
                                ),
                            ),
                        ),
                    ),
                    text="stripe",
                    chosen=f"{HERE}?hit=1",
                    inline=True,
                ),
            ),
            sheet(
                "Counts",
                counts(
                    count_cell("Projects", "18", "in 6 applications", href=f"{HERE}?count=1"),
                    count_cell("Secrets", "1,284", "41 unused for 90 days"),
                    count_cell("Machines", "147", "139 seen this week"),
                    count_cell("Members", "12", "1 pending invitation"),
                ),
                span=12,
            ),
            live_sheets(),
            sheet("Table", table_sheet(), span=8),
            sheet("Drawer", drawer_sheet(), span=4),
            sheet("Ledger", ledger_sheet(), span=8),
            sheet("Loading", card(lines("72%", "54%", "64%", "40%")), span=4),
            sheet("Steps", steps_sheet(), span=8),
            sheet(
                "Notes",
                note(
                    "You can see names here, but not change values. You need ",
                    mono("secrets.replace"),
                    ". Ask a vault owner.",
                    icon="lock",
                ),
                note(
                    rx.el.b("This list would block 9 machines"), " seen this week.", tone="danger"
                ),
                note("Shared on purpose with staging.", tone="brass"),
                note("The command works on any Linux.", tone="ok"),
                span=4,
            ),
            sheet("Fingerprint", card(fingerprint(PRINT)), span=8),
            sheet(
                "Toasts",
                toast_shown("SENTRY_DSN moved to the trash.", "4 machines lost access.", undo=True),
                toast_shown(
                    "GEO_API_KEY wasn't saved.",
                    "Mei-Lin saved version 8 a moment ago. Your text is still here.",
                    bad=True,
                ),
                span=4,
            ),
            sheet(
                "Empty state",
                card(
                    empty(
                        "No machines attached",
                        "Attach a machine, then choose which secrets it can read.",
                        button("Add machine", icon="plus", tone="primary", opens="once"),
                        button("How it works", tone="ghost", href=f"{HERE}?docs=1"),
                    ),
                    body=False,
                ),
                span=12,
            ),
            class_name="kit",
        ),
        dialogs(),
        frame=FRAME,
        current="",
        title="Components",
        sentence="Every component, in its states.",
        palette=palette(
            rx.Var.create(GROUPS).to(list[Group]),
            None,
            (
                CommandGroup(
                    "Commands",
                    (
                        Command("Go to machines", "server", keys=("g", "m"), href="/machines"),
                        Command("New secret", "plus", "create", opens="new-secret"),
                    ),
                ),
            ),
        ),
        crumbs=(
            Crumb(
                "Components",
                menu=menu(
                    "gallery-crumb",
                    menu_link("Components", HERE, current=True),
                    menu_link("Overview", "/"),
                    label="Other pages",
                    class_name="ticks",
                ),
                menu_id="gallery-crumb",
            ),
        ),
    )
