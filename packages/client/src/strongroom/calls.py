"""The call table: method, path, and how to read the answer (WIRE, section 3).

Readers take what JSON said and raise `KeyError`, `TypeError` or `ValueError` where it has another
shape; members they do not know are ignored.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from strongroom.answers import ExportedSecret, ProjectAccess, ProjectInfo, SecretInfo
from strongroom.json_shapes import listed, optional_number, optional_text, text
from strongroom.value import Value

T = TypeVar("T")
OK, CREATED = 200, 201


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One call. `{}` in the path stands for an id. `repeatable`: sent twice it does what once does."""

    method: str
    path: str
    read: Callable[[Any], T]
    status: int = OK
    repeatable: bool = True


@dataclass(frozen=True, slots=True)
class Registered:
    """A machine that has just been registered. `api_url` is where it finds the server from now on."""

    machine_id: str
    machine_name: str
    vault_id: str
    api_url: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a poll says of a secret. `version` is the live one of a secret that changed, if told."""

    status: str
    version: int | None


def understand(call: Call[T], text: bytes | str) -> T | None:
    """Return what an answer says, or None for one that makes no sense.

    It returns rather than raises so that no chained error holds a value.
    """
    try:
        return call.read(json.loads(text))
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return None


def _field_names(found: Any) -> tuple[str, ...] | None:
    """The wire carries them as a JSON array in a text, and null for a single value."""
    return None if found is None else tuple(text(name) for name in listed(json.loads(found)))


def _value(found: Any) -> Value:
    return Value(text(found["value"]), version=_version(found))


def _version(found: Any) -> int | None:
    """Servers may leave it out."""
    return optional_number(found.get("version"))


def _secrets(found: Any) -> list[SecretInfo]:
    return [
        SecretInfo(
            id=text(each["id"]),
            name=text(each["name"]),
            field_names=_field_names(each["fieldNames"]),
            project_id=text(each["projectId"]),
            project_name=text(each["projectName"]),
            application_id=optional_text(each["applicationId"]),
            application_name=optional_text(each["applicationName"]),
            type=text(each["type"]),
            version=_version(each),
        )
        for each in listed(found["secrets"])
    ]


def _projects(found: Any) -> list[ProjectInfo]:
    return [
        ProjectInfo(
            id=text(each["projectId"]),
            name=text(each["projectName"]),
            application_id=optional_text(each["applicationId"]),
            application_name=optional_text(each["applicationName"]),
        )
        for each in listed(found["projects"])
    ]


def _exported(found: Any) -> list[ExportedSecret]:
    return [
        ExportedSecret(
            id=text(each["id"]),
            name=text(each["name"]),
            field_names=_field_names(each["fieldNames"]),
            value=_value(each),
        )
        for each in listed(found["secrets"])
    ]


def _changes(found: Any) -> dict[str, Told]:
    return {
        secret: Told(text(change["status"]), _version(change))
        for secret, change in found["changes"].items()
    }


def _access(found: Any) -> ProjectAccess:
    return ProjectAccess(
        found["valid"] is True,
        optional_text(found["projectName"]),
        optional_text(found["error"]),
        found.get("frozen") is True if "frozen" in found else None,
    )


def _registered(found: Any) -> Registered:
    return Registered(
        machine_id=text(found["machineId"]),
        machine_name=text(found["machineName"]),
        vault_id=text(found["vaultId"]),
        api_url=text(found["apiUrl"]),
    )


def _whatever(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise TypeError
    return found  # pyright: ignore[reportUnknownVariableType]


READ_SECRET = Call("GET", "/v1/secret/{}", _value)
LIST_SECRETS = Call("GET", "/v1/cli/secrets", _secrets)
LIST_PROJECTS = Call("GET", "/v1/cli/projects", _projects)
EXPORT = Call("POST", "/v1/secrets/export", _exported)
POLL = Call("POST", "/v1/secrets/poll", _changes)
VERIFY_ACCESS = Call("POST", "/v1/verify-access", _access)
ROTATE_KEY = Call("POST", "/v1/machine/rotate-key", _whatever, repeatable=False)

BOOTSTRAP = Call("POST", "/v1/bootstrap/register", _registered, CREATED, repeatable=False)
ENROLL = Call("POST", "/v1/{}/enroll/register", _registered, CREATED, repeatable=False)
HEALTH = Call("GET", "/health", _whatever)
