"""Type, colors, buttons, badges."""

import reflex as rx

from strongroom_dashboard.components.badge import (
    LEVELS,
    actor,
    badge,
    environment,
    frozen_badge,
    kind_badge,
    severity,
    state,
    tags,
)
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.fields import check_field, switch_field
from strongroom_dashboard.components.menu import menu, menu_button, menu_link, menu_rule
from strongroom_dashboard.components.tabs import segmented
from strongroom_dashboard.screens.gallery.samples import HERE


def type_sheet() -> rx.Component:
    """Return the type styles."""
    sample = [
        ("Display 36", rx.el.div("148,213", class_name="display")),
        ("Title 30", rx.el.div("Payments, co-signed", class_name="h1")),
        (
            "Sentence 20",
            rx.el.div(
                "Can read Monday to Friday, 06:00 to 20:00 in Berlin.", class_name="sentence"
            ),
        ),
        ("Heading 16", rx.el.div("Needs attention", class_name="h2")),
        ("Body 14", rx.el.div("5 machines will regain access immediately.")),
        (
            "Cell 13",
            rx.el.div(
                "14,981 reads, 2,204 this week", custom_attrs={"style": {"fontSize": "13px"}}
            ),
        ),
        ("Mono 13", mono("STRIPE_SECRET_KEY 0O 1Il 9f2c 41d0")),
    ]
    return card(
        rx.el.dl(
            *(
                part
                for name, shown in sample
                for part in (rx.el.dt(name, class_name="meta xs"), rx.el.dd(shown))
            ),
            custom_attrs={
                "style": {
                    "display": "grid",
                    "gridTemplateColumns": "96px minmax(0, 1fr)",
                    "gap": "8px 14px",
                    "alignItems": "baseline",
                }
            },
        )
    )


def ramps() -> rx.Component:
    """Return the color ramps."""

    def ramp(name: str) -> rx.Component:
        steps_of = [
            rx.el.span(
                custom_attrs={"style": {"height": "30px", "background": f"var(--{name}-{at})"}}
            )
            for at in range(1, 13)
        ]
        return rx.el.div(
            *steps_of,
            custom_attrs={"style": {"display": "grid", "gridTemplateColumns": "repeat(12, 1fr)"}},
        )

    return card(
        rx.el.div(
            *map(ramp, ("sand", "verdigris", "brass", "wax")),
            class_name="stack",
            aria_hidden="true",
        ),
        rx.el.p(
            "Sand, verdigris, brass, wax. Rust, slate and plum have four steps each, for severity "
            "and actors only.",
            class_name="meta",
            custom_attrs={"style": {"marginTop": "12px"}},
        ),
    )


def buttons() -> rx.Component:
    """Return the buttons."""
    return card(
        rx.el.div(
            button("New secret", icon="plus", tone="primary", opens="new-secret"),
            button("Import"),
            button("Cancel", tone="ghost"),
            button("Revoke machine", tone="danger", opens="revoke"),
            button("Deny", tone="danger-quiet"),
            button("Not allowed", why_not="You need secrets.replace. Ask a vault owner."),
            button(icon="ellipsis", label="More", tone="ghost", menu="gallery-menu"),
            button("Small", size="sm"),
            button("Large", size="lg"),
            class_name="row wrap",
        ),
        menu(
            "gallery-menu",
            menu_link("Open", f"{HERE}?menu=1", icon="arrow-right"),
            menu_button("Replace value", icon="refresh-cw", opens="new-secret"),
            menu_rule(),
            menu_button("Revoke machine", icon="ban", opens="revoke", danger=True),
            label="Secret actions",
        ),
    )


def switches() -> rx.Component:
    """Return switches, checkboxes and segments."""
    return card(
        rx.el.div(
            switch_field("on", "On", checked=True),
            switch_field("off", "Off"),
            check_field("yes", "Yes", checked=True),
            check_field("no", "No"),
            segmented(
                ("Live", f"{HERE}?live=1", True),
                ("Paused", f"{HERE}?live=0", False),
                label="Follow",
            ),
            class_name="row gap-4 wrap",
        )
    )


def badges() -> rx.Component:
    """Return badges, states, severities and actors."""
    return card(
        rx.el.div(
            badge("Standard", "outline"),
            kind_badge("single"),
            kind_badge("structured"),
            kind_badge("canary"),
            badge("Live", "ok", "check"),
            badge("Ephemeral", "info"),
            badge("Paused", "warn", "pause"),
            badge("Denied", "danger"),
            frozen_badge(),
            badge("AI agent", "agent", "sparkles"),
            environment("production"),
            tags(["payments", "pci"]),
            class_name="row wrap",
        ),
        rx.el.div(
            *(severity(level) for level in LEVELS),
            class_name="row gap-4 wrap",
            custom_attrs={"style": {"margin": "14px 0"}},
        ),
        rx.el.div(
            state("Enabled", "ok"),
            state("Quiet 143 days", "warn"),
            state("Revoked", "bad"),
            state("Disabled", "off"),
            state("Pending approval", "wait"),
            class_name="row gap-4 wrap",
            custom_attrs={"style": {"marginBottom": "14px"}},
        ),
        rx.el.div(
            actor("user", "Mei-Lin Chao"),
            actor("machine", "Machine"),
            actor("ai_agent", "AI agent"),
            actor("system", "System"),
            actor("anonymous", "Unknown"),
            class_name="row gap-4 wrap",
        ),
    )
