"""Elements of ours, which the scripts in `assets/js` bring to life. Without them they are plain boxes.

Reflex names parts of pages by their `tag`, and no name has a hyphen; the element is the `alias`.
"""

from typing import Any

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML


class PlainLink(BaseHTML):
    """`<a>` that the browser follows: `rx.el.a` is the router's, also for fragments and the API."""

    tag = "a"


class PlainForm(BaseHTML):
    """`<form>` that Reflex knows nothing of: `rx.el.form` reads every field when it is sent."""

    tag = "form"


class FormElement(BaseHTML):
    """`<sr-form>`: sends a form to the API."""

    tag = "SrForm"
    alias = "sr-form"


class TimeElement(BaseHTML):
    """`<sr-time>`: says a time in words and keeps them true."""

    tag = "SrTime"
    alias = "sr-time"


class CopyElement(BaseHTML):
    """`<sr-copy>`: copies a text."""

    tag = "SrCopy"
    alias = "sr-copy"


class FingerprintElement(BaseHTML):
    """`<sr-fingerprint>`: shows a fingerprint and compares one with it."""

    tag = "SrFingerprint"
    alias = "sr-fingerprint"


class SearchElement(BaseHTML):
    """`<sr-search>`: writes what is typed into the address."""

    tag = "SrSearch"
    alias = "sr-search"


class FeedElement(BaseHTML):
    """`<sr-feed>`: lets new rows dry, or wait."""

    tag = "SrFeed"
    alias = "sr-feed"


def attributes(given: dict[str, Any]) -> dict[str, Any]:
    """Return attributes as Reflex wants those it does not know; None and False leave one out."""
    kept = {
        name: value for name, value in given.items() if value is not None and value is not False
    }
    return {name: "" if value is True else value for name, value in kept.items()}


def styled(**declarations: str | rx.Var[str]) -> dict[str, Any]:
    """Return a style attribute for `custom_attrs`; names are those of the DOM (`gridColumn`).

    Reflex's own `style` writes `<style>` elements between the nodes, which tables do not survive.
    """
    return {"style": declarations}


def present(flag: bool | rx.Var[bool]) -> Any:
    """Return an attribute's value so that it is there exactly while `flag` holds."""
    if isinstance(flag, bool):
        return flag
    return rx.cond(flag, "", rx.Var("undefined"))
