"""`strongroom watch`: reports changes to secrets."""

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
from strongroom_cli.failures import Failure
from strongroom_cli.output import JSON, complain, kind_of, note, write_cells, write_json_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from strongroom import Strongroom
    from strongroom_cli.addresses import Found

_REST = "strongroom.program"


class _WithProgram(click.Command):
    """A command whose arguments can be followed by `--` and a program."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            at = args.index("--")
            args, ctx.meta[_REST] = args[:at], args[at + 1 :]
            if not ctx.meta[_REST]:
                raise click.UsageError("missing command after --", ctx)
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "[-- PROGRAM [ARGUMENTS]…]"]


@click.command(name="watch", cls=_WithProgram)
@click.argument("addresses", nargs=-1, required=True, metavar="PATH…")
@click.option(
    "--interval",
    type=click.FloatRange(1, 3600),
    default=15.0,
    show_default=True,
    metavar="SECONDS",
    help="Poll interval.",
)
@output_option("plain", "json")
@project_option
@identity_options
@pass_choices
@click.pass_context
def command(
    ctx: click.Context, choices: Choices, addresses: tuple[str, ...], interval: float
) -> None:
    """Watch secrets for changes.

    Prints a line whenever a secret changes, is deleted or is revoked. With -- PROGRAM, runs it
    instead, with STRONGROOM_SECRET_ID and STRONGROOM_EVENT set. Reports changes from now on; never
    reads values. Runs until interrupted, even while the server is unreachable.
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
            raise Failure("can't watch a single field", "leave out #FIELD")
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
    from strongroom.events import AccessDenied, Changed, Deleted  # noqa: PLC0415 -- see main
    from strongroom_cli.watching import news_of  # noqa: PLC0415 -- the same

    kinds: dict[type, str] = {
        Changed: "changed",
        Deleted: "deleted",
        AccessDenied: "access_denied",
    }
    note(choices, f"watching {', '.join(each.label for each in watched.values())}")
    known = {each: versions.get(each) for each in watched}
    for event in news_of(choices, client, known, interval):
        _tell(choices, kinds[type(event)], watched[event.secret_id], program)


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
    from strongroom_cli.family import ends_with_us  # noqa: PLC0415 -- only with a program

    about = {"STRONGROOM_SECRET_ID": found.id, "STRONGROOM_EVENT": what}
    try:
        code = subprocess.run(  # noqa: S603 -- the user's own command; there are no threads
            program, env={**os.environ, **about}, check=False, preexec_fn=ends_with_us()
        ).returncode
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        complain(f"can't run {program[0]}: {reason.lower()}", "still watching")
        return
    if code != 0:
        note(choices, f"{program[0]} exited with {code}; still watching")
