"""`strongroom status`: how the server is, without an identity."""

from __future__ import annotations

import click

from strongroom_cli.choices import Choices, identity_options, output_option, pass_choices
from strongroom_cli.exits import SEALED_OR_FROZEN, UNAVAILABLE, Failure
from strongroom_cli.output import ALL_KINDS, write_facts
from strongroom_cli.server_address import require_server_address

_REMEDIES = {
    "sealed": ("somebody unseals it with `strongroom-server unseal`", SEALED_OR_FROZEN),
    "degraded": ("its database is away: see the server's log", UNAVAILABLE),
    "not_initialised": ("somebody runs `strongroom-server init` there", UNAVAILABLE),
}


@click.command(name="status")
@click.argument("url", required=False)
@output_option(*ALL_KINDS)
@identity_options
@pass_choices
def command(choices: Choices, url: str | None) -> None:
    """Say how the server is: this machine's, or the one at URL.

    Exits with 0 when it serves requests, 7 when it is sealed, 6 otherwise.
    """
    from strongroom import server_status  # noqa: PLC0415 -- kept out of the start

    address = require_server_address(url) if url is not None else _own_server(choices)
    said = server_status(address)
    status = str(said.get("status", "unknown"))
    write_facts(choices, {"server": address, "status": status})
    if status != "ok":
        remedy, exit_code = _REMEDIES.get(status, ("see the server's log", UNAVAILABLE))
        raise Failure(f"the server at {address} is {status}", remedy, exit_code=exit_code)


def _own_server(choices: Choices) -> str:
    from strongroom_cli.connection import load_identity  # noqa: PLC0415 -- see main
    from strongroom_cli.settings import settle  # noqa: PLC0415 -- the same

    try:
        return load_identity(choices, settle(choices)).api_url
    except Failure as failure:
        raise Failure(
            failure.message,
            f"{failure.hint}; or name the server: `strongroom status https://…`",
            exit_code=failure.exit_code,
        ) from None
