"""Badges, states, severities and actors. Color alone never carries meaning."""

from typing import Any, Literal, cast

import reflex as rx

from strongroom_dashboard.components.kinds import Child, Text, joined
from strongroom_dashboard.components.mark import icon as drawn

BadgeTone = Literal[
    "plain", "outline", "ok", "brass", "warn", "danger", "solid-danger", "info", "agent"
]
StateTone = Literal["ok", "warn", "bad", "off", "wait"]
LEVELS = ("info", "low", "medium", "high", "critical")


def badge(text: Child, tone: BadgeTone = "plain", icon: str | None = None) -> rx.Component:
    """Return a badge. Ordinary badges are gray, so that the others stand out."""
    return rx.el.span(
        rx.fragment() if icon is None else drawn(icon),
        text,
        class_name="badge" if tone == "plain" else f"badge {tone}",
    )


def _matched(value: Text, cases: dict[str, rx.Component], other: rx.Component) -> rx.Component:
    if isinstance(value, str):
        return cases.get(value, other)
    pairs = cast("list[Any]", list(cases.items()))
    return rx.fragment(rx.match(value, *pairs, other))


def kind_badge(kind: Text) -> rx.Component:
    """Return a secret's kind: an icon and a word. Only a canary gets a colored badge."""

    def plain(text: str, icon: str) -> rx.Component:
        return rx.el.span(drawn(icon), text, class_name="kind")

    return _matched(
        kind,
        {
            "single": plain("Single", "key-round"),
            "structured": plain("Structured", "braces"),
            "managed": plain("Managed", "database"),
            "canary": badge("Canary", "brass", "bird"),
        },
        badge(kind),
    )


def environment(name: Text) -> rx.Component:
    """Return the name of an environment, for use next to a title."""
    return rx.el.span(name, class_name="env")


def frozen_badge() -> rx.Component:
    """Return the badge for a frozen project, the only badge in solid red."""
    return badge("Frozen", "solid-danger", "snowflake")


def severity(level: Text) -> rx.Component:
    """Return a severity with its shape."""
    if isinstance(level, str):
        return rx.el.span(level.capitalize(), class_name=f"sev {level}")
    return rx.el.span(level.capitalize(), class_name=joined("sev", level))


def outcome(result: Text) -> rx.Component:
    """Return a badge for an outcome other than success."""
    return _matched(
        result,
        {
            "refused": badge("Denied", "danger"),
            "failed": badge("Failed", "danger", "triangle-alert"),
            "held": badge("Needs approval", "agent"),
        },
        rx.fragment(),
    )


def state(text: Child, tone: StateTone | rx.Var[str] = "ok") -> rx.Component:
    """Return a state as a dot and a word."""
    return rx.el.span(text, class_name=joined("state", tone))


def tag(text: Child) -> rx.Component:
    """Return one tag."""
    return rx.el.span(text, class_name="tag")


def tags(texts: list[str] | rx.Var[list[str]]) -> rx.Component:
    """Return a list of tags."""
    return rx.el.span(rx.foreach(texts, tag), class_name="tags")


def pip(number: Child, *, danger: bool = False, label: Text | None = None) -> rx.Component:
    """Return a small count: brass for pending approvals, red for frozen projects."""
    heard = [] if label is None else [rx.el.span(label, class_name="sr-only")]
    return rx.el.span(number, *heard, class_name="pip danger" if danger else "pip")


def _initials(name: Text) -> Child:
    if isinstance(name, str):
        words = name.split()
        return "".join(word[0] for word in words[:2]).upper()
    words = name.split(" ")
    second = rx.cond(words.length() > 1, words[1][:1], "")
    return (name[:1] + second).upper()


def avatar(kind: Text, name: Text, *, large: bool = False) -> rx.Component:
    """Return an actor's avatar. The shape shows the kind: people are round, machines square, others ringed.

    `kind` is the actor kind of the event.
    """
    size = "lg" if large else ""

    def shape(look: str, inside: Child) -> rx.Component:
        classes = " ".join(word for word in ("ava", look, size) if word)
        return rx.el.span(inside, class_name=classes, aria_hidden="true")

    return _matched(
        kind,
        {
            "user": shape("", _initials(name)),
            "machine": shape("machine", drawn("server")),
            "ai_agent": shape("agent", drawn("sparkles")),
            "system": shape("system", drawn("cog")),
        },
        shape("unknown", drawn("globe")),
    )


def actor(kind: Text, name: Text, *, href: Text | None = None) -> rx.Component:
    """Return an actor with its name."""
    text = rx.el.span(name, class_name="trunc")
    who = text if href is None else rx.el.a(text, href=href, class_name="trunc")
    return rx.el.span(avatar(kind, name), who, class_name="actor")
