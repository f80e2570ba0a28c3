"""`strongroom logout`: revokes this computer's key, and removes it."""

from __future__ import annotations

import click

from strongroom_cli.choices import Choices, pass_choices, person_options
from strongroom_cli.failures import UNAVAILABLE, Failure
from strongroom_cli.output import note


@click.command(name="logout")
@click.option(
    "--local",
    is_flag=True,
    help="Only remove the key from this computer, for example if the server is unreachable.",
)
@person_options
@pass_choices
def command(choices: Choices, *, local: bool) -> None:
    """Sign out: revoke this computer's key, and remove it."""
    from strongroom import (  # noqa: PLC0415 -- not needed at startup
        AuthenticationFailed,
        BadIdentity,
        Unavailable,
    )
    from strongroom_cli.person import acting, find_profile  # noqa: PLC0415 -- see main

    profile = find_profile(choices)
    revoked = False
    if not local:
        try:
            with acting(choices) as admin:
                admin.revoke_own_key()
            revoked = True
        except (AuthenticationFailed, BadIdentity) as error:
            # The key has expired or was revoked before, or is no longer here.
            note(choices, error.what)
        except Unavailable as error:
            raise Failure(
                error.what,
                "try again, or use --local and revoke the key under Your security in the dashboard",
                exit_code=UNAVAILABLE,
            ) from None
    profile.remove()
    done = "revoked and removed" if revoked else "removed"
    note(choices, f"signed out of {profile.vault_name or profile.vault_id}: the key was {done}")
