"""A machine reads many secrets in one call (R-6). Each is decided, counted and recorded by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.kernel.errors import Frozen, NotFound, TooLarge
from strongroom_core.kernel.ids import is_id
from strongroom_core.secrets.read import Request, SecretValue, read_batch

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Machine

MOST_SECRETS = 2000
MOST_BYTES = 8 * 1024 * 1024

_ASKED = """
select g.secret, octet_length(m.ciphertext) as size
from secret_grant g
join secret s on s.vault = g.vault and s.id = g.secret and s.trashed_at is null
join project p on p.vault = s.vault and p.id = s.project and p.trashed_at is null
join secret_version v on v.vault = s.vault and v.secret = s.id and v.number = s.current_version
join secret_material m on m.vault = v.vault and m.secret = v.secret and m.id = v.material
where g.machine = $1 and ($2::text is null or p.id = $2) and ($3::text is null or p.application = $3)
order by s.name_folded, s.id limit $4
"""


async def export_secrets(
    core: Core, caller: Machine, *, project: str | None = None, application: str | None = None
) -> list[SecretValue]:
    """Return the values of all secrets granted to a machine, of a project, an application or all.

    What is denied, as in a frozen project among others, is left out and recorded. Raises `Frozen`
    for a frozen project asked for by id, `NotFound` for one the machine is not attached to, and
    `TooLarge` above 2,000 secrets or 8 MiB, before anything is read.
    """
    async with gate.perform(core, caller, Action.SECRETS_EXPORT) as act:
        if project is not None:
            await _require_open(act.connection, caller, project)
        rows = await act.connection.fetch(_ASKED, caller.id, project, application, MOST_SECRETS + 1)
        if len(rows) > MOST_SECRETS or sum(row["size"] for row in rows) > MOST_BYTES:
            raise TooLarge("more than 2,000 secrets or 8 MiB: export project by project")
        # What is no id at all is whatever somebody pasted, and stays out of the record.
        named = application if application and is_id(application, "app") else None
        act.record(project=project, application=named, secrets=len(rows))
    if not rows:
        return []
    request = Request(caller, [row["secret"] for row in rows], admitted=True)
    (outcomes,) = await read_batch(core, caller.vault, [request])
    return [read for read in outcomes if isinstance(read, SecretValue)]


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
