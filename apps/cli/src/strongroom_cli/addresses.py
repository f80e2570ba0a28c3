"""From what was typed to a secret or a project."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_cli.exits import FAILURE, NOT_FOUND, USAGE, Failure
from strongroom_cli.near_names import near

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom import ProjectInfo, SecretInfo, Strongroom
    from strongroom_cli.settings import Setting

_SECRET_ID = re.compile(r"sk_[a-z0-9]{10,16}")
_PROJECT_ID = re.compile(r"proj_[a-z0-9]{10,16}")


@dataclass(frozen=True, slots=True)
class Found:
    """A secret, by its id, and the field that was asked for. `info` is None for one given by id."""

    id: str
    field: str | None
    info: SecretInfo | None = None

    @property
    def label(self) -> str:
        """What to call it to people."""
        return self.info.address if self.info is not None else self.id


def resolve_secret(client: Strongroom, typed: str, project: Setting) -> Found:
    """Return the secret that is meant: an id, an address, or a name inside the project.

    `#field` may follow. Asks the server for names unless an id is given. Raises `Failure`.
    """
    found = _by_id(typed)
    return found or match_secret(client.list_secrets(), typed, project)


def find_secrets(
    listed: Sequence[SecretInfo], typed: Sequence[str], project: Setting
) -> list[Found]:
    """Return several of those listed. An id need not be among them. Raises `Failure`."""
    by_id = {each.id: each for each in listed}
    found: list[Found] = []
    for each in typed:
        known = _by_id(each) or match_secret(listed, each, project)
        found.append(Found(known.id, known.field, by_id.get(known.id)))
    return found


def match_secret(listed: Sequence[SecretInfo], typed: str, project: Setting) -> Found:
    """Return the secret among those listed. Raises `Failure` for none and for several."""
    # A name may itself hold a #, so that the whole is looked for first.
    name, hash_sign, field = typed.rpartition("#")
    attempts = [(typed, None), (name, field)] if hash_sign else [(typed, None)]
    for address, wanted in attempts:
        matches = [each for each in listed if _is_meant(each, address, project.value)]
        if len(matches) > 1:
            ids = ", ".join(f"{each.id} ({each.address})" for each in matches)
            raise Failure(f"{address} may be several secrets", f"give one of these ids: {ids}")
        if matches:
            return Found(matches[0].id, wanted or None, matches[0])
    raise _no_such_secret(listed, typed, project)


@dataclass(frozen=True, slots=True)
class ChosenProject:
    """A project by its id. `address` is None where only the id is known."""

    id: str
    address: str | None

    @property
    def label(self) -> str:
        """What to call it to people."""
        return self.address or self.id


def resolve_project(client: Strongroom, project: Setting) -> ChosenProject:
    """Return the project that is in effect. Raises `Failure`, also when none was chosen."""
    if project.value is None:
        raise Failure(
            "no project is chosen",
            "say --project application/environment, or choose one with `strongroom connect`",
            exit_code=USAGE,
        )
    if _PROJECT_ID.fullmatch(project.value):
        return ChosenProject(project.value, None)
    return match_project(client.list_projects(), project.value)


def match_project(listed: Sequence[ProjectInfo], typed: str) -> ChosenProject:
    """Return the project among those listed. Raises `Failure` for none and for several."""
    matches = [each for each in listed if typed in (each.address, each.id)]
    if len(matches) > 1:
        ids = ", ".join(each.id for each in matches)
        raise Failure(
            f"{typed} may be several projects", f"give one of these ids: {ids}", exit_code=FAILURE
        )
    if not matches:
        raise Failure(
            f"there is no project {typed} in which this machine was granted a secret",
            near(
                typed,
                [each.address for each in listed],
                otherwise="see `strongroom connect`, or have somebody grant it one",
            ),
            exit_code=NOT_FOUND,
        )
    return ChosenProject(matches[0].id, matches[0].address)


def project_of(info: SecretInfo) -> str:
    """Return the address of the project a secret is in."""
    return "/".join(filter(None, (info.application_name, info.project_name)))


def _by_id(typed: str) -> Found | None:
    """Return the secret whose id was typed. Raises `Failure` where nothing was typed."""
    name, _, field = typed.partition("#")
    if not name:
        raise Failure(
            f"{typed} names a field and no secret" if typed else "the address is empty",
            "an address is application/environment/NAME, project/NAME, or an id",
            exit_code=USAGE,
        )
    return Found(name, field or None) if _SECRET_ID.fullmatch(name) else None


def _is_meant(info: SecretInfo, typed: str, project: str | None) -> bool:
    if typed == info.address:
        return True
    return typed == info.name and project in (info.project_id, project_of(info))


def _no_such_secret(listed: Sequence[SecretInfo], typed: str, project: Setting) -> Failure:
    if typed.endswith("/"):
        return Failure(
            f"{typed} lacks the name of a secret after the last /",
            f"see `strongroom list --project {typed.rstrip('/')}`",
            exit_code=USAGE,
        )
    inside = [each for each in listed if project.value in (each.project_id, project_of(each))]
    known = {each.address for each in listed} | {each.name for each in inside}
    if "/" in typed or project:
        where = f" in {project_of(inside[0])}" if inside and "/" not in typed else ""
        return Failure(
            f"this machine was granted no secret {typed}{where}",
            near(typed, known),
            exit_code=NOT_FOUND,
        )
    same = sorted(each.address for each in listed if each.name == typed.partition("#")[0])
    otherwise = "say --project application/environment, or choose one with `strongroom connect`"
    return Failure(
        f"{typed} is a name, and no project is chosen",
        f"give the whole address, such as {same[0]}" if same else otherwise,
        exit_code=USAGE,
    )
