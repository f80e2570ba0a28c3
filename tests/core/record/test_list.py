"""Lists of entries: complete, in order, narrowed by each filter, and of one's own vault (L-1, L-4, V-7)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from strongroom_core.access.actions import Action
from strongroom_core.audit.entry import Outcome, Severity
from strongroom_core.core import Core
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import Invalid, Refused
from strongroom_core.kernel.page import PageRequest
from strongroom_core.machines.lifecycle import approve_machine
from strongroom_core.projects.change import update_project
from strongroom_core.record.filter import EntryFilter
from strongroom_core.record.list import EVERYTHING, KEYS, list_entries
from strongroom_core.record.views import EntryView
from strongroom_testkit.machine import approved_machine, pending_machine
from strongroom_testkit.world import World

from .conftest import with_rights

Entry = dict[str, Any]

ALL = PageRequest(limit=200)


async def found(
    eyes: Core, world: World, wanted: EntryFilter = EVERYTHING, *, oldest_first: bool = False
) -> list[EntryView]:
    """List everything that a filter lets through."""
    page = await list_entries(eyes, world.owner, ALL, wanted, oldest_first=oldest_first)

    assert page.next_cursor is None

    return page.items


def begins(entry: Entry, text: str) -> bool:
    """Whether a name or id of an entry begins with a text."""
    names = ("actor_name", "target_name", "actor_id", "target_id", "request_id")
    return any((entry[name] or "").lower().startswith(text.lower()) for name in names)


def within(entry: Entry, network: str) -> bool:
    """Whether an entry is from a network."""
    wanted, address = ip_network(network), ip_address(entry["address"])
    return wanted.version == address.version and address in wanted


def given_to(entry: Entry) -> str | None:
    """Return the machine that was attached to a project, or granted something in it."""
    return json.loads(entry["detail"]).get("machine")


READS = frozenset({Action.SECRET_READ, Action.SECRET_READ_DENIED})

FILTERS: dict[str, tuple[Callable[[Any], EntryFilter], Callable[[Entry, Any], bool]]] = {
    "one action": (
        lambda _: EntryFilter(actions=frozenset({Action.SECRET_READ})),
        lambda e, _: e["action"] == "secret_read",
    ),
    "two actions": (
        lambda _: EntryFilter(actions=READS),
        lambda e, _: e["action"] in ("secret_read", "secret_read_denied"),
    ),
    "severities": (
        lambda _: EntryFilter(severities=frozenset({Severity.HIGH, Severity.LOW})),
        lambda e, _: e["severity"] in ("high", "low"),
    ),
    "refused": (
        lambda _: EntryFilter(outcome=Outcome.REFUSED),
        lambda e, _: e["outcome"] == "refused",
    ),
    "kind of actor": (
        lambda _: EntryFilter(actor_kind="machine"),
        lambda e, _: e["actor_kind"] == "machine",
    ),
    "actor": (
        lambda h: EntryFilter(actor_id=h["cron"]),
        lambda e, h: e["actor_id"] == h["cron"],
    ),
    "target": (
        lambda h: EntryFilter(target_id=h["stripe"]),
        lambda e, h: e["target_id"] == h["stripe"],
    ),
    "machine": (
        lambda h: EntryFilter(machine=h["web"]),
        lambda e, h: h["web"] in (e["actor_id"], e["target_id"], given_to(e)),
    ),
    "project": (
        lambda h: EntryFilter(project=h["orders"]),
        lambda e, h: h["orders"] in (e["project"], e["target_id"]),
    ),
    "address": (
        lambda _: EntryFilter(address="10.1.2.3"),
        lambda e, _: e["address"] == "10.1.2.3",
    ),
    "IPv6 address in another form": (
        lambda _: EntryFilter(address="2001:DB8:1:0::0:7"),
        lambda e, _: e["address"] == "2001:db8:1::7",
    ),
    "range": (
        lambda _: EntryFilter(address="10.1.0.0/16"),
        lambda e, _: within(e, "10.1.0.0/16"),
    ),
    "range with bits of a host": (
        lambda _: EntryFilter(address="10.1.2.3/8"),
        lambda e, _: within(e, "10.0.0.0/8"),
    ),
    "range of single addresses": (
        lambda _: EntryFilter(address="10.1.2.3/32"),
        lambda e, _: e["address"] == "10.1.2.3",
    ),
    "range that ends inside an octet": (
        lambda _: EntryFilter(address="10.1.8.0/21"),
        lambda e, _: within(e, "10.1.8.0/21"),
    ),
    "IPv6 range": (
        lambda _: EntryFilter(address="2001:db8::/32"),
        lambda e, _: within(e, "2001:db8::/32"),
    ),
    "name of an actor": (lambda _: EntryFilter(q="CRON"), lambda e, _: begins(e, "cron")),
    "name of a target": (lambda _: EntryFilter(q="stripe_k"), lambda e, _: begins(e, "stripe_k")),
    "id of an actor": (
        lambda h: EntryFilter(q=h["web"][:13].upper()),
        lambda e, h: begins(e, h["web"][:13]),
    ),
    "id of a target": (
        lambda h: EntryFilter(q=h["stripe"][:9]),
        lambda e, h: begins(e, h["stripe"][:9]),
    ),
    "combined": (
        lambda h: EntryFilter(
            actions=READS, outcome=Outcome.DONE, machine=h["web"], address="10.1.0.0/16", q="str"
        ),
        lambda e, h: (
            e["action"] == "secret_read"
            and e["actor_id"] == h["web"]
            and within(e, "10.1.0.0/16")
            and begins(e, "str")
        ),
    ),
}


@pytest.mark.parametrize("name", FILTERS)
async def test_filters(eyes: Core, world: World, history: Any, name: str) -> None:
    """L-4: each filter lets through what it names, and nothing else."""
    make, is_wanted = FILTERS[name]
    entries = await world.entries()
    expected = {entry["id"] for entry in entries if is_wanted(entry, history)}
    items = await found(eyes, world, make(history))

    assert expected == {item.id for item in items}
    assert 0 < len(expected) < len(entries)


async def test_a_request_is_found_by_its_id(eyes: Core, world: World, history: Any) -> None:
    """L-4: the id that an answer carried leads to what the request did."""
    entry = (await world.entries())[3]
    items = await found(eyes, world, EntryFilter(q=str(entry["request_id"])[:14]))

    assert [entry["id"]] == [item.id for item in items]


async def test_a_replacement_is_of_both_machines(eyes: Core, world: World) -> None:
    """L-4: the entry that took a machine's grants away is found by that machine too."""
    old, new = await approved_machine(world), await pending_machine(world)
    await approve_machine(world.core, world.owner, str(new.id), replaces=str(old.id))
    newest = (await found(eyes, world, EntryFilter(machine=str(old.id))))[0]

    assert ("machine_approve", str(new.id)) == (newest.action, newest.target_id)


async def test_time(eyes: Core, world: World, clock: MovableClock) -> None:
    """L-4: from a moment on, up to another, which itself is not wanted."""
    moments: list[datetime] = []
    for number in range(4):
        moments.append(clock.now())
        await world.project(f"project {number}")
        clock.move(timedelta(hours=1))
    for wanted, expected in (
        (EntryFilter(since=moments[1]), [3, 2, 1]),
        (EntryFilter(until=moments[1]), [0]),
        (EntryFilter(since=moments[1], until=moments[3]), [2, 1]),
        (EntryFilter(since=moments[3] + timedelta(microseconds=1)), []),
    ):
        items = await found(eyes, world, wanted)

        assert [f"project {each}" for each in expected] == [item.target_name for item in items]


IMPOSSIBLE = [
    (EntryFilter(address="10.1.2.3/33"), "address"),
    (EntryFilter(address="10.1.2"), "address"),
    (EntryFilter(address="1.2.3.4' or true --"), "address"),
    (EntryFilter(address="10.1.2.3\0"), "address"),
    (EntryFilter(q="a\0"), "q"),
    (EntryFilter(q="a" * 256), "q"),
    (EntryFilter(actor_id="a" * 256), "actor"),
    (EntryFilter(target_id="\0"), "target"),
    (EntryFilter(machine="\0"), "machine"),
    (EntryFilter(project="\0"), "project"),
    (EntryFilter(since=datetime(2026, 1, 1)), "since"),  # noqa: DTZ001 -- that is the point
    (EntryFilter(until=datetime(2026, 1, 1)), "until"),  # noqa: DTZ001 -- that is the point
    (EntryFilter(since=datetime.min.replace(tzinfo=timezone(timedelta(hours=9)))), "since"),
]


async def test_what_cannot_be_meant(eyes: Core, world: World) -> None:
    """L-4: a filter that names nothing possible is bad input, and says which one it is."""
    fields: list[str | None] = []
    for wanted, _ in IMPOSSIBLE:
        with pytest.raises(Invalid) as caught:
            await found(eyes, world, wanted)
        fields.append(caught.value.field)

    assert [field for _, field in IMPOSSIBLE] == fields


async def test_a_beginning_is_taken_literally(eyes: Core, world: World, history: Any) -> None:
    """L-4: wildcards, quotes and patterns are characters like any other."""
    for text in ("%", "_TRIPE", "STRIPE%", "\\", "'", "tripe", "*", "^S", "NULL"):
        assert [] == await found(eyes, world, EntryFilter(q=text))


async def test_a_name_of_wildcards_is_found(eyes: Core, world: World) -> None:
    """L-4: a name that has wildcards in it is found by them."""
    await world.project("100%_done")
    await world.project("100 apples")
    items = await found(eyes, world, EntryFilter(q="100%_"))

    assert ["100%_done"] == [item.target_name for item in items]


@pytest.mark.parametrize("oldest_first", [True, False])
async def test_pages_hold_each_entry_once(
    eyes: Core, world: World, history: Any, oldest_first: bool
) -> None:
    """L-4: page by page in either order, each entry once, in the order in which it was written."""
    entries = await world.entries()
    expected = [entry["id"] for entry in sorted(entries, key=lambda e: (e["tx"], e["id"]))]
    items: list[EntryView] = []
    cursor = None
    for _ in range(len(entries)):
        request = PageRequest.parse(limit=3, cursor=cursor, keys=KEYS)
        page = await list_entries(eyes, world.owner, request, oldest_first=oldest_first)
        items += page.items
        cursor = page.next_cursor
        if cursor is None:
            break

    assert expected == [item.id for item in (items if oldest_first else items[::-1])]
    assert len(expected) > 15


async def test_the_order_is_not_that_of_clocks(
    eyes: Core, world: World, clock: MovableClock
) -> None:
    """L-3, L-4: entries are in the order in which they will be sealed, whatever a clock said."""
    for name in ("first", "second", "third"):
        await world.project(name)
        clock.move(timedelta(minutes=-5))
    items = await found(eyes, world)

    assert ["third", "second", "first"] == [item.target_name for item in items]


@pytest.mark.parametrize(
    "after", [("x", ""), ("-1", ""), ("1", "x"), ("99999999999999999999", ""), ("²", "")]
)
async def test_a_cursor_of_another_list(eyes: Core, world: World, after: tuple[str, str]) -> None:
    """L-4: what is no position in the record is refused as one."""
    uuid = after[1] or "00000000-0000-0000-0000-000000000000"
    with pytest.raises(Invalid, match="cursor"):
        await list_entries(eyes, world.owner, PageRequest(50, (after[0], uuid)))


async def test_what_an_entry_tells(eyes: Core, world: World, history: Any) -> None:
    """L-1: everything that was recorded, and what project and application are called today."""
    await update_project(world.core, world.owner, history["orders"], name="orders, renamed")
    item = next(item for item in await found(eyes, world) if item.actor_name == "cron-1")
    [entry] = [entry for entry in await world.entries() if entry["id"] == item.id]
    same = (
        "at incarnation action severity outcome reason actor_kind actor_id actor_name target_kind"
        " target_id target_name address country request_id"
    )

    assert {name: entry[name] for name in same.split()} == {
        name: getattr(item, name) for name in same.split()
    }
    assert ("orders, renamed", "production") == (item.project_name, item.environment)
    assert ("shop", history["orders"]) == (item.application_name, item.project_id)
    assert item.application_id is not None
    assert (1, None) == (item.detail["version"], item.leaf)
    assert str(entry["tx"]) == item.tx


async def test_a_project_that_was_made_is_named(eyes: Core, world: World) -> None:
    """L-4: an entry about a project tells its name of today too."""
    made = await world.project("billing")
    [item] = await found(eyes, world)

    assert (made.id, "billing", None) == (item.project_id, item.project_name, item.application_id)


async def test_own_entries_only(eyes: Core, world: World, history: Any) -> None:
    """L-4, O-1: with `audit.view` alone one sees what one did oneself, whatever one filters by."""
    own = with_rights(world.owner, VaultCapability.AUDIT_VIEW)
    entries = await world.entries()
    expected = {entry["id"] for entry in entries if entry["actor_id"] == history["account"]}
    seen = await list_entries(eyes, own, ALL)
    reads = await list_entries(eyes, own, ALL, EntryFilter(machine=history["cron"]))
    else_where = replace(own, account=type(own.account)("acc_somebodyelse"))

    assert expected == {item.id for item in seen.items}
    assert 0 < len(expected) < len(entries)
    assert {"user"} == {item.actor_kind for item in reads.items}
    assert [] == (await list_entries(eyes, else_where, ALL)).items


async def test_without_the_right(eyes: Core, world: World) -> None:
    """O-1, L-1: without `audit.view` there is no list, and asking for one is on the record."""
    others = with_rights(world.owner, VaultCapability.AUDIT_VIEW_OTHERS)
    with pytest.raises(Refused, match=r"audit\.view"):
        await list_entries(eyes, others, ALL)
    [entry] = await world.entries("audit_view")

    assert ("refused", "no_capability") == (entry["outcome"], entry["reason"])


async def test_looking_leaves_nothing(eyes: Core, world: World, history: Any) -> None:
    """L-1: the record does not grow by being read."""
    before = await world.entries()
    await found(eyes, world)

    assert before == await world.entries()


async def test_each_vault_has_its_own(
    eyes: Core, world: World, other_world: World, history: Any
) -> None:
    """V-7: another vault's entries are in no list, whatever it is narrowed to."""
    mine = {entry["id"] for entry in await world.entries()}
    for wanted in (
        EVERYTHING,
        EntryFilter(project=history["theirs"]),
        EntryFilter(q="STRIPE"),
        EntryFilter(q="theirs"),
        EntryFilter(actor_id=other_world.person.account),
        EntryFilter(since=datetime(2000, 1, 1, tzinfo=UTC)),
    ):
        assert {item.id for item in await found(eyes, world, wanted)} <= mine
    theirs = {item.id for item in await found(eyes, other_world)}
    assert theirs == {entry["id"] for entry in await other_world.entries()}
    assert theirs.isdisjoint(mine)
    assert theirs
