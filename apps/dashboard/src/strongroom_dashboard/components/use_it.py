"""*Use it*: what to run on a machine to read a secret, ready to copy.

The commands come from `strongroom_wire.usage`. There is no tab for curl: a machine signs every request, and
curl can't.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.code import code_block
from strongroom_wire.dangerous_names import danger_of
from strongroom_wire.usage import (
    get_command,
    install_line,
    list_command,
    list_program,
    read_program,
    run_command,
)
from strongroom_wire.variables import variables_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN = 3
"""How many variables to list in a sentence."""


@dataclass(frozen=True)
class Way:
    """One way to use a secret: its tab, and what to run."""

    at: str
    name: str
    text: str
    checked: bool
    prompt: str


@dataclass(frozen=True)
class Use:
    """The ways to use something, and a sentence about the variables that programs see."""

    ways: list[Way] = field(default_factory=list[Way])
    seen: str = ""


def use_of_secret(
    url: str, project: str, name: str, fields: list[str] | None, *, secret_id: str
) -> Use:
    """Return how a machine reads a secret in the project with this path.

    `fields` is empty for a single secret, and None if the fields aren't known. A secret with an older name
    that can't be part of a path is addressed by its ID.
    """
    path = secret_id if "/" in name or "#" in name else f"{project}/{name}"
    if fields is None:
        return Use(_ways(get_command(path), run_command(project, None), read_program(path), url))
    variables = variables_of(name, fields)
    named = ", ".join(variables[:_SHOWN])
    what = "an environment variable" if len(variables) == 1 else "environment variables"
    more = f" and {len(variables) - _SHOWN} more" if len(variables) > _SHOWN else ""
    return Use(
        _ways(get_command(path), run_command(project, variables[0]), read_program(path), url),
        f"Programs see {named}{more} as {what}.{_refused(variables)}",
    )


def _refused(variables: Sequence[str]) -> str:
    """Return a warning about variables that commands reject, or an empty string if there are none."""
    refused = [each for each in variables if danger_of(each) is not None]
    if not refused:
        return ""
    which = "it can" if len(refused) == 1 else "they can"
    return (
        f" “run” and “export” reject {', '.join(refused)}, because {which} change what code a program runs."
        " Rename the secret."
    )


def use_of_project(url: str, project: str, project_id: str, variable: str | None) -> Use:
    """Return how a machine uses a project's secrets. `variable` is one of them, if there are any."""
    return Use(
        _ways(list_command(project), run_command(project, variable), list_program(project_id), url)
    )


def use_of_machine(url: str) -> Use:
    """Return what to run on a machine that can't read anything yet."""
    return Use(_ways(list_command(), None, list_program(), url))


def use_it(use: Use | rx.Var[Use], *, name: str) -> rx.Component:
    """Return the block, with a tab for each way. The choice stays on the page.

    `name` must be unique on the page, because blocks with the same name would share the choice.
    """
    return rx.el.div(
        rx.el.fieldset(
            rx.el.legend("Use it with", class_name="sr-only"),
            rx.foreach(use.ways, lambda way: _tab(way, name)),
        ),
        rx.foreach(use.ways, _shown),
        class_name="use-it",
    )


def _tab(way: Way, name: str) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name=f"use-{name}",
            value=way.at,
            default_checked=way.checked,
            custom_attrs={"data-local": ""},
        ),
        way.name,
    )


def _shown(way: Way) -> rx.Component:
    return rx.el.div(
        rx.cond(way.prompt == "", code_block(way.text, prompt=None), code_block(way.text)),
        custom_attrs={"data-way": way.at},
        class_name="way-shown",
    )


def _ways(get: str, run: str | None, program: str, url: str) -> list[Way]:
    texts = [
        ("CLI", get, "$"),
        ("run", run, "$"),
        ("Python", program, ""),
        ("Install", install_line(url), "$"),
    ]
    return [
        Way(str(at), name, text, at == 0, prompt)
        for at, (name, text, prompt) in enumerate(texts)
        if text is not None
    ]
