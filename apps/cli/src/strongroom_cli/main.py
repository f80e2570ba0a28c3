"""The command line: which commands there are, and the one way in which they fail.

A command's module is imported when it is called, and whatever is heavy inside its function: `get`
starts a program, and people notice a quarter of a second.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

import click

from strongroom_cli.choices import Choices, common_options
from strongroom_cli.core_dumps import forbid_core_dumps
from strongroom_cli.exits import OK, SIGNALLED, USAGE, Failure
from strongroom_cli.groups import Group
from strongroom_cli.output import complain, write_line

PROGRAM = "strongroom"
_INTERRUPTED, _READER_GONE = SIGNALLED + 2, SIGNALLED + 13

_COMMANDS = {
    "bootstrap": "Register this machine with a one-time address or token.",
    "cache": "Look at, fill or empty the offline cache.",
    "completion": "Print the completion script of a shell.",
    "connect": "Choose the project that this folder uses.",
    "doctor": "Check everything that reading a secret needs.",
    "export": "Write a project's secrets for another program.",
    "get": "Print a secret.",
    "list": "List the secrets this machine may read.",
    "run": "Run a program with a project's secrets in its environment.",
    "status": "Say how the server is.",
    "version": "Print the version of this program.",
    "watch": "Tell when secrets change.",
    "whoami": "Say who this machine is to the server.",
}
"""Each is `commands/NAME.py`, with a command of that name. The texts are here, so that `--help`
imports none of them."""

_MEANT = {
    "cat": "get",
    "read": "get",
    "show": "get",
    "ls": "list",
    "secrets": "list",
    "exec": "run",
    "env": "export",
    "download": "export",
    "login": "bootstrap",
    "enroll": "bootstrap",
    "register": "bootstrap",
    "init": "connect",
    "link": "connect",
    "use": "connect",
    "check": "doctor",
    "health": "status",
}


class _Commands(Group):
    """Commands that are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        found: click.Command = import_module(f"strongroom_cli.commands.{cmd_name}").command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


def _print_version(ctx: click.Context, _param: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from strongroom_cli.commands.version import version_line  # noqa: PLC0415 -- as a command

        write_line(version_line())
        ctx.exit()


@click.group(cls=_Commands, meant=_MEANT, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version of this program.",
)
@common_options
def cli() -> None:
    """Read secrets from Strongroom on this machine.

    Data goes to stdout, everything else to stderr.
    """


def main() -> NoReturn:
    """Run the program. What goes wrong is told in two lines, and never as a traceback."""
    forbid_core_dumps()
    code = _run()
    for stream in (sys.stdout, sys.stderr):
        # What was closed before we began is None.
        if stream is not None:  # pyright: ignore[reportUnnecessaryComparison]
            with suppress(OSError):
                stream.flush()
    # Taking the interpreter down in order takes longer than a request, and nothing is left to save.
    os._exit(code)


def _run() -> int:
    choices = Choices()
    try:
        done = cli.main(prog_name=PROGRAM, standalone_mode=False, obj=choices)
        if sys.stdout is not None:  # pyright: ignore[reportUnnecessaryComparison]
            sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        # Nobody asked for anything: this is no data, and no failure of anything.
        click.echo(error.message, err=True)
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # Whoever read has read enough. Click makes an exit of that, with a code that means failure.
        return _READER_GONE
    except Exception as error:  # noqa: BLE001 -- a traceback may hold a value
        failure = _failure(error, choices)
        complain(failure.message, failure.hint)
        return failure.exit_code
    return done if isinstance(done, int) else OK


def _failure(error: Exception, choices: Choices) -> Failure:
    """Return the failure that any error means. Of one that nobody foresaw, only its kind is told."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, click.UsageError):
        return _usage(error)
    if isinstance(error, click.ClickException):
        return Failure(_lower(error.format_message()))
    # An error of the library can only be one if the library has been imported.
    if "strongroom.errors" in sys.modules:
        from strongroom.errors import StrongroomError  # noqa: PLC0415 -- imported already
        from strongroom_cli.failures import failure_of  # noqa: PLC0415 -- something went wrong

        if isinstance(error, StrongroomError):
            return failure_of(error)
    if isinstance(error, OSError) and error.strerror:
        named = f"{error.filename}: " if isinstance(error.filename, str) else ""
        return Failure(f"{named}{error.strerror.lower()}", "see `strongroom doctor`")
    where = _place(error) if choices.debug else ""
    hint = "please report this" if choices.debug else "repeat it with --debug, and report it"
    return Failure(f"this should not happen: {type(error).__name__}{where}", hint)


def _usage(error: click.UsageError) -> Failure:
    command = error.ctx.command_path if error.ctx is not None else PROGRAM
    if isinstance(error, click.NoSuchOption):
        from strongroom_cli.near_names import near  # noqa: PLC0415 -- something went wrong

        otherwise = f"see `{command} --help`"
        if error.ctx is not None and isinstance(error.ctx.command, click.Group):
            otherwise = f"if it is a command's option, it goes after the command; {otherwise}"
        hint = near(error.option_name, error.possibilities or [], otherwise=otherwise)
        return Failure(f"there is no option {error.option_name}", hint, exit_code=USAGE)
    # Some of its messages are lists over several lines.
    message = " ".join(error.format_message().split())
    return Failure(_lower(message).rstrip("."), f"see `{command} --help`", exit_code=USAGE)


def _place(error: Exception) -> str:
    """Name where it happened: a traceback's lines and values stay out of terminals and logs."""
    found = error.__traceback__
    while found is not None and found.tb_next is not None:
        found = found.tb_next
    if found is None:
        return ""
    code = found.tb_frame.f_code
    return f" in {code.co_qualname} of {os.path.basename(code.co_filename)}:{found.tb_lineno}"  # noqa: PTH119


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
