"""What every page has in its head: styles, the icon, our scripts."""

from pathlib import Path

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

_SCRIPTS = Path(__file__).parents[1] / "assets" / "js"


def head() -> list[rx.Component]:
    """Return the components for `rx.App(head_components=...)`."""
    return [
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        rx.el.meta(name="color-scheme", content="light dark"),
        # Not a module: it runs while the page is parsed, before any script can tell the address.
        rx.el.script(src="/js/early/fragment.js"),
        rx.el.script(src="/js/main.js", type="module"),
        # All at once, instead of one after the other as their imports are found.
        *(
            rx.el.link(rel="modulepreload", href=f"/js/{each.name}")
            for each in sorted(_SCRIPTS.glob("*.js"))
        ),
    ]
