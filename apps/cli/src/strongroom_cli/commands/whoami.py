"""`strongroom whoami`: shows this machine's identity and checks it with the server."""

from __future__ import annotations

import click

from strongroom_cli.choices import Choices, identity_options, output_option, pass_choices
from strongroom_cli.output import ALL_KINDS, write_facts


@click.command(name="whoami")
@output_option(*ALL_KINDS)
@identity_options
@pass_choices
def command(choices: Choices) -> None:
    """Show this machine's identity and check it with the server.

    Exits with 0 if the server accepts the machine. The local identity is printed in any case.
    """
    from strongroom import StrongroomError  # noqa: PLC0415 -- not needed at startup
    from strongroom_cli.connection import connected, facts_of  # noqa: PLC0415 -- the same
    from strongroom_cli.failures import failure_of  # noqa: PLC0415 -- the same
    from strongroom_cli.settings import settle  # noqa: PLC0415 -- the same

    with connected(choices, settle(choices)) as client:
        failed: StrongroomError | None = None
        vault: str | None = None
        projects: list[str] | None = None
        try:
            access = client.read_access()
        except StrongroomError as error:
            failed = error
        else:
            vault, projects = access.vault_name, sorted(each.address for each in access.projects)
        told = {"accepted": failed is None, "vault name": vault, "projects": projects}
        write_facts(choices, facts_of(client.identity) | told)
    if failed is not None:
        raise failure_of(failed) from None
