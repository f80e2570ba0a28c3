"""Who can read a secret, and when each machine last read it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.secrets import SECRET_VIEW
from strongroom_core.access.visible import VISIBLE, only_of
from strongroom_core.db.conditions import Conditions
from strongroom_core.db.listing import Key, Listing, fetch_counted
from strongroom_core.grants.views import ReaderView

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import SecretId
    from strongroom_core.kernel.page import CountedPage, PageRequest

# Finding a machine's last read is one index lookup, however often other machines read the secret. `{only}` is
# the placeholder of the only account whose entries the caller can see.
_LAST_READ = f"""
left join lateral (
    select e.at from audit_entry e
    where e.vault = g.vault and e.target_id = g.secret and e.actor_id = g.machine::text
      and e.action = 'secret_read' and {VISIBLE.format("{only}")}
    order by e.at desc limit 1
) last on true
"""

READERS = Listing(
    columns="""
        m.id as machine_id, m.name as machine_name, m.enabled, m.expires_at,
        g.fields, g.granted_at, g.granted_by, g.seen_version, last.at as last_read_at
    """,
    source=f"secret_grant g join machine m on m.vault = g.vault and m.id = g.machine {_LAST_READ}",
    counted="secret_grant g join machine m on m.vault = g.vault and m.id = g.machine",
    name=(Key("lower(m.name)"),),
    id=Key("m.id", "uuid"),
    sorts={
        "machineName": (Key("lower(m.name)"),),
        "grantedAt": (Key("g.granted_at", "timestamptz"),),
    },
    default="machineName",
)


async def list_readers(
    core: Core, caller: Human, secret: SecretId, page: PageRequest, *, q: str | None = None
) -> CountedPage[ReaderView]:
    """Return the machines with access to a secret, by name. Raises `NotFound`.

    `q` is any part of a machine's name, hostname or address, or the beginning of its ID.
    """
    conditions = Conditions()
    only = conditions.place(only_of(caller))
    # Counting doesn't need the last reads, but PostgreSQL must know the type of each argument.
    conditions.add_placed(f"{only}::text is null or true")
    listing = replace(READERS, source=READERS.source.format(only=only))
    conditions.add("g.secret = {0}", secret)
    conditions.add_search("m", q)
    async with gate.perform(core, caller, SECRET_VIEW, secret) as act:
        return await fetch_counted(act.connection, listing, page, conditions, ReaderView.of_row)
