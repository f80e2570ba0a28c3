"""The bridge between the scripts and React Router, mounted once on each page."""

from typing import Any

import reflex as rx


class Navigation(rx.Component):
    """Announces that React has taken over the page, and navigates on behalf of the scripts.

    It uses the router's public hook, so it depends neither on evaluated code nor on internals.
    """

    library = "react"
    tag = "Fragment"

    def add_imports(self) -> dict[str, Any]:
        """Return the imports that the hooks need."""
        return {"react": ["useEffect"], "react-router": ["useNavigate"]}

    def add_hooks(self) -> list[str | rx.Var[Any]]:
        """Return the hooks, in order."""
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
    """Return the navigation bridge."""
    return Navigation.create()
