"""The options that many commands share. They may stand before or after the command's name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(slots=True)
class Choices:
    """What was given on the command line, of the shared options. None and False: nothing."""

    quiet: bool = False
    debug: bool = False
    identity: str | None = None
    vault: str | None = None
    project: str | None = None
    offline_cache: bool = False
    offline: bool = False
    cache_max_age: str | None = None
    output: str | None = None
    attempts: int | None = None


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Note what was given, unless it was not: the other place may have said it."""
    if value is not None and value is not False:
        setattr(ctx.ensure_object(Choices), str(param.name), value)


def _option(*names: str, **how: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(*names, expose_value=False, callback=_keep, **how)


_QUIET = _option("-q", "--quiet", is_flag=True, help="No notes on stderr; errors are still said.")
_DEBUG = _option(
    "--debug", is_flag=True, help="Say on stderr what is asked of the server, without values."
)
_IDENTITY = _option(
    "--identity", metavar="PATH", help="The identity.json to use, or the folder it is in."
)
_VAULT = _option("--vault", metavar="ID", help="Which of several identities, by its vault's id.")
_ATTEMPTS = _option(
    "--attempts",
    type=click.IntRange(1, 100),
    metavar="N",
    help="How often to try in all while the server is away; 2 by default.",
)
_PROJECT = _option(
    "-p", "--project", metavar="PROJECT", help="application/environment, project, or an id."
)
_OFFLINE_CACHE = _option(
    "--offline-cache",
    is_flag=True,
    help="Keep values, encrypted, and serve them while the server cannot be reached.",
)
_OFFLINE = _option("--offline", is_flag=True, help="Only the offline cache: ask no server.")
_MAX_AGE = _option(
    "--cache-max-age", metavar="AGE", help="Serve no value older than this: 90s, 15m, 12h, 7d."
)


def common_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what every command takes."""
    return _QUIET(_DEBUG(command))


def identity_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what a command takes that acts as this machine."""
    return _IDENTITY(_VAULT(_ATTEMPTS(common_options(command))))


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what a command takes that reads secrets of a project."""
    return _PROJECT(_OFFLINE_CACHE(_OFFLINE(_MAX_AGE(identity_options(command)))))


def project_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the choice of a project alone."""
    return _PROJECT(command)


def output_option(*kinds: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the choice of how data is written. Without it, a table at a terminal, else plain."""
    return _option("-o", "--output", type=click.Choice(kinds), help="How data is written.")


pass_choices = click.make_pass_decorator(Choices, ensure=True)
