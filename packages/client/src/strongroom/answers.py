"""What a program gets: names and ids of what it may read, and values that do not print themselves."""

from dataclasses import dataclass

from strongroom.errors import NotStructured
from strongroom.value import Value


@dataclass(frozen=True, slots=True)
class SecretInfo:
    """A secret this machine was granted. `field_names` are the granted ones; None for a single value.

    `type` is `secret`, `structured` or `managed`; `version` the live one, None if it is not known.
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
        """`application/project/NAME`, or `project/NAME` where the project stands alone."""
        return "/".join(filter(None, (self.application_name, self.project_name, self.name)))


@dataclass(frozen=True, slots=True)
class ProjectInfo:
    """A project in which this machine was granted a secret."""

    id: str
    name: str
    application_id: str | None
    application_name: str | None

    @property
    def address(self) -> str:
        """`application/project`, or `project` where it stands alone."""
        return "/".join(filter(None, (self.application_name, self.name)))


@dataclass(frozen=True, slots=True)
class ProjectAccess:
    """Whether this machine is attached to a project; `error` says why not.

    While it is `frozen` nothing of it can be read; None where the server does not tell.
    """

    valid: bool
    project_name: str | None
    error: str | None
    frozen: bool | None = None


@dataclass(frozen=True, slots=True)
class ExportedSecret:
    """A secret with its value. `value` of a structured one is the JSON text of its granted fields."""

    id: str
    name: str
    field_names: tuple[str, ...] | None
    value: Value

    @property
    def version(self) -> int | None:
        """The version that was read; None if it is not known."""
        return self.value.version

    @property
    def fields(self) -> dict[str, Value]:
        """The value of each granted field. Raises `NotStructured` for a single value."""
        found = split_fields(self.value) if self.field_names is not None else None
        if found is None:
            raise NotStructured(f"{self.name} has no fields", "use its value")
        return found


def split_fields(value: Value) -> dict[str, Value] | None:
    """Return the fields of a structured value, or None for a value that is no object of texts.

    It returns rather than raises so that no traceback holds the text or the parser's copy of it.
    """
    import json  # noqa: PLC0415 -- most programs read single values

    try:
        found = json.loads(value.reveal())
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    fields = {str(name): text for name, text in found.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if not all(isinstance(text, str) for text in fields.values()):  # pyright: ignore[reportUnknownVariableType]
        return None
    return {
        name: Value(str(text), offline=value.offline, version=value.version)  # pyright: ignore[reportUnknownArgumentType]
        for name, text in fields.items()  # pyright: ignore[reportUnknownVariableType]
    }
