"""Two vaults in one database, the application in memory, and eyes on everything that changes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx

from strongroom_api.app import create_app
from strongroom_api.process import Process
from strongroom_core.access.actions import RULES, Action, Recorded
from strongroom_core.crypto.password import PasswordCost, PasswordHasher
from strongroom_core.db.connection import OpenConnection, connect
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.operate.start import open_core
from strongroom_core.operate.unseal import unseal
from strongroom_core.settings import Settings
from strongroom_testkit.people import Person, make_operator, make_person
from strongroom_testkit.world import World

from .expected import Who
from .places import Place, State, Surveyor

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_testkit.cluster import Cluster
    from strongroom_testkit.markers import Markers

    from .asks import Ask

URL = "http://localhost:8200"
OURS = {"Origin": URL, "X-Strongroom-Client": "matrix"}
CHEAP = PasswordCost(memory=64, passes=1)

OF_PEOPLE = ("audit_entry", "rate_count")
OF_MACHINES = (*OF_PEOPLE, "request_nonce", "known_pair", "lockout")
"""What a refusal may change: the record, and what counts requests."""

_addresses = count(1)

Snapshot = dict[str, tuple[int, str]]


@dataclass(slots=True)
class Visitor:
    """Somebody who asks, with the cookies they have."""

    who: Who
    person: Person | None
    client: httpx.AsyncClient

    async def ask(self, ask: Ask) -> httpx.Response:
        """Send a request with the headers our own page would send."""
        vault = {"X-Strongroom-Vault": self.person.vault if self.person else "vault_none"}
        return await self.client.request(
            ask.method, ask.path, json=ask.body, params=ask.query, headers=vault
        )


@dataclass(slots=True)
class Hall:
    """Everything a cell needs. Time stands still, so that nothing changes by itself."""

    core: Core
    app: Any
    administrator: OpenConnection = field(repr=False)
    mine: Surveyor
    theirs: Surveyor
    setup_token: str = field(repr=False)
    """The token of the operator's link, which is used up."""
    _places: dict[tuple[bool, State], Place] = field(default_factory=dict[Any, Place])
    _visitors: dict[Who, Visitor] = field(default_factory=dict[Who, Visitor])
    quiet: Snapshot | None = None
    """What the tables held last, while nothing can have changed since."""
    _known: int = 0

    async def place(self, state: State, *, mine: bool = True) -> Place:
        """Return a place in this state of the owner's vault, or of the other one."""
        key = (mine, state)
        if key not in self._places:
            self.quiet = None
            self._places[key] = await (self.mine if mine else self.theirs).place(state)
        return self._places[key]

    def forget(self, place: Place) -> None:
        """Make a new place next time: this one was changed."""
        self._places = {key: each for key, each in self._places.items() if each is not place}

    def stranger(self) -> httpx.AsyncClient:
        """Return a client without cookies, from an address nobody asked from before."""
        number = next(_addresses)
        address = f"127.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        transport = httpx.ASGITransport(
            self.app, raise_app_exceptions=False, client=(address, 40000)
        )
        return httpx.AsyncClient(transport=transport, base_url=URL, headers=OURS)

    async def visitor(self, who: Who) -> Visitor:
        """Return somebody, logged in or logged out as their name says."""
        if who not in self._visitors:
            self.quiet = None
            self._visitors[who] = await self._enter(who)
        return self._visitors[who]

    def leave(self, who: Who) -> None:
        """Have somebody log in anew next time."""
        self._visitors.pop(who, None)

    async def _enter(self, who: Who) -> Visitor:
        person = self.theirs.world.person if who is Who.OTHER else self.mine.world.person
        client = self.stranger()
        if who is Who.ANONYMOUS:
            return Visitor(who, None, client)
        self._move()
        body = {"email": person.email, "password": person.password}
        (await client.post("/api/login", json=body)).raise_for_status()
        if who in _AGED:
            await self.administrator.execute(
                f"update session set {_AGED[who]} where id ="
                " (select id from session where account = $1 order by created_at desc limit 1)",
                person.account,
            )
        return Visitor(who, person, client)

    def _move(self) -> None:
        """Let a moment pass, so that the session about to be made is the newest."""
        clock = self.core.clock
        if isinstance(clock, MovableClock):
            clock.move(timedelta(microseconds=1))

    async def held(self, besides: tuple[str, ...] = OF_PEOPLE) -> Snapshot:
        """Return the size and a hash of every table but those, found in one statement."""
        rows = await self.administrator.fetch(
            "select tablename from pg_tables where schemaname = 'public' order by 1"
        )
        tables = [row["tablename"] for row in rows if row["tablename"] not in besides]
        found = await self.administrator.fetch(
            " union all ".join(
                f"select '{table}' as name, count(*) as rows, md5(string_agg(t::text, '|'"
                f" order by t::text)) as hash from {table} t"
                for table in tables
            )
        )
        return {row["name"]: (row["rows"], row["hash"] or "") for row in found}

    async def new_entries(self) -> list[dict[str, Any]]:
        """Return the entries that were appended since this was last asked, in any vault."""
        rows = await self.administrator.fetch(
            "select *, tx::text::bigint as number from audit_entry"
            " where tx::text::bigint > $1 order by number, id",
            self._known,
        )
        self._known = max([self._known, *(row["number"] for row in rows)])
        return [dict(row) for row in rows]

    def traces(self, of: Surveyor, *places: Place) -> list[str]:
        """Return the texts by which something of a vault would be recognised."""
        ids = [each for place in places for each in place.ids.values()]
        return [of.tag, of.tag.upper(), of.world.person.vault, *ids]


_AGED = {
    Who.ENDED: "expires_at = created_at",
    Who.IDLE: "last_used_at = last_used_at - interval '40 days'",
    Who.UNPROVED: "authenticated_at = authenticated_at - interval '11 minutes'",
}


def changed(before: Snapshot, after: Snapshot) -> list[str]:
    """Return the names of the tables that differ."""
    return [table for table in before | after if before.get(table) != after.get(table)]


def entries_wanted(action: Action, vault: str, status: int, code: str | None) -> list[Any]:
    """Return what the record must say of one cell of somebody known: at most one entry."""
    rule = RULES[action]
    where = "installation" if rule.installation else vault
    if status in (403, 404, 423):
        return [(where, action.value, "refused", code)]
    if status == 200 and rule.recorded is Recorded.ALWAYS:
        return [(where, action.value, "done", None)]
    return []


@asynccontextmanager
async def open_hall(cluster: Cluster, markers: Markers) -> AsyncGenerator[Hall]:
    """Make the two vaults and everything around them."""
    database = await cluster.fresh_database()
    core = await open_core(Settings(database_url=cluster.url(database)))
    core.passwords = PasswordHasher(cost=CHEAP)
    administrator = await connect(cluster.administrator_url(database))
    try:
        await unseal(core, cluster.root)
        core.clock = MovableClock(core.clock.now() + timedelta(seconds=1))
        owner = await make_operator(core, cluster.initialised.setup_token, markers)
        other = await make_person(core, "grace", markers)
        hall = Hall(
            core,
            create_app(Process(core)),
            administrator,
            Surveyor(World(core, owner, markers), "mine0wn"),
            Surveyor(World(core, other, markers), "f0reign"),
            cluster.initialised.setup_token,
        )
        yield hall
    finally:
        await administrator.close()
        await core.database.close()
        await cluster.drop_database(database)
