"""The call table: method, path, and how to read the answer (WIRE, section 3).

Readers take what JSON said and raise `KeyError`, `TypeError` or `ValueError` where it has another
shape; members they do not know are ignored.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from strongroom.answers import ExportedSecret, ProjectAccess, ProjectInfo, SecretInfo
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


def _text(found: Any) -> str:
    if not isinstance(found, str):
        raise TypeError
    return found


def _optional(found: Any) -> str | None:
    return None if found is None else _text(found)


def _list(found: Any) -> list[Any]:
    if not isinstance(found, list):
        raise TypeError
    return found  # pyright: ignore[reportUnknownVariableType]


def _field_names(found: Any) -> tuple[str, ...] | None:
    """The wire carries them as a JSON array in a text, and null for a single value."""
    return None if found is None else tuple(_text(name) for name in _list(json.loads(found)))


def _value(found: Any) -> Value:
    return Value(_text(found["value"]), version=_version(found))


def _version(found: Any) -> int | None:
    """Servers may leave it out."""
    version = found.get("version")
    if version is not None and type(version) is not int:
        raise TypeError
    return version


def _secrets(found: Any) -> list[SecretInfo]:
    return [
        SecretInfo(
            id=_text(each["id"]),
            name=_text(each["name"]),
            field_names=_field_names(each["fieldNames"]),
            project_id=_text(each["projectId"]),
            project_name=_text(each["projectName"]),
            application_id=_optional(each["applicationId"]),
            application_name=_optional(each["applicationName"]),
            type=_text(each["type"]),
            version=_version(each),
        )
        for each in _list(found["secrets"])
    ]


def _projects(found: Any) -> list[ProjectInfo]:
    return [
        ProjectInfo(
            id=_text(each["projectId"]),
            name=_text(each["projectName"]),
            application_id=_optional(each["applicationId"]),
            application_name=_optional(each["applicationName"]),
        )
        for each in _list(found["projects"])
    ]


def _exported(found: Any) -> list[ExportedSecret]:
    return [
        ExportedSecret(
            id=_text(each["id"]),
            name=_text(each["name"]),
            field_names=_field_names(each["fieldNames"]),
            value=_value(each),
        )
        for each in _list(found["secrets"])
    ]


def _changes(found: Any) -> dict[str, Told]:
    return {
        secret: Told(_text(change["status"]), _version(change))
        for secret, change in found["changes"].items()
    }


def _access(found: Any) -> ProjectAccess:
    return ProjectAccess(
        found["valid"] is True, _optional(found["projectName"]), _optional(found["error"])
    )


def _registered(found: Any) -> Registered:
    return Registered(
        machine_id=_text(found["machineId"]),
        machine_name=_text(found["machineName"]),
        vault_id=_text(found["vaultId"]),
        api_url=_text(found["apiUrl"]),
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
