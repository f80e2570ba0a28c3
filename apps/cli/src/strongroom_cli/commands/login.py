"""`strongroom login`: creates a key on this computer, which a person approves in the browser with a code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from strongroom_cli.choices import Choices, common_options, output_option, pass_choices
from strongroom_cli.failures import DENIED, NOT_FOUND, USAGE, Failure
from strongroom_cli.output import ALL_KINDS, note, write_facts

if TYPE_CHECKING:
    from strongroom.admin import LogIn, OwnKey, Profile, Suggestions

_SHORTEST, _LONGEST = 8 * 3600, 90 * 86_400
"""The lifetimes that a key can have, in seconds."""

_FEWEST_FAILURES = 3
"""Failed polls in a row after which the wait is noted; a server may be restarting."""


@click.command(name="login")
@click.argument("server", required=False)
@click.option("--server", "option", metavar="URL", help="The server's URL; the same as SERVER.")
@click.option("--profile", metavar="NAME", help="Name of the profile (default: that of the vault).")
@click.option("--no-browser", is_flag=True, help="Only print the link.")
@click.option("--no-keyring", is_flag=True, help="Keep the key in a file, not in the keyring.")
@click.option("--name", metavar="NAME", help="Suggest a name for the key.")
@click.option("--lifetime", metavar="TIME", help="Suggest how long it works: 8h to 90d.")
@click.option("--look-only", is_flag=True, help="Suggest that it can only read.")
@click.option("--vault", metavar="VAULT", help="Suggest the vault, by name or ID.")
@click.option(
    *("-p", "--project", "projects"),
    multiple=True,
    metavar="PROJECT",
    help="Suggest limiting it to this project; can be repeated.",
)
@output_option(*ALL_KINDS)
@common_options
@pass_choices
def command(
    choices: Choices,
    server: str | None,
    option: str | None,
    profile: str | None,
    *,
    no_browser: bool,
    no_keyring: bool,
    **suggested: Any,
) -> None:
    """Sign in from this terminal, to manage a vault as yourself.

    SERVER is the URL of your dashboard; once you have signed in, it isn't needed again. This creates a key on
    this computer, which you approve in the browser with a code. You choose the vault and how long the key
    works, and can limit it to some projects or to reading. There is no token to store.

    What you suggest here is filled in there, and you can still change it.
    """
    from strongroom import Unavailable  # noqa: PLC0415 -- not needed at startup
    from strongroom.admin import LogIn, Profile  # noqa: PLC0415 -- the same
    from strongroom_cli.browser import open_page  # noqa: PLC0415 -- see main
    from strongroom_cli.commands.version import version_line  # noqa: PLC0415 -- the same

    choices.as_person = True
    url = _server(choices, server, option)
    wanted = _suggestions(**suggested)
    if profile is not None:
        wanted = _for_profile(profile, url, wanted)
    Profile.require_writable()
    asked = LogIn.start(url, client=version_line(), suggested=wanted)
    _introduce(asked)
    if not no_browser:
        open_page(choices, asked.link)
    note(choices, "waiting for the approval; press Ctrl+C to stop")
    try:
        approved = _wait(choices, asked)
    except Unavailable as error:
        raise Failure(error.what, "run `strongroom login` again") from None
    suggested_vault: str | None = suggested["vault"]
    # The server ignores case when it looks up a name.
    if suggested_vault is not None and suggested_vault.casefold() not in (
        approved.vault_id,
        approved.vault_name.casefold(),
    ):
        note(choices, f"the key was approved in another vault: {approved.vault_name}")
    kept = _save(choices, asked, approved, profile, use_keyring=not no_keyring)
    write_facts(
        choices,
        {
            "profile": kept.name,
            "user": kept.username,
            "vault": kept.vault_name,
            "server": kept.server,
            "until": f"{approved.expires_at:%Y-%m-%dT%H:%M:%SZ}",
            "key kept in": kept.kept_in,
            **_limits(choices, kept, approved),
        },
    )


def _for_profile(name: str, server: str, wanted: Suggestions | None) -> Suggestions | None:
    """Suggest the vault of an earlier profile with this name.

    Raises `Failure` before anybody approves a key for it: for a name that isn't one, and for the profile of
    another server or vault.
    """
    from dataclasses import replace  # noqa: PLC0415 -- only here

    from strongroom import BadIdentity  # noqa: PLC0415 -- not needed at startup
    from strongroom.admin import Profile, Suggestions, require_profile_name  # noqa: PLC0415 -- the same

    try:
        require_profile_name(name)
    except BadIdentity as error:
        raise Failure(error.what, error.hint, exit_code=USAGE) from None
    earlier = next((each for each in Profile.usable() if each.name == name), None)
    if earlier is None:
        return wanted
    vault = None if wanted is None else wanted.vault
    same_vault = vault is None or vault.casefold() in (
        earlier.vault_id,
        (earlier.vault_name or "").casefold(),
    )
    if earlier.server != server or not same_vault:
        raise Failure(
            f"profile {name} is {earlier.label}",
            "choose another name; `strongroom profiles` lists those in use",
            exit_code=USAGE,
        )
    return replace(wanted or Suggestions(), vault=earlier.vault_id)


def _suggestions(
    name: str | None,
    lifetime: str | None,
    vault: str | None,
    projects: tuple[str, ...],
    *,
    look_only: bool,
) -> Suggestions | None:
    """Return what the person suggests for the key; None for nothing. Raises `Failure`."""
    from strongroom.admin import Suggestions  # noqa: PLC0415 -- not needed at startup
    from strongroom_cli.settings import seconds_of  # noqa: PLC0415 -- see main

    seconds = None if lifetime is None else int(seconds_of(lifetime))
    if seconds is not None and not _SHORTEST <= seconds <= _LONGEST:
        raise Failure(
            "a key works for 8 hours to 90 days", "pass --lifetime 8h to 90d", exit_code=USAGE
        )
    made = Suggestions(
        name=name,
        lifetime_seconds=seconds,
        looking=look_only,
        vault=vault,
        projects=projects or None,
    )
    return None if made == Suggestions() else made


def _server(choices: Choices, argument: str | None, option: str | None) -> str:
    """Return the server's URL: as typed, or that of the only server known here. Raises `Failure`."""
    from strongroom.admin import Profile  # noqa: PLC0415 -- not needed at startup
    from strongroom_cli.addresses import require_server_address  # noqa: PLC0415 -- see main
    from strongroom_cli.connection import server_url  # noqa: PLC0415 -- the same

    if argument is not None and option not in (None, argument):
        raise click.UsageError("two servers given; drop --server")
    typed = argument or option
    if typed is not None:
        if "://" not in typed:
            _require_remote(typed)
        return require_server_address(typed if "://" in typed else f"https://{typed}")
    known = {each.server for each in Profile.list()}
    of_machine = server_url(choices)
    if not known and of_machine is not None:
        known = {of_machine}
    if len(known) == 1:
        return known.pop()
    raise Failure(
        "no server given",
        "pass the URL of your dashboard: `strongroom login https://…`",
        exit_code=USAGE,
    )


def _require_remote(typed: str) -> None:
    """Raise `Failure` for a server on this computer, which may or may not have TLS."""
    found = re.fullmatch(r"(?:localhost|127(?:\.[0-9]+){3}|\[::1\])(:[0-9]+)?/?", typed.lower())
    if found is not None:
        port = found[1] or ""
        raise Failure(
            f"{typed} is on this computer, and may or may not have TLS",
            f"use http://localhost{port}, or https://{typed} if it has",
            exit_code=USAGE,
        )


def _introduce(asked: LogIn) -> None:
    """Show the code and the link, even with --quiet: without them, nobody can approve the key."""
    from strongroom_cli.escape import escape  # noqa: PLC0415 -- see main

    lines = [
        f"code:        {asked.code}",
        f"open:        {asked.link}",
        f"fingerprint: {asked.fingerprint}",
    ]
    click.echo("\n".join(map(escape, lines)), err=True)


def _wait(choices: Choices, asked: LogIn) -> OwnKey:
    """Poll until the request is decided. If the server is unreachable for a while, keep trying."""
    import time  # noqa: PLC0415 -- only here

    from strongroom import (  # noqa: PLC0415 -- already loaded
        AccessDenied,
        NotFound,
        Sealed,
        TooMany,
        Unavailable,
    )
    from strongroom_cli.phrases import seconds_until  # noqa: PLC0415 -- see main

    failures = 0
    while True:
        try:
            approved = asked.poll()
        except AccessDenied as error:
            raise Failure(error.what, "nothing was stored", exit_code=DENIED) from None
        except NotFound:
            raise _expired() from None
        except (Sealed, TooMany, Unavailable) as error:
            failures += 1
            if failures == _FEWEST_FAILURES:
                note(choices, f"still waiting: {error.what}")
            if seconds_until(asked.expires_at) <= 0:
                raise
        else:
            failures = 0
            if approved is not None:
                return approved
        time.sleep(asked.poll_seconds)


def _expired() -> Failure:
    return Failure(
        "nobody approved the key, and the code has expired",
        "run `strongroom login` again",
        exit_code=NOT_FOUND,
    )


def _save(
    choices: Choices, asked: LogIn, approved: OwnKey, profile: str | None, *, use_keyring: bool
) -> Profile:
    """Write the new key, and then revoke the one that it replaces: the same person's for the same vault."""
    from contextlib import suppress  # noqa: PLC0415 -- only here

    from strongroom import AuthenticationFailed, StrongroomError  # noqa: PLC0415 -- already loaded
    from strongroom.admin import Admin, Profile, new_profile_name  # noqa: PLC0415 -- the same

    vault, username = approved.vault_id, approved.username
    name = profile or new_profile_name(asked.server, vault, approved.vault_name, username)
    earlier: Admin | None = None
    for each in Profile.usable():
        # Its key may be unusable, which is no reason to fail.
        if each.name == name and each.is_for(asked.server, vault, username):
            with suppress(StrongroomError):
                earlier = Admin(each, attempts=2)
    kept = asked.save(approved, name, use_keyring=use_keyring)
    if earlier is not None:
        try:
            with earlier:
                earlier.revoke_own_key()
        except AuthenticationFailed:
            pass  # It has expired, or was revoked.
        except StrongroomError as error:
            note(
                choices, f"the earlier key wasn't revoked ({error.what}): do it under Your security"
            )
    return kept


def _limits(choices: Choices, kept: Profile, approved: OwnKey) -> dict[str, object]:
    """Return the facts about the key's limits, or none if the server can't be asked for names now."""
    from contextlib import suppress  # noqa: PLC0415 -- only here

    from strongroom import StrongroomError  # noqa: PLC0415 -- already loaded
    from strongroom.admin import Admin  # noqa: PLC0415 -- the same
    from strongroom_cli.person import limits_of  # noqa: PLC0415 -- see main

    with suppress(StrongroomError), Admin(kept, attempts=1) as admin:
        return limits_of(choices, admin, approved)
    return {}
