"""The page of people without a session: the log-in, and the operator's one-time link."""

import reflex as rx

from strongroom_dashboard.components.icon import icon
from strongroom_dashboard.components.kinds import Child, Text
from strongroom_dashboard.components.mark import mark
from strongroom_dashboard.components.navigation import navigation
from strongroom_dashboard.components.rosette import rosette


def theme_button(*, text: bool = False) -> rx.Component:
    """Return the button that goes from light to dark and back."""
    return rx.el.button(
        icon("moon", "when-light"),
        icon("sun", "when-dark"),
        "Theme" if text else rx.fragment(),
        type="button",
        class_name="btn ghost sm" if text else "btn ghost icon",
        aria_label="Switch between light and dark",
        title="Switch between light and dark",
        on_click=rx.toggle_color_mode,
    )


def brand() -> rx.Component:
    """Return the mark with the name."""
    return rx.el.div(mark(), "Strongroom", class_name="brand")


def entrance(
    *children: Child, title: Text, sentence: Child | None = None, foot: Child | None = None
) -> rx.Component:
    """Return the page with the rosette at the left and one form at the right."""
    return rx.el.div(
        navigation(),
        rx.el.div(
            brand(),
            rosette(),
            rx.el.p("Every read", rx.el.br(), "is on the record.", class_name="motto"),
            rx.el.p(
                "Entered and committed before the value leaves.",
                class_name="motto-more",
            ),
            class_name="art",
            role="complementary",
            aria_label="Strongroom",
        ),
        rx.el.main(
            brand(),
            rx.el.div(
                rx.el.h1(title),
                rx.fragment() if sentence is None else rx.el.p(sentence, class_name="muted"),
                *children,
                class_name="door-form",
            ),
            rx.el.div(
                rx.el.span("" if foot is None else foot),
                theme_button(text=True),
                class_name="door-foot",
            ),
            class_name="door",
            custom_attrs={"id": "main"},
        ),
        class_name="entrance",
    )
