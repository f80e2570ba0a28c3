"""Options shared by many commands. They can come before or after the command's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from strongroom_cli.chosen import Choices as Choices  # noqa: PLC0414 -- also for commands

if TYPE_CHECKING:
    from collections.abc import Callable

    from strongroom_cli.variables import Rules


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Keep the option given in this position or, if it wasn't given here, the one from the other position."""
    if value is not None and value is not False:
        setattr(ctx.ensure_object(Choices), str(param.name), value)


def _option(*names: str, **how: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(*names, expose_value=False, callback=_keep, **how)


_QUIET = _option("-q", "--quiet", is_flag=True, help="Suppress notes (errors are still printed).")
_DEBUG = _option("--debug", is_flag=True, help="Log requests to stderr (never values).")
_IDENTITY = _option("--identity", metavar="PATH", help="Path of identity.json, or its folder.")
_VAULT = _option("--vault", metavar="ID", help="Vault ID, if this machine has several identities.")
_ATTEMPTS = _option(
    "--attempts",
    type=click.IntRange(1, 100),
    metavar="N",
    help="Maximum attempts if the server is unreachable (default 2).",
)
_PROJECT = _option(
    "-p", "--project", metavar="PROJECT", help="application/project, project, or an ID."
)
_OFFLINE_CACHE = _option(
    "--offline-cache",
    is_flag=True,
    help="Cache values, encrypted, and use them when the server is unreachable.",
)
_OFFLINE = _option("--offline", is_flag=True, help="Use only the offline cache.")
_MAX_AGE = _option(
    "--cache-max-age", metavar="AGE", help="Maximum age of cached values: 90s, 15m, 12h, 7d."
)


_PROFILE = _option("--profile", metavar="NAME", help="Profile, if you signed in to several vaults.")
_YES = _option("-y", "--yes", is_flag=True, help="Don't ask for confirmation.")
_DRY_RUN = _option("--dry-run", is_flag=True, help="Only say what would change.")


def _names(_ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Split comma-separated names; the option can be repeated."""
    names = (name.strip() for each in given for name in each.split(","))
    return tuple(name for name in names if name)


_SELECTION = (
    click.option(
        "--only", multiple=True, metavar="A,B", callback=_names, help="Include only these."
    ),
    click.option(
        "--except", "without", multiple=True, metavar="A,B", callback=_names, help="Exclude these."
    ),
    click.option(
        "--prefix", default="", metavar="TEXT", help="Add TEXT before each variable name."
    ),
    click.option(
        "--allow-dangerous",
        multiple=True,
        metavar="A,B",
        callback=_names,
        help="Allow variables that can hijack programs (PATH, LD_PRELOAD, …).",
    ),
)


def common_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that every command has."""
    return _QUIET(_DEBUG(command))


def identity_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for commands that act as this machine."""
    return _IDENTITY(_VAULT(_ATTEMPTS(common_options(command))))


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for commands that read a project's secrets."""
    return _PROJECT(_OFFLINE_CACHE(_OFFLINE(_MAX_AGE(identity_options(command)))))


def person_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for commands that act as the person who is signed in."""
    return _PROFILE(common_options(command))


def profile_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--profile` alone."""
    return _PROFILE(command)


def changing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for commands with which a person changes something."""
    return _DRY_RUN(person_options(command))


def destructive_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for commands that ask for confirmation."""
    return _YES(changing_options(command))


def project_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--project` alone."""
    return _PROJECT(command)


def output_option(*kinds: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add `--format`, and `--json`. The default is a table on a terminal, otherwise plain."""
    option = _option("-f", "--format", "output", type=click.Choice(kinds), help="Output format.")
    json = _option("--json", "output", flag_value="json", help="Same as --format json.")
    return lambda command: option(json(command))


def selection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose and name variables; `rules_of` reads them."""
    for option in reversed(_SELECTION):
        command = option(command)
    return command


def rules_of(
    only: tuple[str, ...], without: tuple[str, ...], prefix: str, allow_dangerous: tuple[str, ...]
) -> Rules:
    """Return the rules that these options describe."""
    from strongroom_cli.variables import Rules  # noqa: PLC0415 -- see main

    return Rules(only, without, prefix, frozenset(allow_dangerous))


pass_choices = click.make_pass_decorator(Choices, ensure=True)
