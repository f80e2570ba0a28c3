"""The command line: its commands, and the one place that reports their errors.

A command's module is imported when the command is called, and slow modules are imported inside its function:
`get` is used to start programs, and people notice a quarter of a second.
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
from strongroom_cli.failures import OK, SIGNALLED, USAGE, Failure
from strongroom_cli.groups import Group
from strongroom_cli.output import complain, write_line

PROGRAM = "strongroom"
_INTERRUPTED, _READER_GONE = SIGNALLED + 2, SIGNALLED + 13

_COMMANDS = {
    "bootstrap": "Register this machine with a registration address or token.",
    "cache": "Manage the offline cache.",
    "completion": "Print a shell completion script.",
    "connect": "Select the project for this folder.",
    "doctor": "Check everything needed to read a secret.",
    "enroll": "Register an ephemeral machine with an enrollment token.",
    "export": "Write a project's secrets in another format.",
    "get": "Print a secret.",
    "list": "List the secrets this machine can read.",
    "run": "Run a program with a project's secrets in its environment.",
    "status": "Show server status.",
    "version": "Print the version.",
    "watch": "Watch secrets for changes.",
    "whoami": "Show this machine's identity and check it with the server.",
}
"""Each is `commands/NAME.py`, which defines `command`. The help texts are here so that `--help`
imports none of them."""

_MEANT = {
    "cat": "get",
    "read": "get",
    "show": "get",
    "secrets": "list",
    "exec": "run",
    "env": "export",
    "download": "export",
    "register": "bootstrap",
    "init": "connect",
    "link": "connect",
    "use": "connect",
    "check": "doctor",
    "health": "status",
}


_WRITING = frozenset(
    (
        *("login", "signin", "set", "put", "create", "add", "new", "update", "edit", "delete"),
        *("rm", "rotate", "generate", "rollback", "grant", "approve", "revoke", "freeze", "import"),
    )
)
"""Commands that people may try but that don't exist here: the dashboard and the HTTP API do this."""

_ALIASES = {"ls": "list"}
_GROUPS = {
    "Read": ("get", "list", "run", "export", "watch"),
    "Set up": ("bootstrap", "connect", "cache", "completion"),
    "Diagnose": ("doctor", "status", "whoami", "version", "help"),
}


class _Commands(Group):
    """Commands that are imported when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return [*_COMMANDS, "help", *_ALIASES]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name == "help":
            return _help
        cmd_name = _ALIASES.get(cmd_name, cmd_name)
        if cmd_name not in _COMMANDS:
            return None
        found: click.Command = import_module(f"strongroom_cli.commands.{cmd_name}").command
        return found

    def hint(self, ctx: click.Context, typed: str, known: list[str]) -> str:
        if typed not in _WRITING:
            return super().hint(ctx, typed, known)
        from strongroom_cli.connection import server_url  # noqa: PLC0415 -- only for errors

        server = server_url(ctx.ensure_object(Choices))
        where = server or "the server's address (see `strongroom status`)"
        return (
            f"this command only reads; people create and change secrets at {where},"
            f" in the dashboard or with the HTTP API ({f'{server}/docs' if server else '/docs there'})"
        )

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        words = {**_COMMANDS, "help": "Show help for a command."}
        words["list"] += " Also: ls."
        for title, names in _GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name, words[name]) for name in names])


@click.command(name="help")
@click.argument("name", required=False)
@click.pass_context
def _help(ctx: click.Context, name: str | None) -> None:
    """Show help for a command."""
    # The parent context is that of the program itself.
    parent = ctx.parent or ctx
    if name is None:
        click.echo(parent.get_help())
        return
    found = cli.get_command(parent, name)
    if found is None:
        raise Failure(f'unknown command "{name}"', "see `strongroom --help`", exit_code=USAGE)
    with click.Context(found, info_name=name, parent=parent) as inner:
        click.echo(found.get_help(inner))


def _print_version(ctx: click.Context, _param: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from strongroom_cli.commands.version import version_line  # noqa: PLC0415 -- as a command

        write_line(version_line())
        ctx.exit()


@click.group(
    cls=_Commands,
    meant=_MEANT,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version.",
)
@common_options
def cli() -> None:
    """Read secrets from Strongroom on this machine.

    Data goes to stdout, everything else to stderr.
    """


def main() -> NoReturn:
    """Run the program. Errors are two lines, never a traceback."""
    forbid_core_dumps()
    code = _run()
    for stream in (sys.stdout, sys.stderr):
        # A stream that was closed before this process started is None.
        if stream is not None:  # pyright: ignore[reportUnnecessaryComparison]
            with suppress(OSError):
                stream.flush()
    # An orderly interpreter shutdown takes longer than a request, and there is nothing left to save.
    os._exit(code)


def _run() -> int:
    choices = Choices()
    try:
        done = cli.main(prog_name=PROGRAM, standalone_mode=False, obj=choices)
        if sys.stdout is not None:  # pyright: ignore[reportUnnecessaryComparison]
            sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        # This is the help text after a missing command, which is neither data nor a failure.
        click.echo(error.message, err=True)
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # The reader closed the pipe. Click would exit with a code that means failure.
        return _READER_GONE
    except Exception as error:  # noqa: BLE001 -- a traceback may contain a value
        failure = _failure(error, choices)
        complain(failure.message, failure.hint_at(choices.server))
        return failure.exit_code
    return done if isinstance(done, int) else OK


def _failure(error: Exception, choices: Choices) -> Failure:
    """Return the failure for any error. An unexpected one shows only its type."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, click.UsageError):
        return _usage(error)
    if isinstance(error, click.ClickException):
        return Failure(_lower(error.format_message()))
    # The error can come from the library only if the library has been imported.
    if "strongroom.errors" in sys.modules:
        from strongroom.errors import StrongroomError  # noqa: PLC0415 -- imported already
        from strongroom_cli.failures import failure_of  # noqa: PLC0415 -- only for errors

        if isinstance(error, StrongroomError):
            return failure_of(error)
    if isinstance(error, OSError) and error.strerror:
        named = f"{error.filename}: " if isinstance(error.filename, str) else ""
        return Failure(f"{named}{error.strerror.lower()}", "run `strongroom doctor`")
    where = _place(error) if choices.debug else ""
    hint = "please report this" if choices.debug else "run it again with --debug, and report it"
    return Failure(f"internal error: {type(error).__name__}{where}", hint)


def _usage(error: click.UsageError) -> Failure:
    command = error.ctx.command_path if error.ctx is not None else PROGRAM
    if isinstance(error, click.NoSuchOption):
        from strongroom_cli.phrases import near  # noqa: PLC0415 -- only for errors

        otherwise = f"see `{command} --help`"
        if error.ctx is not None and isinstance(error.ctx.command, click.Group):
            otherwise = f"put a command's options after the command; {otherwise}"
        hint = near(error.option_name, error.possibilities or [], otherwise=otherwise)
        return Failure(f"unknown option {error.option_name}", hint, exit_code=USAGE)
    # Some of click's messages are lists that span several lines.
    message = " ".join(error.format_message().split())
    return Failure(_lower(message).rstrip("."), f"see `{command} --help`", exit_code=USAGE)


def _place(error: Exception) -> str:
    """Return where the error happened, without the lines and values of a traceback."""
    found = error.__traceback__
    while found is not None and found.tb_next is not None:
        found = found.tb_next
    if found is None:
        return ""
    code = found.tb_frame.f_code
    return f" in {code.co_qualname} of {os.path.basename(code.co_filename)}:{found.tb_lineno}"  # noqa: PTH119


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
