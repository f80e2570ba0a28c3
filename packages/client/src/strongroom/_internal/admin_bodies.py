"""What people's operations send: values, how to generate them, shares, and changes of access."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from strongroom._internal.value import Value

Text: TypeAlias = str | Value
"""A value to store. A `Value` can't be printed by accident."""

Charset: TypeAlias = Literal["alphanumeric", "numbers", "symbols", "uuid"]


@dataclass(frozen=True, slots=True)
class Generate:
    """How the server generates a value: its length, and its characters."""

    length: int = 32
    charset: Charset = "symbols"


@dataclass(frozen=True, slots=True)
class AccessChange:
    """A machine's access to a secret: `all`, `none`, or some fields of a structured secret."""

    machine_id: str
    secret_id: str
    access: Literal["all", "none"] | Sequence[str] = "all"


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What a program suggests for its key. The person who approves it sees this, and can change it.

    `lifetime_seconds` is from 8 hours to 90 days. With `looking`, the key can only read. `vault` is a name or
    an ID, and `projects` are paths or IDs: at most 20, to which the key is limited.
    """

    name: str | None = None
    lifetime_seconds: int | None = None
    looking: bool = False
    vault: str | None = None
    projects: Sequence[str] | None = None


def suggested(given: Suggestions) -> dict[str, object]:
    return {
        "name": given.name,
        "lifetimeSeconds": given.lifetime_seconds,
        "looking": given.looking,
        "vault": given.vault,
        "projects": None if given.projects is None else list(given.projects),
    }


def _reveal(value: Text | None) -> str | None:
    return value.reveal() if isinstance(value, Value) else value


def content(
    value: Text | None, fields: Mapping[str, Text] | None, generate: Generate | None
) -> dict[str, object]:
    return {
        "value": _reveal(value),
        "fields": None
        if fields is None
        else {name: _reveal(each) for name, each in fields.items()},
        "generate": None
        if generate is None
        else {"length": generate.length, "charset": generate.charset},
    }


def shared(
    value: Text | None,
    file_name: str | None,
    file_content: Text | None,
    label: str | None,
    lifetime_seconds: int | None,
    tries: int | None,
) -> dict[str, object]:
    return {
        "value": _reveal(value),
        "fileName": file_name,
        "fileContent": _reveal(file_content),
        "label": label,
        "lifetimeSeconds": lifetime_seconds,
        "tries": tries,
    }


def change_of(change: AccessChange) -> dict[str, object]:
    access = change.access if isinstance(change.access, str) else list(change.access)
    return {"machineId": change.machine_id, "secretId": change.secret_id, "access": access}
