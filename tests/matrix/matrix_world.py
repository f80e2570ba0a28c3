"""Two vaults in one database, the application in memory, and a list of everything that changes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx

from strongroom_api.process import Process
from strongroom_core.access.action import Action, Recorded
from strongroom_core.crypto.password import PasswordCost, PasswordHasher
from strongroom_core.crypto.random import new_id
from strongroom_core.crypto.token import mint_token
from strongroom_core.db.connection import OpenConnection, connect
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.limits.caps import NAMES
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.settings import Settings
from strongroom_testkit.app import make_app
from strongroom_testkit.members import organize
from strongroom_testkit.people import Person, make_operator, make_person
from strongroom_testkit.plans import set_limits
from strongroom_testkit.world import World
from tests.places import Place, PlaceMaker, State

from .expected import Who

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_testkit.cluster import Cluster
    from strongroom_testkit.markers import Markers
    from tests.requests import Request


URL = "http://localhost:8200"
OURS = {"Origin": URL, "X-Strongroom-Client": "matrix"}
CHEAP = PasswordCost(memory=64, passes=1)

OF_PEOPLE = ("audit_entry", "rate_count")
OF_MACHINES = (*OF_PEOPLE, "request_nonce", "known_pair", "lockout")
"""What a denial can change: the audit log, and the counters of requests."""

_addresses = count(1)

_NOTE_CHANGES = """
create schema matrix;
create unlogged table matrix.change (id bigint generated always as identity primary key, name text not null);
create function matrix.note() returns trigger language plpgsql security definer set search_path = '' as
  $$ begin insert into matrix.change (name) values (tg_table_name); return null; end $$;
do $$
declare name regclass;
begin
  for name in select oid from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
  loop
    execute format('create trigger added after insert or delete on %s for each row execute function'
      ' matrix.note()', name);
    execute format('create trigger altered after update on %s for each row'
      ' when (old.* is distinct from new.*) execute function matrix.note()', name);
  end loop;
end $$;
"""
"""Notes which tables change. To compare a hash of all tables after each request took most of the time."""


@dataclass(slots=True)
class Visitor:
    """A caller and their cookies."""

    who: Who
    person: Person | None
    client: httpx.AsyncClient

    @property
    def words(self) -> dict[str, str]:
        """The words that are filled into this visitor's requests."""
        return {"password": self.person.password if self.person else "no password at all"}

    async def ask(self, request: Request) -> httpx.Response:
        """Send a request with the headers that our own pages send."""
        vault = {"X-Strongroom-Vault": self.person.vault if self.person else "vault_none"}
        return await self.client.request(
            request.method,
            request.path,
            json=request.body,
            params=request.query,
            headers=vault,
        )


@dataclass(slots=True)
class MatrixWorld:
    """Everything that a cell needs. The clock is stopped, so nothing changes on its own."""

    core: Core
    app: Any
    administrator: OpenConnection = field(repr=False)
    mine: PlaceMaker
    theirs: PlaceMaker
    setup_token: str = field(repr=False)
    """The setup link's token, which is used up."""
    _places: dict[tuple[bool, State], Place] = field(default_factory=dict[Any, Place])
    _visitors: dict[Who, Visitor] = field(default_factory=dict[Who, Visitor])
    _known: int = 0
    _seen: int = 0

    async def place(self, state: State, *, mine: bool = True) -> Place:
        """Return a place in this state, in the owner's vault or in the other one."""
        key = (mine, state)
        if key not in self._places:
            self._places[key] = await (self.mine if mine else self.theirs).place(state)
        return self._places[key]

    def forget(self, place: Place) -> None:
        """Discard a place that was changed, so that a new one is created next time."""
        self._places = {key: each for key, each in self._places.items() if each is not place}

    def stranger(self) -> httpx.AsyncClient:
        """Return a client without cookies, from an address that no request has come from."""
        number = next(_addresses)
        address = f"127.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        transport = httpx.ASGITransport(
            self.app, raise_app_exceptions=False, client=(address, 40000)
        )
        return httpx.AsyncClient(transport=transport, base_url=URL, headers=OURS)

    async def visitor(self, who: Who) -> Visitor:
        """Return a visitor, signed in or signed out according to the name."""
        if who not in self._visitors:
            self._visitors[who] = await self._enter(who)
        return self._visitors[who]

    async def visitor_for(self, person: Person) -> Visitor:
        """Return another person with a new session in their vault."""
        client = self.stranger()
        client.cookies.set("strongroom", await self._session(person), domain="localhost.local")
        return Visitor(Who.OTHER, person, client)

    def leave(self, who: Who) -> None:
        """Have a visitor sign in again next time."""
        self._visitors.pop(who, None)

    def leave_others(self, who: Who) -> None:
        """Have all other visitors who are the same person sign in again, and make their places again."""
        person = self._visitors[who].person
        self._visitors = {
            key: each
            for key, each in self._visitors.items()
            if key is who or each.person is not person
        }
        if person is not None:
            self.renew_places(person)

    def renew_places(self, person: Person) -> None:
        """Have this person's places created again, because something in them no longer exists."""
        mine = person is self.mine.world.person
        self._places = {key: each for key, each in self._places.items() if key[0] is not mine}

    async def _enter(self, who: Who) -> Visitor:
        person = self.theirs.world.person if who is Who.OTHER else self.mine.world.person
        client = self.stranger()
        if who is Who.ANONYMOUS:
            return Visitor(who, None, client)
        self._move()
        client.cookies.set("strongroom", await self._session(person), domain="localhost.local")
        if who in _AGED:
            await self.administrator.execute(
                f"update session set {_AGED[who]} where id ="
                " (select id from session where account = $1 order by created_at desc limit 1)",
                person.account,
            )
        return Visitor(who, person, client)

    async def _session(self, person: Person) -> str:
        """Return the token of a new session. Signing in would need a factor, because places have passkeys."""
        token, hashed = mint_token("srs")
        now = self.core.clock.now()
        await self.administrator.execute(
            "insert into session (vault, id, token_hash, account, acting_vault, authenticated_at,"
            " created_at, last_used_at, expires_at, address, user_agent, second_factor)"
            " values ($1, $2, $3, $4, $5, $6, $6, $6, $7, '127.0.0.9', '', true)",
            INSTALLATION,
            new_id("ses"),
            hashed,
            person.account,
            person.vault,
            now,
            now + self.core.settings.session_absolute,
        )
        return token

    def _move(self) -> None:
        """Move the clock forward a little, so that the next session is the newest."""
        clock = self.core.clock
        if isinstance(clock, MovableClock):
            clock.move(timedelta(microseconds=1))

    async def settle(self) -> None:
        """Disregard all events and changes until now."""
        await self.new_entries()
        await self.changed()

    async def changed(self, besides: tuple[str, ...] = OF_PEOPLE) -> list[str]:
        """Return the tables in which a row has changed since the last call, except those."""
        row = await self.administrator.fetchrow(
            "select max(id) as seen, array_agg(distinct name order by name) as names"
            " from matrix.change where id > $1",
            self._seen,
        )
        if row is None or row["seen"] is None:
            return []
        self._seen = row["seen"]
        return [name for name in row["names"] if name not in besides]

    async def new_entries(self) -> list[dict[str, Any]]:
        """Return the events appended since the last call, in any vault."""
        rows = await self.administrator.fetch(
            "select *, tx::text::bigint as number from audit_entry"
            " where tx > $1::text::xid8 order by tx, id",
            str(self._known),
        )
        self._known = max([self._known, *(row["number"] for row in rows)])
        return [dict(row) for row in rows]

    def traces(self, of: PlaceMaker, *places: Place) -> list[str]:
        """Return the strings that would reveal a vault's content."""
        # Only the administrator sees an account without a vault, and a request for a key belongs to none.
        without_a_vault = ("account", "login_request")
        ids = [
            each
            for place in places
            for kind, each in place.ids.items()
            if kind not in without_a_vault
        ]
        return [of.tag, of.tag.upper(), of.world.person.vault, *ids]


_AGED = {
    Who.ENDED: "expires_at = created_at",
    Who.IDLE: "last_used_at = last_used_at - interval '40 days'",
    Who.UNPROVED: "authenticated_at = authenticated_at - interval '11 minutes'",
}


def entries_wanted(action: Action, vault: str, status: int, code: str | None) -> list[Any]:
    """Return the events expected of a known user's request: at most one in each log it belongs to."""
    logs = ["installation"] if action.installation else [vault]
    logs += [vault] if action.in_vaults else []
    if status in (403, 404, 423):
        return sorted((log, action.name, "refused", code) for log in logs)
    if status == 200 and action.recorded is Recorded.ALWAYS:
        return sorted((log, action.name, "done", None) for log in logs)
    return []


async def _require_notes(administrator: OpenConnection) -> None:
    """Fail if changes are not noted in every table: every denial would then seem to change nothing."""
    unwatched = await administrator.fetch(
        "select relname from pg_class c where relnamespace = 'public'::regnamespace"
        " and relkind in ('r', 'p') and not relispartition and 2 > (select count(*) from pg_trigger"
        " where tgrelid = c.oid and tgname in ('added', 'altered') and tgenabled = 'O')"
    )
    before = await administrator.fetchval("select count(*) from matrix.change where name = 'vault'")
    await administrator.execute("update vault set name = name || '' where true")
    same = await administrator.fetchval("select count(*) from matrix.change where name = 'vault'")
    await administrator.execute("update vault set revision = revision + 1 where true")
    after = await administrator.fetchval("select count(*) from matrix.change where name = 'vault'")

    assert [] == unwatched
    assert before == same < after


@asynccontextmanager
async def open_matrix_world(cluster: Cluster, markers: Markers) -> AsyncGenerator[MatrixWorld]:
    """Create the two vaults and everything around them."""
    database = await cluster.fresh_database()
    core = await open_core(Settings(database_url=cluster.url(database)))
    core.passwords = PasswordHasher(cost=CHEAP)
    administrator = await connect(cluster.administrator_url(database))
    try:
        # A run logs many thousands of events, and looks for new ones after each request.
        await administrator.execute("create index on audit_entry (tx)")
        # There are no statistics yet, so the planner would read the whole table each time.
        await administrator.execute("set enable_seqscan = off")
        await unseal(core, cluster.root)
        core.clock = MovableClock(core.clock.now() + timedelta(seconds=1))
        owner = await make_operator(core, cluster.initialised.setup_token, markers)
        other = await make_person(core, "grace", markers)
        await set_limits(core, **dict.fromkeys(NAMES))
        mine, theirs = World(core, owner, markers), World(core, other, markers)
        for each in (mine, theirs):
            await organize(each)
        await administrator.execute(_NOTE_CHANGES)
        await _require_notes(administrator)
        matrix = MatrixWorld(
            core,
            make_app(Process(core)),
            administrator,
            PlaceMaker(mine, "mine0wn"),
            PlaceMaker(theirs, "f0reign"),
            cluster.initialised.setup_token,
        )
        yield matrix
    finally:
        await administrator.close()
        await core.database.close()
        await cluster.drop_database(database)
