"""The options by which `run` and `export` choose secrets, and the secrets they choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from strongroom_cli.variables import Rules

if TYPE_CHECKING:
    from collections.abc import Callable


def _names(_ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Each may hold several names, separated by commas."""
    names = (name.strip() for each in given for name in each.split(","))
    return tuple(name for name in names if name)


_OPTIONS = (
    click.option("--only", multiple=True, metavar="A,B", callback=_names, help="Only these."),
    click.option(
        "--except", "without", multiple=True, metavar="A,B", callback=_names, help="Not these."
    ),
    click.option("--prefix", default="", metavar="TEXT", help="Put TEXT before each variable."),
    click.option(
        "--allow-dangerous",
        multiple=True,
        metavar="A,B",
        callback=_names,
        help="Allow these variables, by which programs are taken over (PATH, LD_PRELOAD, …).",
    ),
)


def selection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; `rules_of` reads them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def rules_of(
    only: tuple[str, ...], without: tuple[str, ...], prefix: str, allow_dangerous: tuple[str, ...]
) -> Rules:
    """Return the rules that the options make."""
    return Rules(only, without, prefix, frozenset(allow_dangerous))
