"""Types of component arguments. Each is a value known at compile time or a `Var` known in the browser."""

from typing import TypeAlias

import reflex as rx

Text: TypeAlias = str | rx.Var[str]
Number: TypeAlias = int | rx.Var[int]
Flag: TypeAlias = bool | rx.Var[bool]
Child: TypeAlias = rx.Component | str | rx.Var[str] | rx.Var[int]


def either(flag: Flag, yes: Child, no: Child | None = None) -> rx.Component:
    """Return one of two children. A condition known at compile time costs the browser nothing."""
    if isinstance(flag, bool):
        chosen = yes if flag else no
        return rx.fragment() if chosen is None else rx.fragment(chosen)
    return rx.fragment(rx.cond(flag, yes, rx.fragment() if no is None else no))


def picked(flag: Flag, yes: Text, no: Text = "") -> Text:
    """Return one of two strings, for an attribute."""
    if isinstance(flag, bool):
        return yes if flag else no
    return rx.cond(flag, yes, no)


def joined(*words: Text) -> Text:
    """Return class names joined by spaces."""
    if all(isinstance(word, str) for word in words):
        return " ".join(str(word) for word in words if word)
    text: rx.Var[str] = rx.Var.create("")
    for at, word in enumerate(words):
        text = text + word if at == 0 else text + " " + word
    return text
