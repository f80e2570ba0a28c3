"""Who can read a secret, and when each machine last did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.grants.views import ReaderView

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import SecretId
    from strongroom_core.kernel.page import Page, PageRequest

# A machine's last read is one step into an index, however often the secret is read by others.
_READERS = """
select m.id as machine_id, m.name as machine_name, m.enabled, m.expires_at,
       g.fields, g.granted_at, g.granted_by, g.seen_version, last.at as last_read_at
from secret_grant g
join machine m on m.vault = g.vault and m.id = g.machine
left join lateral (
    select e.at from audit_entry e
    where e.vault = g.vault and e.target_id = g.secret and e.actor_id = g.machine::text
      and e.action = 'secret_read'
    order by e.at desc limit 1
) last on true
where g.secret = $1 and ($2::text is null or (m.name, m.id::text) > ($2, $3))
order by m.name, m.id::text limit $4
"""


async def list_readers(
    core: Core, caller: Human, secret: SecretId, page: PageRequest
) -> Page[ReaderView]:
    """Return the machines that were granted a secret, by name. Raises `NotFound`."""
    name, after = page.after or (None, None)
    async with gate.perform(core, caller, Action.SECRET_VIEW, secret) as act:
        rows = await act.connection.fetch(_READERS, secret, name, after, page.limit + 1)
    items = [ReaderView(**row) for row in rows]
    return page.page(items, lambda item: (item.machine_name, str(item.machine_id)))
