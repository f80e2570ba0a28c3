"""`strongroom bootstrap`: registers this machine. The private key never leaves it."""

from __future__ import annotations

import sys
from urllib.parse import urlsplit

import click

from strongroom_cli.addresses import require_server_address
from strongroom_cli.choices import Choices, common_options, output_option, pass_choices
from strongroom_cli.failures import NOT_FOUND, USAGE, Failure
from strongroom_cli.output import ALL_KINDS, can_ask, note, write_facts

_BEFORE_TOKEN = "/v1/bootstrap/"
_BEFORE_TEMPORARY = "/temp-bootstrap/"
_TOKENS = ("srb_", "sre_")


@click.command(name="bootstrap")
@click.argument("address", required=False)
@click.option("--url", metavar="URL", help="Server URL, if no ADDRESS is given.")
@click.option(
    "--token",
    "token_file",
    metavar="FILE",
    help="Read the token from FILE, or - for standard input. The default is to ask for it.",
)
@click.option("--hostname", metavar="NAME", help="Machine name (default: this machine's hostname).")
@click.option("--replace", is_flag=True, help="Overwrite the existing identity.")
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

    ADDRESS is the registration address from the dashboard: https://…/v1/bootstrap/TOKEN, or for a
    temporary machine https://…/v1/VAULT/temp-bootstrap/TOKEN. It works once and expires. If other
    users can see this machine's processes, use --url and pass the token on standard input.

    Someone must then compare the fingerprint and approve the machine.
    """
    from strongroom import (  # noqa: PLC0415 -- not needed at startup
        Conflict,
        NotFound,
        Rejected,
        bootstrap,
    )
    from strongroom_cli.connection import facts_of  # noqa: PLC0415 -- the same

    if address is not None and address.startswith(_TOKENS):
        raise _typed_token()
    server, token, vault = _from_address(address) if address is not None else (url, None, None)
    if server is None:
        raise click.UsageError("missing registration address, or --url")
    if address is not None and (url is not None or token_file is not None):
        raise click.UsageError(
            "the address already includes the URL and the token; drop --url and --token"
        )
    require_server_address(server)
    token = token or read_token(token_file)
    try:
        identity = bootstrap(server, token, hostname=hostname, replace=replace, temporary_in=vault)
    except Conflict as error:
        if error.status is not None:
            raise
        raise Failure(error.what, "use --replace to overwrite it") from None
    except NotFound:
        raise Failure(
            "the token has been used, has expired or doesn't exist",
            "get a new one; each token registers only one machine, and expires",
            exit_code=NOT_FOUND,
        ) from None
    except Rejected as error:
        if hostname is None or "hostname" not in error.what:
            raise
        raise Failure(error.what, "pass another --hostname", exit_code=USAGE) from None
    write_facts(choices, facts_of(identity))
    page = f"{identity.api_url}/machines/{identity.machine_id}"
    note(choices, f"registered; waiting for approval. Compare this fingerprint at {page}")


def _typed_token() -> Failure:
    """Return the error for a token in the wrong place, without repeating the token: it may still be valid."""
    return Failure(
        "that is a token, not an address or a file",
        "pass the whole registration address, or --url and the token on standard input (--token -)",
        exit_code=USAGE,
    )


def _from_address(address: str) -> tuple[str, str, str | None]:
    """Return the server, the token and, for a temporary machine, the vault."""
    parts = urlsplit(address)
    before, found, rest = parts.path.partition(_BEFORE_TEMPORARY)
    vault = before.removeprefix("/v1/") if found and before.startswith("/v1/") else None
    if vault is None:
        _, found, rest = parts.path.partition(_BEFORE_TOKEN)
    token = rest.removesuffix("/ps").removesuffix("/k8s")
    if not found or not token or "/" in token or not parts.netloc:
        raise Failure(
            "not a registration address",
            "it looks like https://strongroom.example/v1/bootstrap/TOKEN",
            exit_code=USAGE,
        )
    return f"{parts.scheme}://{parts.netloc}", token, vault


def read_token(file: str | None) -> str:
    """Return the token from a file, standard input (None or `-`), or the terminal."""
    if file is None and can_ask():
        found = str(click.prompt("Token", hide_input=True, err=True))
    elif file in (None, "-"):
        found = sys.stdin.readline() if sys.stdin is not None else ""  # pyright: ignore[reportUnnecessaryComparison]
    else:
        found = _first_line(file)
    if not found.strip():
        raise Failure(
            "no token on standard input" if file in (None, "-") else f"{file} is empty",
            "pass the token on standard input, or the name of a file that contains it",
            exit_code=USAGE,
        )
    return found.strip()


def _first_line(file: str) -> str:
    try:
        with open(file, encoding="utf-8") as opened:  # noqa: PTH123 -- it may be a /dev/fd
            return opened.readline()
    except (OSError, ValueError) as error:
        if file.startswith(_TOKENS):
            raise _typed_token() from None
        reason = getattr(error, "strerror", None) or "not a text file"
        raise Failure(
            f"can't read token file {file}: {reason.lower()}",
            "pass the file that contains the token, or - for standard input",
        ) from None
