"""The `<head>` of every page: styles, icon, scripts."""

import reflex as rx

STYLESHEETS = [
    f"/css/{name}.css"
    for name in (
        "fonts",
        "tokens",
        "base",
        "shell",
        "parts",
        "forms",
        "overlays",
        "data",
        "machines",
        "projects",
        "secrets",
    )
]


def head() -> list[rx.Component]:
    """Return the components for `rx.App(head_components=...)`."""
    return [
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        rx.el.meta(name="color-scheme", content="light dark"),
        # These aren't modules, because they must run during parsing, before any other script.
        rx.el.script(src="/js/early/fragment.js"),
        rx.el.script(src="/js/early/restored.js"),
        # The build bundles its modules into this one file.
        rx.el.script(src="/js/main.js", type="module"),
    ]
