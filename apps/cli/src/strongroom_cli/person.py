"""Acts as a person: opens the library with the key of a profile, and resolves paths."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from strongroom_cli.failures import NOT_AUTHENTICATED, NOT_FOUND, USAGE, Failure

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import datetime

    from strongroom.admin import Admin, Profile, Project, Secret
    from strongroom_cli.choices import Choices
    from strongroom_cli.settings import Settings

ATTEMPTS = 2
"""A person is waiting, and can repeat the command."""

_ID_PREFIXES = ("sk_", "proj_")
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


@contextmanager
def acting(choices: Choices) -> Generator[Admin]:
    """Open the client for the person who is signed in. Raises `Failure`, and the library's errors."""
    from strongroom.admin import Admin  # noqa: PLC0415 -- not needed until here
    from strongroom_cli.connection import tell_request  # noqa: PLC0415 -- the same

    profile = find_profile(choices)
    trace = tell_request if choices.debug else None
    with Admin(profile, attempts=ATTEMPTS, trace=trace) as admin:
        yield admin


def find_profile(choices: Choices) -> Profile:
    """Return the profile in effect. Raises `NoIdentity`, and `BadIdentity`."""
    from strongroom.admin import Profile  # noqa: PLC0415 -- not needed until here

    choices.as_person = True
    profile = Profile.find(choices.profile)
    choices.server = profile.server
    return profile


def settings_of(choices: Choices, profile_vault: str) -> Settings:
    """Return the settings in effect. Raises `Failure` for the project file of another vault."""
    from strongroom_cli.settings import settle  # noqa: PLC0415 -- not needed until here

    settings = settle(choices)
    file = settings.file
    chosen_by_file = file is not None and settings.project.source == str(file.path)
    if chosen_by_file and file is not None and file.vault not in (None, profile_vault):
        raise Failure(
            f"{file.path} is for vault {file.vault}, but you are signed in to {profile_vault}",
            "pass --project, or choose another --profile",
            exit_code=NOT_AUTHENTICATED,
        )
    return settings


def resolve_project(choices: Choices, admin: Admin, typed: str | None) -> Project:
    """Return the project that was typed, or else the selected one. Raises `Failure`, and `NotFound`."""
    if typed is None:
        setting = settings_of(choices, admin.key.vault_id).project
        if setting.value is None:
            raise Failure(
                "no project given",
                "pass application/project, or see `strongroom projects`",
                exit_code=USAGE,
            )
        typed = setting.value
    return admin.find_project(typed.rstrip("/"))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a secret is, or would be. `found` is None if there is none with this name yet.

    `address` is its path, or its ID if that was typed. `field` is the part after `#`, if there is one.
    """

    address: str
    found: Secret | None
    field: str | None = None

    def required(self) -> Secret:
        """Return the secret. Raises `Failure` if there is none."""
        if self.found is None:
            place = self.address.rpartition("/")[0]
            raise Failure(
                f"no secret at {self.address}",
                f"see `strongroom secrets list {place}`" if place else "",
                exit_code=NOT_FOUND,
            )
        return self.found

    def required_whole(self) -> Secret:
        """Return the secret. Raises `Failure` if there is none, or if a field was given."""
        if self.field is not None:
            raise Failure(
                "this command works on whole secrets, not fields",
                "leave out #FIELD",
                exit_code=USAGE,
            )
        return self.required()


def find_place(choices: Choices, admin: Admin, typed: str) -> Place:
    """Return the place that was typed: an ID, a path, or a name in the selected project.

    `#FIELD` can follow; a name that contains a # is tried first. Raises `Failure`, and the library's errors.
    """
    address = _full_address(choices, admin, typed)
    found = _find(admin, address)
    name, hash_sign, field = address.rpartition("#")
    if found is not None or not hash_sign:
        return Place(address, found)
    if not name or not field:
        raise Failure("the path is not complete", "it looks like application/project/NAME#FIELD")
    return Place(name, _find(admin, name), field)


def _full_address(choices: Choices, admin: Admin, typed: str) -> str:
    if not typed.strip("/"):
        raise Failure(
            "the path is empty", "a path is application/project/NAME or an ID", exit_code=USAGE
        )
    if "/" in typed or typed.startswith(_ID_PREFIXES):
        return typed
    return f"{resolve_project(choices, admin, None).address}/{typed}"


def _find(admin: Admin, address: str) -> Secret | None:
    from strongroom import NotFound  # noqa: PLC0415 -- already loaded

    try:
        return admin.find_secret(address)
    except NotFound:
        return None


def moment(at: datetime | None) -> str:
    """Return a time as tables show it, or a hyphen."""
    return "-" if at is None else f"{at:{_MOMENT}}"


def facts(view: object) -> dict[str, object]:
    """Return a class of the library as JSON data. Times become texts."""
    found: dict[str, object] = asdict(view)  # pyright: ignore[reportArgumentType] -- all are dataclasses
    return {name: _plain(each) for name, each in found.items()}


def _plain(found: object) -> object:
    from datetime import datetime  # noqa: PLC0415 -- already loaded

    return moment(found) if isinstance(found, datetime) else found
