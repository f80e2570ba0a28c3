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
from strongroom_cli.output import JSON, complain, kind_of, note, write_cells, write_json_line

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
    what happened in STRONGROOM_EVENT. Tells what changes from now on, and reads no value. Goes on
    until it is ended, also while the server cannot be reached.
    """
    from strongroom_cli.addresses import find_secrets  # noqa: PLC0415 -- see main
    from strongroom_cli.connection import connected  # noqa: PLC0415 -- the same
    from strongroom_cli.program import find_program  # noqa: PLC0415 -- the same
    from strongroom_cli.settings import settle  # noqa: PLC0415 -- the same

    program: list[str] = ctx.meta.get(_REST, [])
    if program:
        find_program(program[0])
    settings = settle(choices)
    with connected(choices, settings, cached=False) as client:
        listed = client.list_secrets()
        found = find_secrets(listed, addresses, settings.project)
        if any(each.field for each in found):
            raise Failure("a secret is watched as a whole", "leave the #FIELD away")
        watched = {each.id: each for each in found}
        versions = {each.id: each.version for each in listed if each.id in watched}
        _watch(choices, client, watched, versions, interval, program)


def _watch(
    choices: Choices,
    client: Strongroom,
    watched: Mapping[str, Found],
    versions: Mapping[str, int | None],
    interval: float,
    program: Sequence[str],
) -> None:
    from strongroom.events import AccessDenied, Changed, Deleted, Failed, Resumed  # noqa: PLC0415
    from strongroom_cli.watching import tell_trouble  # noqa: PLC0415 -- the same

    troubled = False
    note(choices, f"watching {', '.join(each.label for each in watched.values())}")
    for event in client.watch({each: versions.get(each) for each in watched}, interval=interval):
        match event:
            case Changed(secret_id):
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
        address = found.info.address if found.info is not None else None
        write_json_line({"at": at, "event": what, "id": found.id, "address": address})
    else:
        write_cells((at, what, found.id, found.label))


def _run(choices: Choices, what: str, found: Found, program: Sequence[str]) -> None:
    from strongroom_cli.core_dumps import allow_core_dumps_again  # noqa: PLC0415 -- loaded already

    about = {"STRONGROOM_SECRET_ID": found.id, "STRONGROOM_EVENT": what}
    try:
        code = subprocess.run(  # noqa: S603 -- what the user asked for; there are no threads
            program, env={**os.environ, **about}, check=False, preexec_fn=allow_core_dumps_again
        ).returncode
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        complain(f"{program[0]} cannot be run: {reason.lower()}", "watching goes on")
        return
    if code != 0:
        note(choices, f"{program[0]} ended with {code}; watching goes on")
