"""The return types: names and IDs of what a program can read, and values that are masked when printed."""

from collections.abc import Sequence
from dataclasses import dataclass

from strongroom._internal.sanitize import text
from strongroom._internal.value import Value
from strongroom.errors import Ambiguous, NotFound, NotStructured

MOST_NEAR, LEAST_LIKENESS = 3, 0.8


@dataclass(frozen=True, slots=True)
class SecretInfo:
    """A secret this machine can read. `field_names` lists the granted fields; None for a single value.

    `type` is `secret`, `structured` or `managed`; `version` is the current version, or None if unknown.
    """

    id: str
    name: str
    field_names: tuple[str, ...] | None
    project_id: str
    project_name: str
    application_id: str | None
    application_name: str | None
    type: str
    version: int | None = None

    @property
    def address(self) -> str:
        """`application/project/NAME`, or `project/NAME` for a standalone project."""
        return "/".join(filter(None, (self.application_name, self.project_name, self.name)))


@dataclass(frozen=True, slots=True)
class ProjectInfo:
    """A project with at least one secret this machine can read."""

    id: str
    name: str
    application_id: str | None
    application_name: str | None

    @property
    def address(self) -> str:
        """`application/project`, or `project` if it is standalone."""
        return "/".join(filter(None, (self.application_name, self.name)))


@dataclass(frozen=True, slots=True)
class MachineAccess:
    """The vault this machine is in, and the projects with at least one secret it can read.

    `vault_name` is None if the server doesn't report it.
    """

    vault_name: str | None
    projects: tuple[ProjectInfo, ...]


@dataclass(frozen=True, slots=True)
class ProjectAccess:
    """Whether this machine is attached to a project. If it isn't, `error` says why.

    While the project is `frozen`, all reads are blocked. `frozen` is None if the server doesn't report it.
    """

    valid: bool
    project_name: str | None
    error: str | None
    frozen: bool | None = None


@dataclass(frozen=True, slots=True)
class CheckedStep:
    """One check of a read: its name, whether it `passed`, and a sentence about it, if there is one."""

    name: str
    passed: bool
    detail: str | None


@dataclass(frozen=True, slots=True)
class ReadExplanation:
    """Whether this machine could read a secret now, step by step, and what would allow it to.

    `reason` is the reason that the audit log would contain. `remedies` says what would have to change, and
    which permission that needs. `note` is about a policy that isn't enforced.
    """

    allowed: bool
    reason: str | None
    secret_name: str | None
    policy_name: str | None
    steps: tuple[CheckedStep, ...]
    remedies: tuple[str, ...]
    note: str | None


@dataclass(frozen=True, slots=True)
class ExportedSecret:
    """A secret with its value. For a structured one, `value` is the JSON text of its granted fields."""

    id: str
    name: str
    field_names: tuple[str, ...] | None
    value: Value

    @property
    def version(self) -> int | None:
        """The version that was read, or None if unknown."""
        return self.value.version

    @property
    def fields(self) -> dict[str, Value]:
        """The value of each granted field. Raises `NotStructured` for a single value."""
        found = split_fields(self.value) if self.field_names is not None else None
        if found is None:
            raise NotStructured(f"{self.name} has no fields", "use its value")
        return found


def split_fields(value: Value) -> dict[str, Value] | None:
    """Return the fields of a structured value, or None if it isn't a JSON object of strings.

    This returns None rather than raising, so that no traceback contains the text or the parser's copy of it.
    """
    import json  # noqa: PLC0415 -- most programs read single values only

    try:
        fields = {name: text(each) for name, each in json.loads(value.reveal()).items()}
    except (AttributeError, TypeError, ValueError):
        return None
    return {
        name: Value(each, offline=value.offline, version=value.version)
        for name, each in fields.items()
    }


def match_address(secrets: Sequence[SecretInfo], address: str) -> SecretInfo:
    """Return the secret with this ID or path. Case matters only if several paths differ only in case.

    Raises `NotFound`, whose hint lists similar paths, and `Ambiguous`, whose hint lists IDs.
    """
    for matches in (
        [each for each in secrets if each.id == address],
        [each for each in secrets if each.address == address],
        [each for each in secrets if each.address.casefold() == address.casefold()],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            ids = ", ".join(each.id for each in matches)
            raise Ambiguous(f"several secrets match {matches[0].address}", f"use {ids}")
    raise NotFound("no access to this secret, or it does not exist", _hint(secrets, address))


def _hint(secrets: Sequence[SecretInfo], address: str) -> str:
    if not secrets:
        return "this machine has no access to any secret"
    from difflib import get_close_matches  # noqa: PLC0415 -- only for errors

    known = {each.address.casefold(): each.address for each in secrets}
    near = get_close_matches(address.casefold(), known, MOST_NEAR, LEAST_LIKENESS)
    name = address.rsplit("/", maxsplit=1)[-1].casefold()
    same_name = [each.address for each in secrets if each.name.casefold() == name]
    found = list(dict.fromkeys([*(known[each] for each in near), *same_name]))[:MOST_NEAR]
    if found:
        return f"did you mean {' or '.join(found)}?"
    return "a path is application/project/NAME, or project/NAME"
