"""Code, fingerprints and masks: what is set in the typewriter's face."""

import reflex as rx

from strongroom_dashboard.components.button import Size, Tone, button
from strongroom_dashboard.components.custom import CopyElement, FingerprintElement, attributes
from strongroom_dashboard.components.kinds import Child, Text

DOTS = "•" * 12
"""A mask has always twelve: the length of a value says something about it."""


def mono(text: Child, class_name: str = "") -> rx.Component:
    """Return a name, an address or code in running text."""
    return rx.el.span(text, class_name=f"mono {class_name}".strip())


def copy_button(
    *,
    text: Text | None = None,
    source: str | None = None,
    what: Text = "Copy",
    tone: Tone = "plain",
    size: Size = "sm",
) -> rx.Component:
    """Return a button that copies `text`, or the text of what the selector `source` finds nearby."""
    label = rx.el.span(what, custom_attrs={"data-what": ""})
    return CopyElement.create(
        button(rx.fragment(label), icon="copy", tone=tone, size=size),
        custom_attrs=attributes({"text": text, "source": source, "what": what}),
    )


def _prompted(prompt: Text | None, content: rx.Component) -> rx.Component:
    sign = rx.fragment()
    if prompt is not None:
        sign = rx.el.span(prompt, class_name="prompt", aria_hidden="true")
    return rx.el.code(sign, content)


def code_block(text: Text, *, prompt: Text | None = "$", copy: bool = True) -> rx.Component:
    """Return a command or a piece of code. The prompt is not selected, and not copied."""
    return rx.el.div(
        _prompted(prompt, rx.el.span(text)),
        copy_button(text=text) if copy else rx.fragment(),
        class_name="code",
    )


def result_block(member: str, *, prompt: Text | None = "$", copy: bool = True) -> rx.Component:
    """Return a code block that is filled once, from a member of a form's answer."""
    return rx.el.div(
        _prompted(prompt, rx.el.span(custom_attrs={"data-result": member})),
        copy_button(source=f'[data-result="{member}"]') if copy else rx.fragment(),
        class_name="code",
    )


def groups(value: Text) -> rx.Component:
    """Return a fingerprint in groups of four, to be read."""
    return FingerprintElement.create(
        rx.el.div(class_name="fp-groups", custom_attrs={"data-groups": ""}),
        custom_attrs={"value": value},
    )


def fingerprint(value: Text, *, label: Text = "Or paste the print-out") -> rx.Component:
    """Return a fingerprint beside a field that compares with it; the comparison stays in the page."""
    return FingerprintElement.create(
        rx.el.div(
            rx.el.div(class_name="fp-groups", custom_attrs={"data-groups": ""}),
            rx.el.div(
                rx.el.label(
                    rx.el.span(label, class_name="label"),
                    rx.el.input(
                        type="text",
                        class_name="input mono",
                        placeholder="9f2c 41d0 …",
                        custom_attrs={"autocomplete": "off", "spellcheck": "false"},
                    ),
                ),
                rx.el.span(class_name="verdict", role="status", custom_attrs={"data-verdict": ""}),
                class_name="field",
            ),
            class_name="fp",
        ),
        custom_attrs={"value": value},
    )


def mask(version: Child | None = None) -> rx.Component:
    """Return a masked value, with the version it stands for."""
    return rx.el.span(
        rx.el.span(DOTS, class_name="mask", aria_hidden="true"),
        rx.el.span("The value is not shown.", class_name="sr-only"),
        rx.fragment() if version is None else rx.el.span("v", version, class_name="meta"),
        class_name="row gap-3",
    )
