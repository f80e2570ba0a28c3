"""`strongroom watch`: tell when secrets change."""

from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING

import click

from strongroom_cli.choices import (
    Choices,
    identity_options,
    output_option,
    pass_choices,
    project_option,
)
from strongroom_cli.exits import Failure
from strongroom_cli.output import JSON, complain, kind_of, note, write_json_line, write_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from strongroom import Strongroom
    from strongroom_cli.addresses import Found

_REST = "strongroom.program"


class _WithProgram(click.Command):
    """A command after whose own arguments a program may stand, behind `--`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            at = args.index("--")
            args, ctx.meta[_REST] = args[:at], args[at + 1 :]
            if not ctx.meta[_REST]:
                raise click.UsageError("say what to run, after --", ctx)
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "[-- PROGRAM [ARGUMENTS]…]"]


@click.command(name="watch", cls=_WithProgram)
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS…")
@click.option(
    "--interval",
    type=click.FloatRange(1, 3600),
    default=15.0,
    show_default=True,
    metavar="SECONDS",
    help="How often to ask.",
)
@output_option("plain", "json")
@project_option
@identity_options
@pass_choices
@click.pass_context
def command(
    ctx: click.Context, choices: Choices, addresses: tuple[str, ...], interval: float
) -> None:
    """Print a line whenever one of the secrets changes, is deleted or is withdrawn.

    With -- PROGRAM, run it each time instead; it finds the secret's id in STRONGROOM_SECRET_ID and
    what happened in STRONGROOM_EVENT. What changed since this machine last read it is told at once.
    Goes on until it is ended, also while the server cannot be reached.
    """
    from strongroom_cli.addresses import resolve_secrets  # noqa: PLC0415 -- see main
    from strongroom_cli.connection import connected  # noqa: PLC0415 -- the same
    from strongroom_cli.program import find_program  # noqa: PLC0415 -- the same
    from strongroom_cli.settings import settle  # noqa: PLC0415 -- the same

    program: list[str] = ctx.meta.get(_REST, [])
    if program:
        find_program(program[0])
    settings = settle(choices)
    with connected(choices, settings, cached=False) as client:
        found = resolve_secrets(client, addresses, settings.project)
        if any(each.field for each in found):
            raise Failure("a secret is watched as a whole", "leave the #FIELD away")
        _watch(choices, client, {each.id: each for each in found}, interval, program)


def _watch(
    choices: Choices,
    client: Strongroom,
    watched: Mapping[str, Found],
    interval: float,
    program: Sequence[str],
) -> None:
    from strongroom import StrongroomError  # noqa: PLC0415 -- loaded already
    from strongroom.events import AccessDenied, Changed, Deleted, Failed, Resumed  # noqa: PLC0415
    from strongroom_cli.failures import failure_of  # noqa: PLC0415 -- only to watch
    from strongroom_cli.watching import tell_trouble  # noqa: PLC0415 -- the same

    troubled = False
    note(choices, f"watching {', '.join(each.label for each in watched.values())}")
    for event in client.watch(list(watched), interval=interval):
        match event:
            case Changed(secret_id):
                try:
                    # To the server it stays changed until it was read.
                    client.get_secret(secret_id)
                except StrongroomError as error:
                    failure = failure_of(error)
                    complain(failure.message, failure.hint)
                    continue
                _tell(choices, "changed", watched[secret_id], program)
            case Deleted(secret_id):
                _tell(choices, "deleted", watched[secret_id], program)
            case AccessDenied(secret_id):
                _tell(choices, "access_denied", watched[secret_id], program)
            case Failed():
                if not troubled:
                    tell_trouble(choices, event)
                troubled = True
            case Resumed():
                troubled = False
                tell_trouble(choices, event)


def _tell(choices: Choices, what: str, found: Found, program: Sequence[str]) -> None:
    if program:
        _run(choices, what, found, program)
        return
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    if kind_of(choices) == JSON:
        write_json_line({"at": at, "event": what, "id": found.id, "address": found.label})
    else:
        write_line(f"{at}\t{what}\t{found.id}\t{found.label}")


def _run(choices: Choices, what: str, found: Found, program: Sequence[str]) -> None:
    about = {"STRONGROOM_SECRET_ID": found.id, "STRONGROOM_EVENT": what}
    try:
        code = subprocess.run(program, env={**os.environ, **about}, check=False).returncode  # noqa: S603
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        complain(f"{program[0]} cannot be run: {reason}", "watching goes on")
        return
    if code != 0:
        note(choices, f"{program[0]} ended with {code}; watching goes on")
