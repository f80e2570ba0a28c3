"""`strongroom status`: shows the server's status, without an identity."""

from __future__ import annotations

import click

from strongroom_cli.addresses import require_server_address
from strongroom_cli.choices import Choices, identity_options, output_option, pass_choices
from strongroom_cli.failures import SEALED_OR_FROZEN, UNAVAILABLE, Failure
from strongroom_cli.output import ALL_KINDS, write_facts

_REMEDIES = {
    "sealed": ("unseal it with `strongroom-server unseal`", SEALED_OR_FROZEN),
    "degraded": ("its database is unavailable; see the server's log", UNAVAILABLE),
    "not_initialised": ("run `strongroom-server init` on it", UNAVAILABLE),
}
_WORDS = {"not_initialised": "not initialized"}


@click.command(name="status")
@click.argument("url", required=False)
@output_option(*ALL_KINDS)
@identity_options
@pass_choices
def command(choices: Choices, url: str | None) -> None:
    """Show server status.

    URL defaults to this machine's server. Exits with 0 if it serves requests, 7 if sealed, else 6.
    """
    from strongroom import server_status  # noqa: PLC0415 -- not needed at startup

    address = require_server_address(url) if url is not None else _own_server(choices)
    said = server_status(address)
    status = str(said.get("status", "unknown"))
    write_facts(choices, {"server": address, "status": status})
    if status != "ok":
        remedy, exit_code = _REMEDIES.get(status, ("see the server's log", UNAVAILABLE))
        words = _WORDS.get(status, status)
        raise Failure(f"the server at {address} is {words}", remedy, exit_code=exit_code)


def _own_server(choices: Choices) -> str:
    from strongroom_cli.connection import load_identity  # noqa: PLC0415 -- see main
    from strongroom_cli.settings import settle  # noqa: PLC0415 -- the same

    try:
        return load_identity(choices, settle(choices)).api_url
    except Failure as failure:
        raise Failure(
            failure.message,
            f"{failure.hint}; or pass a URL: `strongroom status https://…`",
            exit_code=failure.exit_code,
        ) from None
