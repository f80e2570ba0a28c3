"""The command line: wiring only. Anything slow to import is imported inside its command.

The parameters of a command are the fields of its options class, which documents them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from strongroom_server.data_folder import DataFolder

CONFIGURATION = 78
"""EX_CONFIG in sysexits(3): another start would fail in the same way."""


_GROUPS = {
    "Start": ("dev", "init", "serve", "unseal", "setup-link", "sign-up-link", "reset-link"),
    "Maintain": ("doctor", "migrate", "restored", "clock", "version"),
}


class _Group(click.Group):
    """Prints our errors as one line on stderr, with an exit status."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        for title, names in _GROUPS.items():
            with formatter.section(title):
                found = [(name, self.commands[name]) for name in names]
                formatter.write_dl([(name, each.get_short_help_str(70)) for name, each in found])

    def invoke(self, ctx: click.Context) -> object:
        from strongroom_core.kernel.errors import (  # noqa: PLC0415
            Invalid,
            StrongroomError,
            Unavailable,
            WrongRoot,
        )

        try:
            return super().invoke(ctx)
        except StrongroomError as error:
            away = isinstance(error, Unavailable)
            says = f"{error.reason}: {error.remedy}" if away else error.message
            click.echo(f"strongroom-server: {says}", err=True)
            about_root = isinstance(error, Invalid) and error.field in {"root", "passphrase"}
            ctx.exit(CONFIGURATION if isinstance(error, WrongRoot) or about_root else 1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Strongroom, a self-hosted secrets manager."""
    from strongroom_server.limits import forbid_core_dumps  # noqa: PLC0415

    # This comes before any command, because most commands handle the root key.
    forbid_core_dumps()


def _default_data() -> Path:
    from strongroom_server.data_folder import default_folder  # noqa: PLC0415

    return default_folder()


def _data_folder(_ctx: click.Context, _param: click.Parameter, path: Path) -> DataFolder:
    from strongroom_server.data_folder import DataFolder  # noqa: PLC0415

    return DataFolder(path.absolute())


def _host(_ctx: click.Context, _param: click.Parameter, host: str) -> str:
    """Also accept an IPv6 address in brackets, as in URLs."""
    return host.removeprefix("[").removesuffix("]") if ":" in host else host


_data = click.option(
    "--data",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    envvar="STRONGROOM_DATA",
    default=_default_data,
    callback=_data_folder,
    help="Data folder (default: /var/lib/strongroom for root, else in your home folder).",
)

_binaries = click.option(
    "--postgres-binaries",
    "binaries",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="STRONGROOM_PG_BIN",
    hidden=True,
)


_dashboard = click.option(
    "--without-dashboard",
    is_flag=True,
    envvar="STRONGROOM_WITHOUT_DASHBOARD",
    help="Don't serve the dashboard, only the API.",
)


_port = click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8200,
    show_default=True,
    help="Port; 0 chooses a free one.",
)


@main.command()
@_port
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Keep the data in DIR. The first run prints the root key; later runs need --root-file.",
)
@click.option("--root-file", metavar="FILE", help="File with DIR's root key; - for standard input.")
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write URLs, IDs and the demo's values to FILE as JSON when ready.",
)
@_dashboard
@_binaries
def dev(**options: Any) -> None:
    """Run everything on this machine with a demo vault. Data is deleted on exit."""
    from strongroom_server.dev import DevOptions, run_dev  # noqa: PLC0415

    run_dev(DevOptions(**options))


@main.command()
@_data
@click.option(
    "--shares", metavar="K-of-N", help="Split the root key; any K of N shares unseal the server."
)
@click.option("--passphrase", is_flag=True, help="Derive the root key from a generated passphrase.")
@click.option("--url", help="Public URL of the server, for the setup link.")
@_binaries
def init(**options: Any) -> None:
    """Initialize the server. Prints the root key and a one-time setup link."""
    from strongroom_server.init import InitOptions, make_installation  # noqa: PLC0415
    from strongroom_server.node import run_until_stopped  # noqa: PLC0415

    run_until_stopped(make_installation(InitOptions(**options)))


@main.command()
@_data
@click.option(
    "--host", default="localhost", show_default=True, callback=_host, help="Address to listen on."
)
@_port
@click.option(
    "--root-file", type=click.Path(path_type=Path), help="File with the root key, on tmpfs."
)
@click.option("--root-stdin", is_flag=True, help="Read the root key from standard input.")
@click.option(
    "--passphrase-stdin", is_flag=True, help="Read the root key's passphrase from standard input."
)
@click.option("--allow-root-on-disk", is_flag=True, help="Allow a --root-file on disk.")
@click.option(
    "--only", type=click.Choice(["api", "dashboard", "worker"]), help="Run only one part."
)
@_dashboard
@click.option(
    "--certificate", type=click.Path(path_type=Path), help="PEM certificate chain, for HTTPS."
)
@click.option("--key", type=click.Path(path_type=Path), help="PEM private key of the certificate.")
@click.option("--insecure-http", is_flag=True, help="Allow plain HTTP on public addresses.")
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the URL and the server's state to FILE as JSON when ready.",
)
@_binaries
def serve(
    *,
    root_file: Path | None,
    root_stdin: bool,
    passphrase_stdin: bool,
    allow_root_on_disk: bool,
    certificate: Path | None,
    key: Path | None,
    **options: Any,
) -> None:
    """Run the server. Without a root key it starts sealed and waits for `unseal`.

    The root key comes from one of the options, or from systemd's credential strongroom-root.
    """
    from strongroom_server.node import run_until_stopped  # noqa: PLC0415
    from strongroom_server.roots import Sources  # noqa: PLC0415
    from strongroom_server.serve import ServeOptions, run_server  # noqa: PLC0415
    from strongroom_server.serving.http_server import Certificate  # noqa: PLC0415

    if (certificate is None) != (key is None):
        raise click.UsageError("--certificate and --key must be used together")
    chain = Certificate(certificate, key) if certificate and key else None
    sources = Sources(root_file, root_stdin, passphrase_stdin, allow_root_on_disk)
    run_until_stopped(run_server(ServeOptions(certificate=chain, sources=sources, **options)))


@main.command()
@_data
@click.option("--status", is_flag=True, help="Only show whether the server is sealed.")
@click.option("--reset", metavar="ATTEMPT", help="Drop the shares of this attempt.")
def unseal(folder: DataFolder, *, status: bool, reset: str | None) -> None:
    """Unseal the running server with its root key, passphrase or shares.

    Type it at the terminal or pipe it in. It can't be passed as an argument, because
    other users could see it.
    """
    from strongroom_server import unseal as client  # noqa: PLC0415

    if status:
        client.show_status(folder)
    elif reset is not None:
        client.reset(folder, reset)
    else:
        client.send_root(folder)


@main.command("setup-link")
@_data
def setup_link(folder: DataFolder) -> None:
    """Print a new setup link, if the first was lost or expired.

    The server must be running and unsealed. Invalidates the previous link.
    """
    from strongroom_server.admin.ask import ask  # noqa: PLC0415

    click.echo(ask(folder, {"op": "setup-link"})["link"])


@main.command("sign-up-link")
@click.argument("email")
@_data
def sign_up_link(folder: DataFolder, email: str) -> None:
    """Print a link for someone who signed up with EMAIL.

    Use this if the server can't send email, and pass the link on to the person. It works once, until 24 hours
    after they signed up. The server must be running and unsealed.
    """
    from strongroom_server.admin.ask import ask  # noqa: PLC0415

    click.echo(ask(folder, {"op": "sign-up-link", "email": email})["link"])


@main.command("reset-link")
@click.argument("email")
@_data
def reset_link(folder: DataFolder, email: str) -> None:
    """Print a link for setting a new password for EMAIL's account.

    Use this if the server can't send email. The link works once, expires after 15 minutes, and doesn't bypass
    the second factor. It is recorded in this server's log and in each vault of the account.
    """
    from strongroom_server.admin.ask import ask  # noqa: PLC0415

    click.echo(ask(folder, {"op": "reset-link", "email": email})["link"])


@main.command()
@_data
@click.option(
    "--is-right",
    is_flag=True,
    help="Accept the clock as correct, and repair the effects of an incorrect one.",
)
def clock(folder: DataFolder, *, is_right: bool) -> None:
    """Check the database's clock, or confirm that it is right.

    While the clock disagrees with this machine's uptime, nothing is deleted because of its age. With
    --is-right, the clock is trusted again: machines that were rejected because the clock was ahead are
    accepted five minutes later, and sessions and counters dated in the future end. The server must be
    running.
    """
    from strongroom_server.admin.ask import ask  # noqa: PLC0415

    for line in ask(folder, {"op": "clock", "right": is_right})["clock"]:
        click.echo(line)


@main.command()
@_data
@_binaries
def migrate(folder: DataFolder, binaries: Path | None) -> None:
    """Migrate the database to this release's schema."""
    from strongroom_server.migrate import migrate_database  # noqa: PLC0415
    from strongroom_server.node import run_until_stopped  # noqa: PLC0415

    run_until_stopped(migrate_database(folder, binaries))


@main.command()
@_data
@click.option("--clock-is-right", is_flag=True, help="Trust the database's clock anyway.")
@_binaries
def restored(folder: DataFolder, binaries: Path | None, *, clock_is_right: bool) -> None:
    """Run once after restoring a backup, with all of its servers stopped.

    A restored database doesn't know nonces used since the backup, so requests signed before now are
    rejected to prevent replays. Machines can authenticate again after five minutes.
    """
    from strongroom_server.node import run_until_stopped  # noqa: PLC0415
    from strongroom_server.restored import begin_incarnation  # noqa: PLC0415

    run_until_stopped(begin_incarnation(folder, binaries, clock_is_right=clock_is_right))


@main.command()
@_data
@click.option(
    "-f",
    "--format",
    "output",
    type=click.Choice(["plain", "json"]),
    default="plain",
    help="Output format.",
)
def doctor(folder: DataFolder, output: str) -> None:
    """Diagnose this installation (read-only).

    Exits 1 on problems. The server checks its own database, so it must be running, unless the database is
    an external one.
    """
    import asyncio  # noqa: PLC0415

    from strongroom_server.doctor import examine_installation, print_findings  # noqa: PLC0415

    if print_findings(asyncio.run(examine_installation(folder)), as_json=output == "json"):
        raise click.exceptions.Exit(1)


@main.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version  # noqa: PLC0415

    click.echo(f"strongroom-server {version('strongroom-server')}")
