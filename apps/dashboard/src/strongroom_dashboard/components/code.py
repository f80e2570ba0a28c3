"""Code, fingerprints and masked values, in a monospaced font."""

import reflex as rx

from strongroom_dashboard.components.button import Size, Tone, button
from strongroom_dashboard.components.custom import CopyElement, FingerprintElement, attributes
from strongroom_dashboard.components.kinds import Child, Text

DOTS = "•" * 12
"""Always twelve characters, because a value's length reveals something about it."""


def mono(text: Child, class_name: str = "") -> rx.Component:
    """Return a name, an address or code within text."""
    return rx.el.span(text, class_name=f"mono {class_name}".strip())


def copy_button(
    *,
    text: Text | None = None,
    source: str | None = None,
    what: Text = "Copy",
    tone: Tone = "plain",
    size: Size = "sm",
) -> rx.Component:
    """Return a button that copies `text`, or the text of the nearby element that `source` selects."""
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
    """Return a command or code. The prompt can't be selected and isn't copied."""
    return rx.el.div(
        _prompted(prompt, rx.el.span(text)),
        copy_button(text=text) if copy else rx.fragment(),
        class_name="code",
    )


def result_block(member: str, *, prompt: Text | None = "$", copy: bool = True) -> rx.Component:
    """Return a code block that shows a member of a form's response once."""
    return rx.el.div(
        _prompted(prompt, rx.el.span(custom_attrs={"data-result": member})),
        copy_button(source=f'[data-result="{member}"]') if copy else rx.fragment(),
        class_name="code",
    )


def link_result(what: str) -> rx.Component:
    """Return a new link and its QR code, shown once. `what` is the word for the link."""
    return rx.el.div(
        rx.el.span(what, class_name="label"),
        rx.el.div(
            rx.el.code(rx.el.span(custom_attrs={"data-result": "url"})),
            copy_button(source='[data-result="url"]', what="Copy link"),
            class_name="code",
        ),
        rx.el.details(
            rx.el.summary("Show as a QR code"),
            rx.el.div(
                rx.el.svg(rx.el.svg.path(), custom_attrs={"shape-rendering": "crispEdges"}),
                class_name="qr",
                role="img",
                aria_label="The link as a QR code",
                custom_attrs={"data-qr": "qr"},
            ),
        ),
        class_name="stack gap-2",
    )


def groups(value: Text) -> rx.Component:
    """Return a fingerprint in groups of four."""
    return FingerprintElement.create(
        rx.el.div(class_name="fp-groups", custom_attrs={"data-groups": ""}),
        custom_attrs={"value": value},
    )


def fingerprint(value: Text, *, label: Text = "Or paste it here to compare") -> rx.Component:
    """Return a fingerprint, with a field for comparing it. The comparison happens in the page."""
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
    """Return a masked value with its version."""
    return rx.el.span(
        rx.el.span(DOTS, class_name="mask", aria_hidden="true"),
        rx.el.span("Value hidden.", class_name="sr-only"),
        rx.fragment() if version is None else rx.el.span("v", version, class_name="meta"),
        class_name="row gap-3",
    )
