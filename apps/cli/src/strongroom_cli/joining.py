"""Offers to register this computer as a machine, to someone who is signed in and has none here (D-5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_cli.addresses import no_project_selected
from strongroom_cli.failures import DENIED, NOT_AUTHENTICATED, Failure
from strongroom_cli.output import can_ask, note

if TYPE_CHECKING:
    from pathlib import Path

    from strongroom import Identity, Value
    from strongroom.admin import Admin, Profile
    from strongroom_cli.choices import Choices
    from strongroom_cli.settings import Settings

_MARK = "waiting"
_SECONDS = 2.0
"""The pause between two questions to the server about the machine."""


def profile_without_machine(settings: Settings) -> Profile | None:
    """Return the profile for which this computer has no machine, or one that waits for its approval."""
    from strongroom import (  # noqa: PLC0415 -- not needed until here
        Identity,
        NoIdentity,
        StrongroomError,
    )
    from strongroom.admin import Profile  # noqa: PLC0415 -- the same

    if settings.identity.value is not None:
        return None
    try:
        identity = Identity.find(settings.vault.value)
    except NoIdentity as error:
        if "several" in error.what:
            return None
        identity = None
    except StrongroomError:
        return None  # There is one that can't be used, and the command says why.
    if identity is not None and not _mark_of(identity).exists():
        return None
    try:
        profile = Profile.find()
    except StrongroomError:
        return None
    wanted = settings.vault.value if identity is None else identity.vault_id
    return profile if wanted in (None, profile.vault_id) else None


def _waiting(profile: Profile) -> Identity | None:
    """Return the identity that was registered before and still waits for its approval, if there is one."""
    from strongroom import Identity, NoIdentity  # noqa: PLC0415 -- already loaded

    try:
        return Identity.find(profile.vault_id)
    except NoIdentity:
        return None


def offer_machine(choices: Choices, settings: Settings) -> None:
    """Ask whether this computer should become a machine of the vault in which the person is signed in.

    Returns at once if it is one already, or if nobody is signed in or can answer: the command then says what
    is missing. Otherwise returns when the machine can read the selected project. What it can read is decided
    in the browser, by someone who compares the fingerprint. A command that was interrupted meanwhile can be
    repeated, and goes on waiting. Raises `Failure` if the answer is no, if the person's key can't register
    machines, or if the machine is denied, and the library's errors.
    """
    profile = profile_without_machine(settings)
    if profile is None or not can_ask():
        return
    if settings.project.value is None:
        # Nobody should approve a machine for a command that then fails.
        raise no_project_selected(settings.project)
    import click  # noqa: PLC0415 -- see main

    from strongroom.admin import Admin  # noqa: PLC0415 -- not needed until here
    from strongroom_cli.connection import tell_request  # noqa: PLC0415 -- see main
    from strongroom_cli.escape import escape  # noqa: PLC0415 -- the same
    from strongroom_cli.person import find_project  # noqa: PLC0415 -- the same

    identity = _waiting(profile)
    if identity is not None and _is_accepted(identity):
        return
    trace = tell_request if choices.debug else None
    choices.as_person = True  # for the hints of errors
    with Admin(profile, trace=trace) as admin:
        if identity is None:
            _require_able(admin)
            find_project(admin, settings.project.value)
            question = (
                f"This computer isn't a machine of {profile.vault_name} yet, so programs on it can't read"
                " secrets. Register it? You then choose in the browser what it can read"
            )
            if not click.confirm(escape(question), err=True):
                raise Failure(
                    "this computer isn't registered as a machine",
                    "only machines read values; `strongroom secrets` manages them",
                    exit_code=NOT_AUTHENTICATED,
                )
            token = admin.create_registration_token().token
            identity = _register(profile, token)
        page = _introduce(choices, identity)
        _wait_for_approval(admin, identity)
    choices.as_person = False
    _wait_for_access(choices, settings, identity, page)


def _require_able(admin: Admin) -> None:
    """Raise `Failure` if the person's key can't register machines."""
    key = admin.read_own_key()
    limit = (
        "can only read" if key.looking else "is limited to some projects" if key.projects else ""
    )
    if limit:
        raise Failure(
            f"this computer isn't registered as a machine, and your key {limit}",
            "run `strongroom login` again without limits, or `strongroom bootstrap` with a command from the"
            " dashboard",
            exit_code=NOT_AUTHENTICATED,
        )


def _register(profile: Profile, token: Value) -> Identity:
    """Register this computer. The mark comes first: an interruption must not leave an identity without it."""
    from strongroom import bootstrap, strongroom_home  # noqa: PLC0415 -- already loaded

    folder = strongroom_home() / "vaults" / profile.vault_id
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark = folder / _MARK
    mark.touch(0o600)
    try:
        return bootstrap(profile.server, token.reveal(), vault=profile.vault_id)
    except Exception:
        mark.unlink(missing_ok=True)
        raise


def _is_accepted(identity: Identity) -> bool:
    """Whether the machine was approved meanwhile. Then the mark is removed."""
    from strongroom import Strongroom, StrongroomError  # noqa: PLC0415 -- already loaded

    try:
        with Strongroom(identity, attempts=1) as client:
            client.read_access()
    except StrongroomError:
        return False
    _mark_of(identity).unlink(missing_ok=True)
    return True


def _mark_of(identity: Identity) -> Path:
    """Return the file that exists while the machine waits for its approval."""
    if identity.path is None:
        raise RuntimeError("an identity that was found or written has a path")
    return identity.path.with_name(_MARK)


def _introduce(choices: Choices, identity: Identity) -> str:
    """Show the fingerprint and the machine's page, even with --quiet; return the page's URL."""
    import click  # noqa: PLC0415 -- see main

    from strongroom_cli.browser import open_page  # noqa: PLC0415 -- see main
    from strongroom_cli.escape import escape  # noqa: PLC0415 -- the same

    page = f"{identity.api_url}/machines/{identity.machine_id}"
    lines = [
        f"machine:     {identity.machine_name}",
        f"open:        {page}",
        f"fingerprint: {identity.fingerprint}",
    ]
    click.echo("\n".join(map(escape, lines)), err=True)
    open_page(choices, page)
    note(choices, "waiting for the approval; press Ctrl+C to stop")
    return page


def _wait_for_approval(admin: Admin, identity: Identity) -> None:
    import time  # noqa: PLC0415 -- only here

    from strongroom import NotFound, Sealed, TooMany, Unavailable  # noqa: PLC0415 -- already loaded

    while True:
        try:
            if admin.read_machine(identity.machine_id).state != "pending":
                break
        except NotFound:
            # This key will never be accepted, and would be in the way of the next attempt.
            for file in filter(None, (identity.path, identity.key_file, _mark_of(identity))):
                file.unlink(missing_ok=True)
            raise Failure(
                "the machine was denied",
                "run the command again to ask once more",
                exit_code=DENIED,
            ) from None
        except (Sealed, TooMany, Unavailable):
            pass  # The person can still approve it when the server is back.
        time.sleep(_SECONDS)
    _mark_of(identity).unlink(missing_ok=True)


def _wait_for_access(choices: Choices, settings: Settings, identity: Identity, page: str) -> None:
    """Wait until the machine can read the selected project, which can be allowed after the approval."""
    import time  # noqa: PLC0415 -- only here

    from strongroom import Sealed, Strongroom, TooMany, Unavailable  # noqa: PLC0415 -- already loaded

    wanted, told = settings.project.value, False
    with Strongroom(identity) as client:
        while True:
            try:
                if any(wanted in (each.id, each.address) for each in client.list_projects()):
                    return
            except (Sealed, TooMany, Unavailable):
                pass
            else:
                if not told:
                    note(choices, f"approved; give it access to secrets in {wanted} at {page}")
                    told = True
            time.sleep(_SECONDS)
