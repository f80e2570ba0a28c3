"""Components for our custom elements, which are implemented in `assets/js`.

Reflex uses `tag` as a JavaScript name, which can't contain a hyphen, so the element's name is in `alias`.
"""

from typing import Any

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML


class PlainLink(BaseHTML):
    """An `<a>` that the browser itself follows. `rx.el.a` uses the router even for fragments and API URLs."""

    tag = "a"


class PlainForm(BaseHTML):
    """A `<form>` that Reflex doesn't handle: `rx.el.form` reads every field on submit."""

    tag = "form"


class FormElement(BaseHTML):
    """`<sr-form>`: sends a form to the API."""

    tag = "SrForm"
    alias = "sr-form"


class TimeElement(BaseHTML):
    """`<sr-time>`: shows a time in words and keeps it up to date."""

    tag = "SrTime"
    alias = "sr-time"


class ZoneElement(BaseHTML):
    """`<sr-zone>`: shows the name of the zone that times are in."""

    tag = "SrZone"
    alias = "sr-zone"


class DayElement(BaseHTML):
    """`<sr-day>`: the heading of a row's day."""

    tag = "SrDay"
    alias = "sr-day"


class ChartElement(BaseHTML):
    """`<sr-chart>`: adds days, times and tooltips to a chart."""

    tag = "SrChart"
    alias = "sr-chart"


class CopyElement(BaseHTML):
    """`<sr-copy>`: copies text."""

    tag = "SrCopy"
    alias = "sr-copy"


class FingerprintElement(BaseHTML):
    """`<sr-fingerprint>`: shows a fingerprint and compares it with a pasted one."""

    tag = "SrFingerprint"
    alias = "sr-fingerprint"


class SearchElement(BaseHTML):
    """`<sr-search>`: writes the search text into the URL."""

    tag = "SrSearch"
    alias = "sr-search"


class FeedElement(BaseHTML):
    """`<sr-feed>`: highlights new rows, or holds them back."""

    tag = "SrFeed"
    alias = "sr-feed"


class AccessElement(BaseHTML):
    """`<sr-access>`: lists secrets or machines, and stages changes to access."""

    tag = "SrAccess"
    alias = "sr-access"


class ArrivalsElement(BaseHTML):
    """`<sr-arrivals>`: shows machines that have registered since a dialog created its token."""

    tag = "SrArrivals"
    alias = "sr-arrivals"


class ScriptElement(BaseHTML):
    """`<sr-script>`: shows the script that a command would run."""

    tag = "SrScript"
    alias = "sr-script"


class PicksElement(BaseHTML):
    """`<sr-picks>`: keeps track of the selected rows of its table."""

    tag = "SrPicks"
    alias = "sr-picks"


class PlacesElement(BaseHTML):
    """`<sr-places>`: lists the pinned and recent projects."""

    tag = "SrPlaces"
    alias = "sr-places"


class WaitingElement(BaseHTML):
    """`<sr-waiting>`: opens the newest pending machine."""

    tag = "SrWaiting"
    alias = "sr-waiting"


class FiltersElement(BaseHTML):
    """`<sr-filters>`: writes the fields of its form into the URL."""

    tag = "SrFilters"
    alias = "sr-filters"


class TitleElement(BaseHTML):
    """`<sr-title>`: the title of the browser's tab."""

    tag = "SrTitle"
    alias = "sr-title"


class PinElement(BaseHTML):
    """`<sr-pin>`: records a visit to a project, and pins the project."""

    tag = "SrPin"
    alias = "sr-pin"


class LinksElement(BaseHTML):
    """`<sr-links>`: the administrator's links, such as to a privacy policy."""

    tag = "SrLinks"
    alias = "sr-links"


class SentenceElement(BaseHTML):
    """`<sr-sentence>`: describes its form's conditions in words while they are being changed."""

    tag = "SrSentence"
    alias = "sr-sentence"


class EffectElement(BaseHTML):
    """`<sr-effect>`: says what someone gains and loses with the roles chosen in its form."""

    tag = "SrEffect"
    alias = "sr-effect"


class OpensElement(BaseHTML):
    """`<sr-opens>`: opens a dialog when the URL asks for it."""

    tag = "SrOpens"
    alias = "sr-opens"


def attributes(given: dict[str, Any]) -> dict[str, Any]:
    """Return attributes for `custom_attrs`, without those that are None or False."""
    kept = {
        name: value for name, value in given.items() if value is not None and value is not False
    }
    return {name: "" if value is True else value for name, value in kept.items()}


def styled(**declarations: str | rx.Var[str]) -> dict[str, Any]:
    """Return a style attribute for `custom_attrs`; names are as in the DOM (`gridColumn`).

    Reflex's own `style` writes `<style>` elements between the nodes, which breaks tables.
    """
    return {"style": declarations}


def present(flag: bool | rx.Var[bool]) -> Any:
    """Return a value for an attribute that should exist only while `flag` is true."""
    if isinstance(flag, bool):
        return flag
    return rx.cond(flag, "", rx.Var("undefined"))
