"""Acts as a person: opens the library with the key of a profile, and resolves paths."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TYPE_CHECKING

from strongroom_cli.failures import NOT_AUTHENTICATED, NOT_FOUND, USAGE, Failure
from strongroom_cli.phrases import near

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import datetime

    from strongroom.admin import Admin, OwnKey, Profile, Project, Secret
    from strongroom_cli.choices import Choices
    from strongroom_cli.settings import Settings

ATTEMPTS = 2
"""A person is waiting, and can repeat the command."""

MOST_KNOWN = 1_000
"""How many names are compared for suggestions."""

_MOST_SLASHES = 2
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
    return find_project(admin, typed)


def find_project(admin: Admin, typed: str) -> Project:
    """Return a project. Raises `Failure`, with similar names, if there is none."""
    from strongroom import NotFound  # noqa: PLC0415 -- already loaded

    address = typed.rstrip("/")
    try:
        if _has_project_form(address):
            return admin.find_project(address)
    except NotFound:
        pass
    raise no_project(admin, address)


def no_project(admin: Admin, typed: str) -> Failure:
    """Return the failure if there is no such project."""
    from strongroom_cli.addresses import application_given  # noqa: PLC0415 -- see main

    known = project_addresses(admin)
    return application_given(typed, known, wanted="project") or Failure(
        f"no project at {typed}" if "/" in typed else f"no project has the name {typed}",
        near(typed, known, otherwise="see `strongroom projects`"),
        exit_code=NOT_FOUND,
    )


def project_addresses(admin: Admin) -> list[str]:
    """Return the addresses of the person's projects, for suggestions: the first 1,000."""
    return [each.address for each in islice(admin.each(admin.list_projects, limit=200), MOST_KNOWN)]


def limits_of(choices: Choices, admin: Admin, key: OwnKey) -> dict[str, object]:
    """Return the facts about what a key is limited to. Its projects have names."""
    from strongroom_cli.output import JSON, kind_of  # noqa: PLC0415 -- already loaded

    projects: object = None if kind_of(choices) == JSON else "all"
    if key.projects is not None:
        # A key that is limited to projects lists no others.
        listed = islice(admin.each(admin.list_projects, limit=200), MOST_KNOWN)
        names = {each.id: each.address for each in listed}
        projects = sorted(names.get(each, each) for each in key.projects)
    return {"only reading": key.looking, "projects": projects}


def _has_project_form(address: str) -> bool:
    return bool(address) and address.count("/") <= 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a secret is, or would be. `found` is None if there is none with this name yet.

    `address` is its path, or its ID if that was typed. `field` is the part after `#`, if there is one.
    """

    address: str
    found: Secret | None
    field: str | None = None
    _admin: Admin | None = None
    _project: Project | None = None

    def required(self) -> Secret:
        """Return the secret. Raises `Failure`, with similar names, if there is none."""
        if self.found is None:
            raise Failure(f"no secret at {self.address}", self._similar(), exit_code=NOT_FOUND)
        return self.found

    def _similar(self) -> str:
        admin, project = self._admin, self._project
        if admin is None or project is None:
            return ""
        listed = islice(admin.each(admin.list_secrets, project.id, limit=200), MOST_KNOWN)
        known = [f"{project.address}/{each.name}" for each in listed]
        return near(
            self.address, known, otherwise=f"see `strongroom secrets list {project.address}`"
        )

    def required_whole(self) -> Secret:
        """Return the secret. Raises `Failure` if there is none, or if a field was given."""
        if self.field is not None:
            raise Failure(
                "this command works on whole secrets, not fields",
                "leave out #FIELD",
                exit_code=USAGE,
            )
        return self.required()

    def required_field(self, hint: str = "name one of them as #FIELD") -> str:
        """Return the field. Raises `Failure` if the secret has none with this name."""
        secret, field = self.required(), self.field or ""
        if secret.kind != "structured":
            raise Failure(
                f"{self.address} is a single value, without fields",
                "leave out #FIELD",
                exit_code=USAGE,
            )
        if field not in secret.field_names:
            names = ", ".join(secret.field_names)
            raise Failure(
                f"{self.address} has no field {field}; its fields: {names}",
                hint,
                exit_code=USAGE,
            )
        return field


def find_place(choices: Choices, admin: Admin, typed: str) -> Place:
    """Return the place that was typed: an ID, a path, or a name in the selected project.

    `#FIELD` can follow; a name that contains a # is tried first. Raises `Failure`, and the library's errors.
    """
    address = _full_address(choices, admin, typed)
    found, field = _find(admin, address), None
    name, hash_sign, last = address.rpartition("#")
    if found is None and hash_sign:
        if not name or not last:
            raise Failure(
                "the path is not complete",
                "it looks like application/project/NAME#FIELD",
                exit_code=USAGE,
            )
        address, field = name, last
        found = _find(admin, address)
    if found is not None or "/" not in address:
        return Place(address, found, field)
    return Place(address, None, field, admin, _project_of(admin, address))


def _project_of(admin: Admin, address: str) -> Project:
    """Return the project that a new secret would be in. Raises `Failure` if there is none."""
    from strongroom import NotFound  # noqa: PLC0415 -- already loaded

    place, _, name = address.rpartition("/")
    if not place or not name or not _has_project_form(place):
        raise Failure(
            f"{address} is not a secret's path",
            "a path is application/project/NAME, project/NAME, or an ID",
            exit_code=USAGE,
        )
    try:
        return admin.find_project(place)
    except NotFound:
        pass
    if address in project_addresses(admin):
        raise Failure(
            f"{address} is a project, not a secret",
            f"list its secrets with `strongroom secrets list {address}`",
            exit_code=USAGE,
        )
    raise no_project(admin, place)


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

    if address.count("/") > _MOST_SLASHES:
        return None
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
