"""The bridge between the scripts and React Router, mounted once on each page."""

from typing import Any

import reflex as rx


class Navigation(rx.Component):
    """Says that the page is React's now, and goes where the scripts ask it to.

    It uses the router's public hook, so nothing is evaluated and no inside of it is touched.
    """

    library = "react"
    tag = "Fragment"

    def add_imports(self) -> dict[str, Any]:
        """Return what the hooks need."""
        return {"react": ["useEffect"], "react-router": ["useNavigate"]}

    def add_hooks(self) -> list[str | rx.Var[Any]]:
        """Return the hooks, in their order."""
        return [
            "const srNavigate = useNavigate();",
            """useEffect(() => {
  const go = (event) => srNavigate(event.detail.url, { replace: event.detail.replace });
  window.addEventListener("sr-go", go);
  document.documentElement.dataset.srReady = "";
  window.dispatchEvent(new Event("sr-ready"));
  return () => window.removeEventListener("sr-go", go);
}, [srNavigate]);""",
        ]


def navigation() -> rx.Component:
    """Return the bridge."""
    return Navigation.create()
