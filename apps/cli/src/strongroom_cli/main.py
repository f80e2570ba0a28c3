"""The command line: its commands, and what click rejects.

A command's module is imported when the command is called, and slow modules are imported inside its function:
`get` is used to start programs, and people notice a quarter of a second.
"""

from __future__ import annotations

from importlib import import_module

import click

from strongroom_cli.choices import Choices, common_options
from strongroom_cli.failures import USAGE, Failure
from strongroom_cli.groups import Group
from strongroom_cli.output import write_line
from strongroom_cli.start import ended

PROGRAM = "strongroom"

_COMMANDS = {
    "bootstrap": "Register this machine with a registration address or token.",
    "cache": "Manage the offline cache.",
    "completion": "Print a shell completion script.",
    "connect": "Select the project for this folder.",
    "doctor": "Check everything needed to read a secret.",
    "enroll": "Register an ephemeral machine, with an enrollment token or a job's ID token.",
    "explain": "Explain whether this machine can read a secret.",
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
    "why": "explain",
    "check": "doctor",
    "health": "status",
}


_WRITING = frozenset(
    (
        *("login", "signin", "set", "put", "create", "add", "new", "update", "edit", "delete"),
        *("rm", "rotate", "generate", "rollback", "grant", "approve", "revoke", "freeze", "import"),
    )
)
"""Commands that people may try, but that exist only in the dashboard and the HTTP API."""

_ALIASES = {"ls": "list"}
_GROUPS = {
    "Read": ("get", "list", "run", "export", "watch"),
    "Set up": ("bootstrap", "enroll", "connect", "cache", "completion"),
    "Diagnose": ("explain", "doctor", "status", "whoami", "version", "help"),
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
        hint = cli.hint(parent, name, cli.list_commands(parent))
        raise Failure(f'unknown command "{name}"', hint, exit_code=USAGE)
    with click.Context(found, info_name=name, parent=parent) as inner:
        click.echo(found.get_help(inner))


def _print_version(ctx: click.Context, _param: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from strongroom_cli.commands.version import version_line  # noqa: PLC0415 -- slow to import

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


def run_typed() -> int:
    """Parse the command line, and run the command. Returns the exit code."""
    choices = Choices()
    return ended(choices, lambda: _typed(choices))


def _typed(choices: Choices) -> object:
    """Run the command. Raises `Failure` for what click rejects."""
    try:
        return cli.main(prog_name=PROGRAM, standalone_mode=False, obj=choices)
    except click.exceptions.NoArgsIsHelpError as error:
        # This is the help text shown when no command was given, which is neither data nor a
        # failure.
        click.echo(error.message, err=True)
        return USAGE
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.UsageError as error:
        raise _usage(error) from None
    except click.ClickException as error:
        raise Failure(_lower(error.format_message())) from None


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


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
