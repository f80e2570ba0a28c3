"""The command line: wiring only. Whatever is heavy to import is imported inside its command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from strongroom_server.data_folder import DataFolder

CONFIGURATION = 78
"""EX_CONFIG of sysexits(3): a start that would fail again in the same way."""


class _Group(click.Group):
    """Turns our errors into one line on stderr and an exit status."""

    def invoke(self, ctx: click.Context) -> object:
        from strongroom_core.kernel.errors import (  # noqa: PLC0415
            Invalid,
            StrongroomError,
            WrongRoot,
        )

        try:
            return super().invoke(ctx)
        except StrongroomError as error:
            click.echo(f"strongroom-server: {error.message}", err=True)
            about_root = isinstance(error, Invalid) and error.field in {"root", "passphrase"}
            ctx.exit(CONFIGURATION if isinstance(error, WrongRoot) or about_root else 1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Strongroom, a secrets manager a team runs itself."""
    from strongroom_server.core_dumps import forbid_core_dumps  # noqa: PLC0415

    # Before any command, since most of them get to hold the root.
    forbid_core_dumps()


def _default_data() -> Path:
    from strongroom_server.data_folder import default_folder  # noqa: PLC0415

    return default_folder()


_data = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    envvar="STRONGROOM_DATA",
    default=_default_data,
    help="The data folder; by default /var/lib/strongroom for root, else in your home.",
)


def _folder(data: Path) -> DataFolder:
    from strongroom_server.data_folder import DataFolder  # noqa: PLC0415

    return DataFolder(data.absolute())


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
    help="Serve no screens, only the API.",
)


_port = click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8200,
    show_default=True,
    help="0 takes a free one.",
)


@main.command()
@_port
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Keep everything in DIR. The first start prints the root; later ones need --root-file.",
)
@click.option("--root-file", metavar="FILE", help="The root of DIR; - reads standard input.")
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="PATH",
    help="Once everything answers, write addresses, ids and the demo's values there as JSON.",
)
@_dashboard
@_binaries
def dev(
    port: int,
    keep: Path | None,
    root_file: str | None,
    ready_file: Path | None,
    *,
    without_dashboard: bool,
    binaries: Path | None,
) -> None:
    """Start everything on this machine, with a demo vault; all gone at the end."""
    from strongroom_server.dev import DevOptions, dev  # noqa: PLC0415

    dev(DevOptions(port, keep, root_file, ready_file, binaries, dashboard=not without_dashboard))


@main.command()
@_data
@click.option("--shares", metavar="K-of-N", help="Split the root; any K of N shares unseal.")
@click.option("--passphrase", is_flag=True, help="Derive the root from a generated passphrase.")
@click.option("--url", help="Where people will reach the server, for the operator's call.")
@_binaries
def init(
    data: Path, shares: str | None, *, passphrase: bool, url: str | None, binaries: Path | None
) -> None:
    """Make an installation, and print its root and the operator's one-time link, once."""
    from strongroom_server.init import InitOptions, init  # noqa: PLC0415
    from strongroom_server.until_stopped import run_until_stopped  # noqa: PLC0415

    run_until_stopped(init(InitOptions(_folder(data), shares, passphrase, url, binaries)))


@main.command()
@_data
@click.option("--host", default="localhost", show_default=True, help="Where to listen.")
@_port
@click.option("--root-file", type=click.Path(path_type=Path), help="The root, in a file on tmpfs.")
@click.option("--root-stdin", is_flag=True, help="Read the root from standard input.")
@click.option("--passphrase-stdin", is_flag=True, help="Read its passphrase from standard input.")
@click.option("--allow-root-on-disk", is_flag=True, help="Take a --root-file from a disk too.")
@click.option(
    "--only", type=click.Choice(["api", "dashboard", "worker"]), help="Run one part alone."
)
@_dashboard
@click.option("--certificate", type=click.Path(path_type=Path), help="The PEM chain, for HTTPS.")
@click.option("--key", type=click.Path(path_type=Path), help="The PEM key of the certificate.")
@click.option("--insecure-http", is_flag=True, help="Plain HTTP even where others can listen in.")
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Written as JSON once the server answers.",
)
@_binaries
def serve(  # noqa: PLR0913 -- one parameter per option
    data: Path,
    host: str,
    port: int,
    root_file: Path | None,
    *,
    root_stdin: bool,
    passphrase_stdin: bool,
    allow_root_on_disk: bool,
    only: str | None,
    without_dashboard: bool,
    certificate: Path | None,
    key: Path | None,
    insecure_http: bool,
    ready_file: Path | None,
    binaries: Path | None,
) -> None:
    """Run the server. Without a root it starts sealed and waits for `unseal`.

    The root comes from one of the options, or from systemd's credential strongroom-root.
    """
    from strongroom_server.roots import Sources  # noqa: PLC0415
    from strongroom_server.serve import ServeOptions, serve  # noqa: PLC0415
    from strongroom_server.serving.http_server import Certificate  # noqa: PLC0415
    from strongroom_server.until_stopped import run_until_stopped  # noqa: PLC0415

    if (certificate is None) != (key is None):
        raise click.UsageError("--certificate and --key go together")
    options = ServeOptions(
        folder=_folder(data),
        host=host,
        port=port,
        sources=Sources(root_file, root_stdin, passphrase_stdin, allow_root_on_disk),
        only=only,
        ready_file=ready_file,
        certificate=Certificate(certificate, key) if certificate and key else None,
        insecure_http=insecure_http,
        binaries=binaries,
        dashboard=not without_dashboard,
    )
    run_until_stopped(serve(options))


@main.command()
@_data
@click.option("--status", is_flag=True, help="Only say whether the server is sealed.")
@click.option("--reset", metavar="ATTEMPT", help="Drop the shares given in this attempt.")
def unseal(data: Path, *, status: bool, reset: str | None) -> None:
    """Give the running server its root, the passphrase, or a share.

    It is typed at the terminal or piped in, never an argument: those can be seen by others.
    """
    from strongroom_server import unseal as client  # noqa: PLC0415

    if status:
        client.show_status(_folder(data))
    elif reset is not None:
        client.reset(_folder(data), reset)
    else:
        client.unseal(_folder(data))


@main.command("setup-link")
@_data
def setup_link(data: Path) -> None:
    """Print a new link for the operator's account, for when the first was lost or came too late.

    The server must run and be unsealed. The link before it works no more.
    """
    from strongroom_server.admin.ask import ask  # noqa: PLC0415

    click.echo(ask(_folder(data), {"op": "setup-link"})["link"])


@main.command()
@_data
@_binaries
def migrate(data: Path, binaries: Path | None) -> None:
    """Bring the database to the schema of this release."""
    from strongroom_server.migrate import migrate  # noqa: PLC0415
    from strongroom_server.until_stopped import run_until_stopped  # noqa: PLC0415

    run_until_stopped(migrate(_folder(data), binaries))


@main.command()
@_data
@_binaries
def restored(data: Path, binaries: Path | None) -> None:
    """Say that the database came from a backup. Stop every server on it first.

    A backup has forgotten which signed requests were used since it was made, so from now on none that
    was signed before is accepted. Machines are let in again five minutes later.
    """
    from strongroom_server.restored import restored  # noqa: PLC0415
    from strongroom_server.until_stopped import run_until_stopped  # noqa: PLC0415

    run_until_stopped(restored(_folder(data), binaries))


@main.command()
@_data
@click.option(
    "-o", "output", type=click.Choice(["text", "json"]), default="text", help="How to print it."
)
def doctor(data: Path, output: str) -> None:
    """Look for what is wrong with this installation, and change nothing.

    Ends with 1 if there is a problem. The database is examined by the server, so it must be running,
    unless the database is one of your own.
    """
    import asyncio  # noqa: PLC0415

    from strongroom_server.doctor import doctor, show  # noqa: PLC0415

    if show(asyncio.run(doctor(_folder(data))), as_json=output == "json"):
        raise click.exceptions.Exit(1)


@main.command()
def version() -> None:
    """Print the version of Strongroom."""
    from importlib.metadata import version  # noqa: PLC0415

    click.echo(f"strongroom-server {version('strongroom-server')}")
