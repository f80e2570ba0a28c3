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
    "audit": "Show the audit log, or follow it live.",
    "bootstrap": "Register this machine with a registration address or token.",
    "cache": "Manage the offline cache.",
    "completion": "Print a shell completion script.",
    "connect": "Select the project for this folder.",
    "doctor": "Check everything needed to read a secret.",
    "enroll": "Register an ephemeral machine, with an enrollment token or a job's ID token.",
    "explain": "Explain whether this machine can read a secret.",
    "export": "Write a project's secrets in another format.",
    "freeze": "Freeze a project: block all reads.",
    "get": "Print a secret.",
    "grants": "List and change what machines can read.",
    "list": "List the secrets this machine can read.",
    "login": "Sign in from this terminal.",
    "logout": "Sign out: revoke this computer's key.",
    "machines": "List, approve, disable and revoke machines.",
    "open": "Open the dashboard in the browser.",
    "profiles": "List the vaults that you are signed in to, and choose one.",
    "projects": "List and create projects.",
    "run": "Run a program with a project's secrets in its environment.",
    "secrets": "List, set, generate and delete secrets.",
    "share": "Share a text or a file, once.",
    "status": "Show server status.",
    "unfreeze": "Unfreeze a project.",
    "version": "Print the version.",
    "watch": "Watch secrets for changes.",
    "whoami": "Show who you are, and this machine's identity.",
}
"""Each is `commands/NAME.py`, which defines `command`. The help texts are here so that `--help`
imports none of them."""

_READ_OR_WRITE = (
    "run `strongroom secrets set PATH` to write, and `strongroom get PATH` on a machine to read"
)
_MEANT = {
    "cat": "get",
    "read": "get",
    "show": "get",
    "view": "get",
    "exec": "run",
    "env": "export",
    "download": "export",
    "register": "bootstrap",
    "init": "connect",
    "setup": "connect",
    "link": "connect",
    "use": "connect",
    "why": "explain",
    "check": "doctor",
    "health": "status",
    "signin": "login",
    "auth": "login",
    "signout": "logout",
    "me": "whoami",
    "configure": "profiles",
    "configs": "profiles",
    "token": "there are no tokens: your key signs each request; run `strongroom whoami`",
    "tokens": "there are no tokens: your key signs each request; run `strongroom whoami`",
    "inject": "there are no templates yet; run `strongroom run` or `strongroom export`",
    "scan": "there is no scan yet; run `strongroom audit tail` to see what is read",
    "agent": "run `strongroom watch`, or `strongroom run --watch`",
    "server": "run `strongroom-server serve`, on the server",
    "operator": "run `strongroom-server`, on the server",
    "account": "profiles",
    "vault": "projects",
    "project": "projects",
    "folders": "projects",
    "machine": "machines",
    "agents": "machines",
    "approve": "machines approve",
    "grant": "grants give",
    "policy": "run `strongroom grants list MACHINE`, or `strongroom open PROJECT`",
    "revoke": "grants take",
    "put": "secrets set",
    "kv": _READ_OR_WRITE,
    "item": _READ_OR_WRITE,
    "document": _READ_OR_WRITE,
    "secret": "secrets",
    "add": "secrets set",
    "new": "secrets set",
    "create": "secrets set",
    "write": "secrets set",
    "update": "secrets set",
    "import": "secrets set",
    "rotate": "secrets generate",
    "delete": "secrets delete",
    "remove": "secrets delete",
    "log": "audit tail",
    "logs": "audit tail",
    "activity": "audit tail",
    "events": "audit tail",
    "tail": "audit tail",
    "send": "share",
    "dashboard": "open",
}
"""Commands of other programs, and what to run here instead."""

_MEANT_OPTIONS = {
    "--env": "choose an environment with --project application/ENVIRONMENT",
    "--environment": "choose an environment with --project application/ENVIRONMENT",
    "--config": "choose an environment with --project application/ENVIRONMENT",
    "--path": "choose a project with --project application/project",
    "--projectId": "choose a project with --project application/project",
    "--env-file": "choose a project with --project application/project; there are no references yet",
    "--token": "there are no tokens: sign in with `strongroom login`",
    "--value": "a value must not be an argument: type it, or pipe it in",
}
"""Options of other programs, and what to do here instead."""

_ALIASES = {
    "ls": "list",
    "set": "secrets set",
    "edit": "secrets edit",
    "generate": "secrets generate",
    "rm": "secrets delete",
    "history": "secrets history",
    "rollback": "secrets rollback",
}
"""Short forms of commands."""

_GROUPS = {
    "Read, as this machine": ("get", "list", "run", "export", "watch"),
    "Manage, as yourself": (
        *("login", "logout", "profiles", "secrets", "projects", "machines", "grants"),
        *("freeze", "unfreeze", "audit", "share", "open"),
    ),
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
        name, _, inner = _ALIASES.get(cmd_name, cmd_name).partition(" ")
        if name not in _COMMANDS:
            return None
        found: click.Command = import_module(f"strongroom_cli.commands.{name}").command
        return found.commands[inner] if inner and isinstance(found, click.Group) else found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        words = {**_COMMANDS, "help": "Show help for a command."}
        words["list"] += " Also: ls."
        words["secrets"] += " Also: set, edit, generate, rm, history, rollback."
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
    """Read secrets from Strongroom on this machine, and manage them as yourself.

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
        otherwise = _MEANT_OPTIONS.get(error.option_name, otherwise)
        hint = near(error.option_name, error.possibilities or [], otherwise=otherwise)
        return Failure(f"unknown option {error.option_name}", hint, exit_code=USAGE)
    # Some of click's messages are lists that span several lines.
    message = " ".join(error.format_message().split())
    return Failure(_lower(message).rstrip("."), f"see `{command} --help`", exit_code=USAGE)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
