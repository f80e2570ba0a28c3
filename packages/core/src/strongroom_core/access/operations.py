"""Defines what an operation is: one entry point into the system, and its action.

Each adapter declares its operations next to its routes, handlers and jobs. The server joins them into one
table, `docs/authorization.md`. An entry point without an operation stops the program from starting.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from strongroom_core.access.action import Action, Plane


@dataclass(frozen=True, slots=True)
class Operation:
    """One entry point. Without an `action`, it returns no vault data and changes nothing (health).

    `needs` describes what the caller needs in addition to permissions.
    """

    plane: Plane
    action: Action | None
    returns_value: bool = False
    needs: str | None = None


class TableMismatch(RuntimeError):
    """The authorization table and the program don't match, so the program doesn't start."""


def people(action: Action) -> Operation:
    """Declare an operation for users with a session."""
    return Operation(Plane.HUMAN, action)


def strangers(action: Action | None, *, needs: str | None = None) -> Operation:
    """Declare an operation that needs no authentication."""
    return Operation(Plane.PUBLIC, action, needs=needs)


def machines(action: Action, *, returns_value: bool = False) -> Operation:
    """Declare a signed machine call."""
    return Operation(Plane.MACHINE, action, returns_value=returns_value)


def screen(action: Action) -> Operation:
    """Declare a read-only handler of the dashboard."""
    return Operation(Plane.DASHBOARD, action)


def job(action: Action) -> Operation:
    """Declare an operation that the server performs itself or for an administration command."""
    return Operation(Plane.JOB, action)


def table_of(declared: Iterable[tuple[str, Operation | None]]) -> dict[str, Operation]:
    """Return the operations, sorted by name.

    Raises `TableMismatch` for an entry point without an operation, for a duplicate name, and for an operation
    on a plane that its action doesn't allow.
    """
    table: dict[str, Operation] = {}
    for name, operation in declared:
        if operation is None:
            raise TableMismatch(f"authorization table: not listed: {name}")
        if name in table:
            raise TableMismatch(f"authorization table: duplicate: {name}")
        if (
            operation.action is not None
            and _caller_plane(operation.plane) not in operation.action.planes
        ):
            raise TableMismatch(f"authorization table: {name}'s action doesn't allow its plane")
        table[name] = operation
    return dict(sorted(table.items()))


def require_listed(found: Iterable[str], table: Mapping[str, Operation]) -> None:
    """Raise `TableMismatch` unless the program has exactly the operations that are in the table."""
    names = list(found)
    surplus, missing = sorted(set(names) - set(table)), sorted(set(table) - set(names))
    doubled = sorted({name for name in names if names.count(name) > 1})
    if surplus or missing or doubled:
        raise TableMismatch(
            f"authorization table: not listed: {surplus}; listed but missing: {missing}; "
            f"duplicate: {doubled}"
        )


def _caller_plane(plane: Plane) -> Plane:
    return Plane.HUMAN if plane is Plane.DASHBOARD else plane
