"""A machine reads many secrets in one call (R-6). Each is decided, counted and logged individually."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.secrets import SECRETS_EXPORT
from strongroom_core.kernel.errors import Frozen, NotFound, StrongroomError, TooLarge
from strongroom_core.kernel.ids import is_id
from strongroom_core.secrets.read import Request, SecretValue, read_batch
from strongroom_wire.errors import Code

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Machine

MOST_SECRETS = 2000
MOST_BYTES = 8 * 1024 * 1024

DENIED = frozenset({Code.NOT_FOUND, Code.FROZEN, Code.NO_GRANT})
"""Errors for a single secret that result from a person's decision. Any other error fails the whole export."""

# A secret whose version or material is missing is included, so that it fails the export.
_ASKED = """
select g.secret, coalesce(octet_length(m.ciphertext), 0) as size
from secret_grant g
join secret s on s.vault = g.vault and s.id = g.secret and s.trashed_at is null
join project p on p.vault = s.vault and p.id = s.project and p.trashed_at is null
left join secret_version v
    on v.vault = s.vault and v.secret = s.id and v.number = s.current_version
left join secret_material m on m.vault = v.vault and m.secret = v.secret and m.id = v.material
where g.machine = $1 and ($2::text is null or p.id = $2) and ($3::text is null or p.application = $3)
order by s.name_folded, s.id limit $4
"""


async def export_secrets(
    core: Core, caller: Machine, *, project: str | None = None, application: str | None = None
) -> list[SecretValue]:
    """Return the values of all secrets granted to a machine, in one project, one application or all.

    Denied secrets, such as those in a frozen project, are left out, and the denials are logged. A denied
    export is logged as a denied read, in the project it was limited to. Raises
    `Frozen` for a frozen project requested by ID, `NotFound` for one the machine isn't attached to, and
    `TooLarge` above 2,000 secrets or 8 MiB, before anything is read. A value that can't be decrypted fails
    the whole export with `IntegrityFailure`: a program must not start with a secret missing. A vault's
    exports run one at a time. If too many are waiting, raises `Crowded` before anything is used up.
    """
    async with core.exports.turn(caller.vault):
        return await _export(core, caller, project, application)


async def _export(
    core: Core, caller: Machine, project: str | None, application: str | None
) -> list[SecretValue]:
    async with gate.perform(core, caller, SECRETS_EXPORT, within=project) as act:
        if project is not None:
            await _require_open(act.connection, caller, project)
            act.is_within(project)
        rows = await act.connection.fetch(_ASKED, caller.id, project, application, MOST_SECRETS + 1)
        if len(rows) > MOST_SECRETS or sum(row["size"] for row in rows) > MOST_BYTES:
            raise TooLarge("more than 2,000 secrets or 8 MiB; export one project at a time")
        # A malformed ID could be anything someone pasted, so it stays out of the audit log.
        named = application if application and is_id(application, "app") else None
        act.record(project=project, application=named, secrets=len(rows))
    if not rows:
        return []
    request = Request(caller, [row["secret"] for row in rows], admitted=True)
    (outcomes,) = await read_batch(core, caller.vault, [request])
    values: list[SecretValue] = []
    for outcome in outcomes:
        if isinstance(outcome, SecretValue):
            values.append(outcome)
        elif _fails(outcome, project):
            raise outcome
    return values


def _fails(refusal: StrongroomError, project: str | None) -> bool:
    """Whether this result ends the export, as an error does, or a freeze between its two transactions."""
    return refusal.code not in DENIED or (project is not None and isinstance(refusal, Frozen))


async def _require_open(connection: Connection, caller: Machine, project: str) -> None:
    row = None
    if is_id(project, "proj"):
        row = await connection.fetchrow(
            "select p.frozen_at is not null as frozen from attachment a"
            " join project p on p.id = a.project and p.trashed_at is null"
            " where a.machine = $1 and a.project = $2",
            caller.id,
            project,
        )
    if row is None:
        raise NotFound("project")
    if row["frozen"]:
        raise Frozen
