"""`strongroom whoami`: shows this machine's identity and who is signed in, and checks it with the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from strongroom_cli.choices import (
    Choices,
    identity_options,
    output_option,
    pass_choices,
    profile_option,
)
from strongroom_cli.output import ALL_KINDS, write_facts

if TYPE_CHECKING:
    from strongroom.admin import Profile


@click.command(name="whoami")
@output_option(*ALL_KINDS)
@profile_option
@identity_options
@pass_choices
def command(choices: Choices) -> None:
    """Show this machine's identity and who is signed in, and check it with the server.

    With --profile, or on a computer that isn't registered as a machine, only the person is shown.
    Exits with 0 if the server accepts the machine or, without one, the person. Whatever is known
    locally is printed even if the check fails.
    """
    from strongroom import NoIdentity  # noqa: PLC0415 -- not needed at startup
    from strongroom_cli.failures import NOT_AUTHENTICATED, Failure  # noqa: PLC0415 -- see main

    if choices.profile is not None:
        _show_person(choices)
        return
    person = _person()
    try:
        _show_machine(choices, person)
    except (NoIdentity, Failure) as error:
        is_absent = isinstance(error, NoIdentity) or error.exit_code == NOT_AUTHENTICATED
        asked = choices.identity is not None or choices.vault is not None
        if person is None or asked or not is_absent:
            raise
        _show_person(choices)


def _person() -> Profile | None:
    """Return the profile in effect, or None if there is none, or several to choose from."""
    from strongroom import StrongroomError  # noqa: PLC0415 -- not needed at startup
    from strongroom.admin import Profile  # noqa: PLC0415 -- the same

    try:
        return Profile.find()
    except StrongroomError:
        return None


def _show_machine(choices: Choices, person: Profile | None) -> None:
    from strongroom import StrongroomError  # noqa: PLC0415 -- not needed at startup
    from strongroom_cli.connection import connected, facts_of  # noqa: PLC0415 -- see main
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
        also = {} if person is None else {"signed in as": person.username, "profile": person.name}
        write_facts(choices, facts_of(client.identity) | told | also)
    if failed is not None:
        raise failure_of(failed) from None


def _show_person(choices: Choices) -> None:
    from strongroom import StrongroomError  # noqa: PLC0415 -- not needed at startup
    from strongroom_cli.failures import failure_of  # noqa: PLC0415 -- see main
    from strongroom_cli.person import acting, find_profile, limits_of, moment  # noqa: PLC0415 -- the same

    profile = find_profile(choices)
    known: dict[str, object] = {
        "person": profile.username,
        "vault": profile.vault_id,
        "vault name": profile.vault_name,
        "server": profile.server,
        "profile": profile.name,
        "key": profile.key_name,
        "key kept in": profile.kept_in,
        "until": moment(profile.expires_at),
    }
    failed: StrongroomError | None = None
    limits: dict[str, object] = {}
    try:
        with acting(choices) as admin:
            limits = limits_of(choices, admin, admin.read_own_key())
    except StrongroomError as error:
        failed = error
    write_facts(choices, known | {"accepted": failed is None} | limits)
    if failed is not None:
        raise failure_of(failed, as_person=True) from None
