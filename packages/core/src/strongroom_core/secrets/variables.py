"""Keeps secrets in a project from becoming the same environment variable (S-11).

Programs get a secret's value in a variable named after the secret. If two secrets had the same variable,
commands would have to reject both, so the second name is rejected instead. Secrets from before this rule keep
their names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.kernel.errors import Invalid, NameTaken, NotFound
from strongroom_wire.variables import variables_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.access.gate import Act

# This is a separate statement, because the next one must see what the lock's previous holder committed.
_LOCK = "select pg_advisory_xact_lock(hashtextextended($1 || ' variables', 0))"

_HELD = "select variables from secret where id = $1 and trashed_at is null"


async def require_variables_free(
    act: Act,
    project: str,
    secret: str,
    name: str,
    *,
    field_names: Sequence[str],
    taken: str,
) -> None:
    """Wait for other name changes in the project, then check the variables that the secret would gain.

    Variables that it already has aren't checked, so that older secrets with the same variable can
    be changed. Raises `NameTaken`, with the message `taken` if the other secret has the same name,
    and `Invalid` if two fields would become the same variable.
    """
    await act.connection.execute(_LOCK, project)
    row = await act.connection.fetchrow(_HELD, secret)
    held = set(row["variables"]) if row is not None else set[str]()
    variables = variables_of(name, field_names)
    gained = {f"{project}/{each}" for each in variables} - held
    if not gained:
        return
    if len(set(variables)) < len(variables):
        twice = next(each for each in variables if variables.count(each) > 1)
        raise Invalid(f"two fields would become the variable {twice}", field="fields")
    other = await act.connection.fetchrow(
        "select name, variable from secret_seen_as($1, $2, $3)", project, secret, sorted(gained)
    )
    if other is None:
        return
    if other["name"] == name:
        raise NameTaken(taken)
    raise NameTaken(
        f"programs would see it as {other['variable']}, like the existing secret {other['name']};"
        " choose another name"
    )


async def require_own_variables(act: Act, secret: str, name: str, *, taken: str) -> None:
    """Make the same checks for a secret that is being renamed or restored, with its current fields."""
    row = await act.connection.fetchrow(
        "select project, field_names from secret where id = $1", secret
    )
    if row is None:
        raise NotFound("secret")
    await require_variables_free(
        act, row["project"], secret, name, field_names=row["field_names"], taken=taken
    )
