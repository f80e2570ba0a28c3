"""The call table: methods, paths, and how to parse responses (WIRE, section 3).

Parsers take decoded JSON and raise `KeyError`, `TypeError` or `ValueError` if its shape is wrong; unknown
members are ignored.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from strongroom._internal.answers import (
    CheckedStep,
    ExportedSecret,
    MachineAccess,
    ProjectAccess,
    ProjectInfo,
    ReadExplanation,
    SecretInfo,
)
from strongroom._internal.sanitize import listed, optional_number, optional_text, text
from strongroom._internal.value import Value

T = TypeVar("T")
OK, CREATED = 200, 201


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One call. `{}` in the path is an ID. A `repeatable` call is idempotent, so it is safe to send twice."""

    method: str
    path: str
    read: Callable[[Any], T]
    status: int = OK
    repeatable: bool = True

    def bind(self, *parts: str, body: dict[str, Any] | None = None) -> "BoundCall[T]":
        """Return the call with the IDs in its path and its body as JSON."""
        content = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        return BoundCall(self, self.path.format(*parts), content)


@dataclass(frozen=True, slots=True)
class BoundCall(Generic[T]):
    """A call with its subject: everything that is sent except authentication."""

    call: Call[T]
    path: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Registered:
    """A machine that has just registered. `api_url` is the server URL to use from now on."""

    machine_id: str
    machine_name: str
    vault_id: str
    api_url: str


@dataclass(frozen=True, slots=True)
class Change:
    """What a poll reports about a secret. `version` is a changed secret's current version, if known."""

    status: str
    version: int | None


def understand(call: Call[T], text: bytes | str) -> T | None:
    """Return the parsed response, or None if it is malformed.

    This returns None rather than raising, so that no chained exception contains a value.
    """
    try:
        return call.read(json.loads(text))
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return None


def _field_names(found: Any) -> tuple[str, ...] | None:
    """Parse field names. On the wire, they are a JSON array in a string, or null for a single value."""
    return None if found is None else tuple(text(name) for name in listed(json.loads(found)))


def _value(found: Any) -> Value:
    return Value(text(found["value"]), version=_version(found))


def _version(found: Any) -> int | None:
    """Parse a version, which is optional in the protocol."""
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


def _machine_access(found: Any) -> MachineAccess:
    return MachineAccess(optional_text(found.get("vaultName")), tuple(_projects(found)))


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


def _changes(found: Any) -> dict[str, Change]:
    return {
        secret: Change(text(change["status"]), _version(change))
        for secret, change in found["changes"].items()
    }


def _access(found: Any) -> ProjectAccess:
    return ProjectAccess(
        found["valid"] is True,
        optional_text(found["projectName"]),
        optional_text(found["error"]),
        found.get("frozen") is True if "frozen" in found else None,
    )


def _explanation(found: Any) -> ReadExplanation:
    return ReadExplanation(
        allowed=found["allowed"] is True,
        reason=optional_text(found["reason"]),
        secret_name=optional_text(found["secretName"]),
        policy_name=optional_text(found["policyName"]),
        steps=tuple(
            CheckedStep(
                text(step["name"]), step["state"] == "passed", optional_text(step["detail"])
            )
            for step in listed(found["steps"])
        ),
        remedies=tuple(_remedy(each) for each in listed(found["remedies"])),
        note=optional_text(found["note"]),
    )


def _remedy(found: Any) -> str:
    needs = optional_text(found["needs"])
    return text(found["text"]) + (f" (needs {needs})" if needs else "")


def _registered(found: Any) -> Registered:
    return Registered(
        machine_id=text(found["machineId"]),
        machine_name=text(found["machineName"]),
        vault_id=text(found["vaultId"]),
        api_url=text(found["apiUrl"]),
    )


def _as_object(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise TypeError
    return found  # pyright: ignore[reportUnknownVariableType]


READ_SECRET = Call("GET", "/v1/secret/{}", _value)
LIST_SECRETS = Call("GET", "/v1/cli/secrets", _secrets)
LIST_PROJECTS = Call("GET", "/v1/cli/projects", _projects)
READ_ACCESS = Call("GET", "/v1/cli/projects", _machine_access)
EXPORT = Call("POST", "/v1/secrets/export", _exported)
POLL = Call("POST", "/v1/secrets/poll", _changes)
VERIFY_ACCESS = Call("POST", "/v1/verify-access", _access)
EXPLAIN = Call("POST", "/v1/explain", _explanation)
ROTATE_KEY = Call("POST", "/v1/machine/rotate-key", _as_object, repeatable=False)

BOOTSTRAP = Call("POST", "/v1/bootstrap/register", _registered, CREATED, repeatable=False)
TEMPORARY = Call("POST", "/v1/{}/temp-bootstrap/register", _registered, CREATED, repeatable=False)
ENROLL = Call("POST", "/v1/{}/enroll/register", _registered, CREATED, repeatable=False)
ENROLL_JOB = Call("POST", "/v1/{}/enroll/oidc", _registered, CREATED)
HEALTH = Call("GET", "/health", _as_object)
