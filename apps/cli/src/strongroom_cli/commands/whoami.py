"""`strongroom whoami`: who this machine is, and whether the server agrees."""

from __future__ import annotations

import click

from strongroom_cli.choices import Choices, identity_options, output_option, pass_choices
from strongroom_cli.output import ALL_KINDS, write_facts


@click.command(name="whoami")
@output_option(*ALL_KINDS)
@identity_options
@pass_choices
def command(choices: Choices) -> None:
    """Say who this machine is, and ask the server whether it agrees.

    Exits with 0 when the server accepts the machine. Who it claims to be is printed in any case.
    """
    from strongroom import StrongroomError  # noqa: PLC0415 -- kept out of the start
    from strongroom_cli.connection import connected  # noqa: PLC0415 -- the same
    from strongroom_cli.failures import failure_of  # noqa: PLC0415 -- the same
    from strongroom_cli.settings import settle  # noqa: PLC0415 -- the same

    with connected(choices, settle(choices)) as client:
        failed: StrongroomError | None = None
        projects: list[str] | None = None
        try:
            projects = sorted(each.address for each in client.list_projects())
        except StrongroomError as error:
            failed = error
        identity = client.identity
        write_facts(
            choices,
            {
                "machine": identity.machine_name,
                "machine id": identity.machine_id,
                "vault": identity.vault_id,
                "server": identity.api_url,
                "fingerprint": identity.fingerprint,
                "identity": str(identity.path),
                "accepted": failed is None,
                "projects": projects,
            },
        )
    if failed is not None:
        raise failure_of(failed) from None
