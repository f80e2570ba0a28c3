"""The frame of pages that don't need a session: sign-in, setup, and page not found."""

import reflex as rx
from reflex.event import EventChain
from reflex.vars import VarData

from strongroom_dashboard.components.custom import LinksElement
from strongroom_dashboard.components.kinds import Child, Text
from strongroom_dashboard.components.mark import icon, mark
from strongroom_dashboard.components.menu import menu_button, menu_head
from strongroom_dashboard.components.navigation import navigation
from strongroom_dashboard.components.rosette import rosette


def theme_button(*, text: bool = False) -> rx.Component:
    """Return the button that switches between light and dark."""
    return rx.el.button(
        icon("moon", "when-light"),
        icon("sun", "when-dark"),
        "Theme" if text else rx.fragment(),
        type="button",
        class_name="btn ghost sm" if text else "btn ghost icon",
        aria_label="Toggle theme",
        title="Toggle theme",
        on_click=rx.toggle_color_mode,
    )


def sets_theme(mode: str) -> rx.Var[EventChain]:
    """Return the action that sets the theme `light`, `dark` or `system`. Reflex's event would need state."""
    hook = "const { setColorMode } = useContext(ColorModeContext)"
    data = VarData.merge(rx.toggle_color_mode._get_all_var_data(), VarData(hooks={hook: None}))  # noqa: SLF001 -- no other name
    return rx.Var(f'(() => setColorMode("{mode}"))', _var_type=EventChain, _var_data=data)


def theme_choices() -> tuple[rx.Component, ...]:
    """Return the menu entries for choosing a theme. `System` uses the browser's setting."""
    choices = (
        ("Light", "light", "sun"),
        ("Dark", "dark", "moon"),
        ("System", "system", "sun-moon"),
    )
    return (
        menu_head("Theme"),
        *(
            menu_button(
                text,
                icon=drawn,
                on_click=sets_theme(mode),
                aria_pressed=rx.cond(rx.color_mode == mode, "true", "false"),
            )
            for text, mode, drawn in choices
        ),
    )


def brand() -> rx.Component:
    """Return the logo with the name."""
    return rx.el.div(mark(), "Strongroom", class_name="brand")


def entrance(
    *children: Child, title: Text, sentence: Child | None = None, foot: Child | None = None
) -> rx.Component:
    """Return a page with the rosette on the left and one form on the right."""
    return rx.el.div(
        navigation(),
        rx.el.div(
            brand(),
            rosette(),
            rx.el.p("Every read", rx.el.br(), "is logged.", class_name="motto"),
            rx.el.p(
                "Every access is logged before the secret is released.",
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
                LinksElement.create(),
                theme_button(text=True),
                class_name="door-foot",
            ),
            class_name="door",
            custom_attrs={"id": "main"},
        ),
        class_name="entrance",
    )
