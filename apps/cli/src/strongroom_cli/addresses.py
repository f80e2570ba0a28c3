"""Resolves user input to a secret, a project or a server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_cli.failures import FAILURE, NOT_FOUND, USAGE, Failure
from strongroom_cli.phrases import near, some_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from strongroom import ProjectInfo, SecretInfo, Strongroom
    from strongroom_cli.settings import Setting

_SECRET_PREFIX = "sk_"
_SECRET_ID = re.compile(r"sk_[a-z0-9]{10,16}")
_PROJECT_ID = re.compile(r"proj_[a-z0-9]{10,16}")


@dataclass(frozen=True, slots=True)
class Found:
    """A secret and the requested field. `info` is None if the secret was given by ID."""

    id: str
    field: str | None
    info: SecretInfo | None = None

    @property
    def label(self) -> str:
        """The name to show to people."""
        return self.info.address if self.info is not None else self.id


def resolve_secret(client: Strongroom, typed: str, project: Setting) -> Found:
    """Return the secret for an ID, a path, or a name in the selected project.

    `#field` can follow. Fetches the list of secrets unless an ID is given. Raises `Failure`.
    """
    found = _by_id(typed)
    return found or match_secret(client.list_secrets(), typed, project)


def find_secrets(
    listed: Sequence[SecretInfo], typed: Sequence[str], project: Setting
) -> list[Found]:
    """Return several secrets, by path or ID. An ID doesn't have to be in the list. Raises `Failure`."""
    by_id = {each.id: each for each in listed}
    found: list[Found] = []
    for each in typed:
        known = _by_id(each) or match_secret(listed, each, project)
        found.append(Found(known.id, known.field, by_id.get(known.id)))
    return found


def match_secret(listed: Sequence[SecretInfo], typed: str, project: Setting) -> Found:
    """Return the matching secret from a list. Raises `Failure` if none or several match."""
    # A name can contain a #, so try the whole string first.
    name, hash_sign, field = typed.rpartition("#")
    attempts = [(typed, None), (name, field)] if hash_sign else [(typed, None)]
    for address, wanted in attempts:
        matches = [each for each in listed if _is_meant(each, address, project.value)]
        if len(matches) > 1:
            ids = ", ".join(f"{each.id} ({each.address})" for each in matches)
            raise Failure(f"{address} is ambiguous", f"use one of these IDs: {ids}")
        if matches:
            return Found(matches[0].id, wanted or None, matches[0])
    raise _no_such_secret(listed, typed, project)


@dataclass(frozen=True, slots=True)
class ChosenProject:
    """A selected project. `address` is None if only the ID is known."""

    id: str
    address: str | None

    @property
    def label(self) -> str:
        """The name to show to people."""
        return self.address or self.id


def resolve_project(client: Strongroom, project: Setting) -> ChosenProject:
    """Return the selected project. Raises `Failure`, including when none is selected."""
    if project.value is None:
        raise no_project_selected(project)
    if _PROJECT_ID.fullmatch(project.value):
        return ChosenProject(project.value, None)
    return match_project(client.list_projects(), project.value)


def no_project_selected(project: Setting) -> Failure:
    """Return the failure if no project is selected."""
    return Failure(
        f"no project selected{_why(project)}",
        "add --project application/project, or select one with `strongroom connect`",
        exit_code=USAGE,
    )


def match_project(listed: Sequence[ProjectInfo], typed: str) -> ChosenProject:
    """Return the matching project from a list. Raises `Failure` if none or several match."""
    matches = [each for each in listed if typed in (each.address, each.id)]
    if len(matches) > 1:
        ids = ", ".join(each.id for each in matches)
        raise Failure(f"{typed} is ambiguous", f"use one of these IDs: {ids}", exit_code=FAILURE)
    if not matches:
        known = [each.address for each in listed]
        raise application_given(typed, known, wanted="project") or Failure(
            f"no access to any secret in {typed}, or it does not exist",
            near(typed, known, otherwise="see `strongroom connect`"),
            exit_code=NOT_FOUND,
            for_access=True,
        )
    return ChosenProject(matches[0].id, matches[0].address)


def application_given(typed: str, projects: Iterable[str], *, wanted: str) -> Failure | None:
    """Return the failure if an application was given where a project or secret is `wanted`."""
    inside = sorted({each for each in projects if each.startswith(f"{typed}/")})
    if not inside:
        return None
    return Failure(
        f"{typed} is an application, not a {wanted}",
        f"its projects: {some_of(inside)}",
        exit_code=USAGE,
    )


def project_of(info: SecretInfo) -> str:
    """Return the path of the project that a secret is in."""
    return "/".join(filter(None, (info.application_name, info.project_name)))


def require_server_address(typed: str) -> str:
    """Return the server URL without a trailing slash. Raises `Failure` with the usage error's exit code."""
    from strongroom import BadIdentity, require_server_url  # noqa: PLC0415 -- not needed at startup

    try:
        return require_server_url(typed)
    except BadIdentity as error:
        raise Failure(error.what, error.hint, exit_code=USAGE) from None


def _why(unsaid: Setting) -> str:
    """Return the reason why the project file couldn't be read, or an empty text."""
    from strongroom_cli.settings import UNSAID  # noqa: PLC0415 -- already loaded

    return "" if unsaid == UNSAID else f": {unsaid.source}"


def _by_id(typed: str) -> Found | None:
    """Return the secret for an ID. Raises `Failure` if the input is empty."""
    name, _, field = typed.partition("#")
    if not name:
        raise Failure(
            f"{typed} has a field but no secret" if typed else "the path is empty",
            "a path is application/project/NAME, project/NAME, or an ID",
            exit_code=USAGE,
        )
    return Found(name, field or None) if _SECRET_ID.fullmatch(name) else None


def _is_meant(info: SecretInfo, typed: str, project: str | None) -> bool:
    if typed == info.address:
        return True
    return typed == info.name and project in (info.project_id, project_of(info))


def _place_given(listed: Sequence[SecretInfo], typed: str) -> Failure | None:
    """Return the failure if a project or an application was given where a secret is wanted."""
    projects = {project_of(each) for each in listed}
    if typed in projects:
        return Failure(
            f"{typed} is a project, not a secret",
            f"list its secrets with `strongroom list {typed}`",
            exit_code=USAGE,
        )
    return application_given(typed, projects, wanted="secret")


def _no_such_secret(listed: Sequence[SecretInfo], typed: str, project: Setting) -> Failure:
    if typed.endswith("/"):
        return Failure(
            f"no secret name after the last / in {typed}",
            f"see `strongroom list --project {typed.rstrip('/')}`",
            exit_code=USAGE,
        )
    place = _place_given(listed, typed)
    if place is not None:
        return place
    if typed.startswith(_SECRET_PREFIX) and "/" not in typed:
        return Failure(
            f"{typed} is not a secret ID",
            "an ID is sk_ and 16 letters and digits; see `strongroom list`",
            exit_code=USAGE,
        )
    inside = [each for each in listed if project.value in (each.project_id, project_of(each))]
    known = {each.address for each in listed} | {each.name for each in inside}
    if "/" in typed or project:
        where = f" in {project_of(inside[0])}" if inside and "/" not in typed else ""
        return Failure(
            f"no access to {typed}{where}, or it does not exist",
            near(typed, known),
            exit_code=NOT_FOUND,
            for_access=True,
        )
    same = sorted(each.address for each in listed if each.name == typed.partition("#")[0])
    otherwise = "add --project application/project, or select one with `strongroom connect`"
    return Failure(
        f"{typed} is a name, and no project is selected{_why(project)}",
        f"use the full path, such as {same[0]}" if same else otherwise,
        exit_code=USAGE,
    )
