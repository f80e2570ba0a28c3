"""`strongroom bootstrap`: register this machine. Its private key is made here and never leaves."""

from __future__ import annotations

import sys
from urllib.parse import urlsplit

import click

from strongroom_cli.choices import Choices, common_options, output_option, pass_choices
from strongroom_cli.exits import NOT_FOUND, USAGE, Failure
from strongroom_cli.output import ALL_KINDS, can_ask, note, write_facts
from strongroom_cli.server_address import require_server_address

_BEFORE_TOKEN = "/v1/bootstrap/"


@click.command(name="bootstrap")
@click.argument("address", required=False)
@click.option("--url", metavar="URL", help="The server, where no address is given.")
@click.option(
    "--token",
    "token_file",
    metavar="FILE",
    help="Read the token from FILE, or from standard input for -. Without it, it is asked for.",
)
@click.option("--hostname", metavar="NAME", help="What to call this machine; by default its name.")
@click.option("--replace", is_flag=True, help="Overwrite the identity that is there.")
@output_option(*ALL_KINDS)
@common_options
@pass_choices
def command(
    choices: Choices,
    address: str | None,
    url: str | None,
    token_file: str | None,
    hostname: str | None,
    *,
    replace: bool,
) -> None:
    """Register this machine with the server.

    ADDRESS is what the server printed for this machine: https://…/v1/bootstrap/TOKEN. It works once,
    for ten minutes. Where other users see this machine's processes, give --url, and the token on
    standard input.

    A person must then compare the fingerprint and approve the machine.
    """
    from strongroom import Conflict, NotFound, bootstrap  # noqa: PLC0415 -- kept out of the start

    server, token = _from_address(address) if address is not None else (url, None)
    if server is None:
        raise click.UsageError("give the address that was printed for this machine, or --url")
    if address is not None and (url is not None or token_file is not None):
        raise click.UsageError("the address holds URL and token: leave --url and --token away")
    require_server_address(server)
    token = token or _read_token(token_file)
    try:
        identity = bootstrap(server, token, hostname=hostname, replace=replace)
    except Conflict as error:
        if error.status is not None:
            raise
        raise Failure(error.what, "overwrite it with --replace") from None
    except NotFound:
        raise Failure(
            "the token was used, has expired or never existed",
            "have a new one made: each is good for one machine and ten minutes",
            exit_code=NOT_FOUND,
        ) from None
    write_facts(
        choices,
        {
            "machine": identity.machine_name,
            "machine id": identity.machine_id,
            "vault": identity.vault_id,
            "server": identity.api_url,
            "fingerprint": identity.fingerprint,
            "identity": str(identity.path),
        },
    )
    note(choices, "registered, and waiting: a person compares this fingerprint and approves it")


def _from_address(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    _, found, rest = parts.path.partition(_BEFORE_TOKEN)
    token = rest.removesuffix("/ps").removesuffix("/k8s")
    if not found or not token or "/" in token or not parts.netloc:
        raise Failure(
            "this is not the address of a bootstrap",
            "it looks like https://strongroom.example/v1/bootstrap/TOKEN",
            exit_code=USAGE,
        )
    return f"{parts.scheme}://{parts.netloc}", token


def _read_token(file: str | None) -> str:
    if file is None and can_ask():
        found = str(click.prompt("Token", hide_input=True, err=True))
    elif file in (None, "-"):
        found = sys.stdin.readline() if sys.stdin is not None else ""  # pyright: ignore[reportUnnecessaryComparison]
    else:
        found = _first_line(file)
    if not found.strip():
        raise Failure(
            "there is no token on standard input" if file in (None, "-") else f"{file} is empty",
            "give the token of the address that was printed, after /v1/bootstrap/",
            exit_code=USAGE,
        )
    return found.strip()


def _first_line(file: str) -> str:
    try:
        with open(file, encoding="utf-8") as opened:  # noqa: PTH123 -- it may be a /dev/fd
            return opened.readline()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise Failure(
            f"the token file {file} cannot be read: {reason.lower()}",
            "name the file that holds the token, or - for standard input",
        ) from None
