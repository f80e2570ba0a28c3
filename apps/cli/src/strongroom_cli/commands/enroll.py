"""`strongroom enroll`: registers an ephemeral machine with an enrollment token or an ID token."""

from __future__ import annotations

from typing import Any

import click

from strongroom_cli.addresses import require_server_address
from strongroom_cli.choices import Choices, common_options, output_option, pass_choices
from strongroom_cli.commands.bootstrap import read_token
from strongroom_cli.failures import NOT_FOUND, USAGE, Failure
from strongroom_cli.output import ALL_KINDS, note, write_facts


@click.command(name="enroll")
@click.argument("url")
@click.argument("vault_id", metavar="VAULT")
@click.option(
    "--token",
    "token_file",
    metavar="FILE",
    help="Read the token from FILE, or - for standard input. The default is to ask for it.",
)
@click.option("--oidc", is_flag=True, help="Use this job's ID token (GitHub, GitLab, Kubernetes).")
@click.option(
    "--trust", metavar="ID", help="With --oidc: the trusted issuer, if there are several."
)
@click.option(
    "--audience", metavar="TEXT", help="With --oidc: the trusted issuer's fixed audience."
)
@click.option("--hostname", metavar="NAME", help="Machine name (default: this machine's hostname).")
@click.option("--name", metavar="NAME", help="Display name, unless the token sets one.")
@click.option("--replace", is_flag=True, help="Overwrite the existing identity.")
@output_option(*ALL_KINDS)
@common_options
@pass_choices
def command(  # noqa: PLR0913 -- one for each option
    choices: Choices,
    url: str,
    vault_id: str,
    token_file: str | None,
    hostname: str | None,
    name: str | None,
    trust: str | None,
    audience: str | None,
    *,
    oidc: bool,
    replace: bool,
) -> None:
    """Register an ephemeral machine with the server. No approval is needed.

    URL is the server, and VAULT the vault's ID. The enrollment token determines what this machine
    can read and when it expires. The private key never leaves the machine.

    With --oidc, no token is needed: the job proves its identity with its ID token from GitHub
    Actions, GitLab CI (STRONGROOM_ID_TOKEN) or Kubernetes. The vault must trust the token's issuer.
    """
    from strongroom import (  # noqa: PLC0415 -- not needed at startup
        Conflict,
        NotFound,
        Rejected,
        enroll,
        enroll_job,
        strongroom_home,
    )
    from strongroom_cli.connection import facts_of  # noqa: PLC0415 -- the same

    require_server_address(url)
    if oidc and (token_file is not None or name is not None):
        raise click.UsageError("--token and --name are for enrollment tokens; drop --oidc")
    if not oidc and (trust is not None or audience is not None):
        raise click.UsageError("--trust and --audience are for ID tokens; add --oidc")
    usual: dict[str, Any] = {"hostname": hostname, "home": strongroom_home(), "replace": replace}
    try:
        if oidc:
            identity = enroll_job(url, vault_id, trust=trust, audience=audience, **usual)
        else:
            identity = enroll(url, vault_id, read_token(token_file), name=name, **usual)
    except Conflict as error:
        if error.status is not None:
            raise
        raise Failure(error.what, "use --replace to overwrite it") from None
    except NotFound:
        raise Failure(
            "this vault doesn't have this enrollment token",
            "check the vault's ID and the token, or get a new token",
            exit_code=NOT_FOUND,
        ) from None
    except Rejected as error:
        if hostname is None or "hostname" not in error.what:
            raise
        raise Failure(error.what, "pass another --hostname", exit_code=USAGE) from None
    write_facts(choices, facts_of(identity))
    note(choices, "enrolled; list what this machine can read with `strongroom list`")
