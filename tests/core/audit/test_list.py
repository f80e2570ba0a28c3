"""Lists of events: complete, ordered, filtered, and limited to the caller's own vault (L-1, L-4, V-7)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from strongroom_core.access.actions.secrets import SECRET_READ, SECRET_READ_DENIED
from strongroom_core.access.entry import Outcome, Severity
from strongroom_core.audit.filter import EntryFilter
from strongroom_core.audit.list import EVERYTHING, list_entries
from strongroom_core.audit.views import EntryView
from strongroom_core.core import Core
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import Invalid, Refused
from strongroom_core.kernel.page import Cursor, PageRequest
from strongroom_core.machines.lifecycle import approve_machine
from strongroom_core.projects.change import update_project
from strongroom_testkit.machine import approved_machine, pending_machine
from strongroom_testkit.world import World

from .conftest import with_rights

Entry = dict[str, Any]

ALL = PageRequest(limit=200)


async def found(
    viewing_core: Core,
    world: World,
    wanted: EntryFilter = EVERYTHING,
    *,
    oldest_first: bool = False,
) -> list[EntryView]:
    """Return every event that matches a filter."""
    page = await list_entries(viewing_core, world.owner, ALL, wanted, oldest_first=oldest_first)

    assert page.next_cursor is None

    return page.items


def begins(entry: Entry, text: str) -> bool:
    """Whether a name or ID in an event, or in its details, starts with a text."""
    names = ("actor_name", "target_name", "actor_id", "target_id", "request_id")
    detail = json.loads(entry["detail"])
    lists = ("machines", "given", "taken", "machine_ids", "secret_ids")
    words = [entry[name] or "" for name in names]
    words += [detail.get(name) or "" for name in ("machine", "machine_name")]
    words += [word for name in lists for word in detail.get(name, [])]
    return any(word.lower().startswith(text.lower()) for word in words)


def within(entry: Entry, network: str) -> bool:
    """Return whether an event's address is in a network."""
    wanted, address = ip_network(network), ip_address(entry["address"])
    return wanted.version == address.version and address in wanted


def given_to(entry: Entry) -> str | None:
    """Return the machine that was attached to a project or granted something in it."""
    return json.loads(entry["detail"]).get("machine")


def secrets_of(entry: Entry) -> list[str]:
    """Return the secrets to which an event granted or revoked access."""
    return json.loads(entry["detail"]).get("secret_ids", [])


READS = frozenset({SECRET_READ, SECRET_READ_DENIED})

FILTERS: dict[str, tuple[Callable[[Any], EntryFilter], Callable[[Entry, Any], bool]]] = {
    "one action": (
        lambda _: EntryFilter(actions=frozenset({SECRET_READ})),
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
        lambda e, h: e["target_id"] == h["stripe"] or h["stripe"] in secrets_of(e),
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
    "part of an actor's name": (lambda _: EntryFilter(q="RON"), lambda e, _: begins(e, "cron")),
    "part of a target's name": (
        lambda _: EntryFilter(q="tripe-k"),
        lambda e, _: begins(e, "stripe_k"),
    ),
    "an action's name": (
        lambda _: EntryFilter(q="et_read_den"),
        lambda e, _: e["action"] == "secret_read_denied",
    ),
    "an action in words": (
        lambda _: EntryFilter(q="attached"),
        lambda e, _: e["action"] == "machine_attach",
    ),
    "an address as text": (
        lambda _: EntryFilter(q="10.1.2.3"),
        lambda e, _: e["address"] == "10.1.2.3",
    ),
    "words of an actor and a target": (
        lambda _: EntryFilter(q="web tripe"),
        lambda e, _: begins(e, "web") and begins(e, "stripe"),
    ),
    "a machine that was given a secret": (
        lambda _: EntryFilter(actor_kind="user", q="web-1"),
        lambda e, h: e["actor_kind"] == "user" and (begins(e, "web-1") or h["web"] == given_to(e)),
    ),
    "a secret that a machine was given": (
        lambda h: EntryFilter(actor_kind="user", q=h["geo"][:9]),
        lambda e, h: e["actor_kind"] == "user" and begins(e, h["geo"]),
    ),
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
async def test_filters(viewing_core: Core, world: World, history: Any, name: str) -> None:
    """L-4: each filter returns matching events only."""
    make, is_wanted = FILTERS[name]
    entries = await world.entries()
    expected = {entry["id"] for entry in entries if is_wanted(entry, history)}
    items = await found(viewing_core, world, make(history))

    assert expected == {item.id for item in items}
    assert 0 < len(expected) < len(entries)


async def test_a_request_is_found_by_its_id(viewing_core: Core, world: World, history: Any) -> None:
    """L-4: the request ID of a response finds the events of that request."""
    entry = (await world.entries())[3]
    items = await found(viewing_core, world, EntryFilter(q=str(entry["request_id"])[:14]))

    assert [entry["id"]] == [item.id for item in items]


async def test_a_replacement_is_of_both_machines(viewing_core: Core, world: World) -> None:
    """L-4: a filter by machine also finds events that revoked the machine's grants."""
    old, new = await approved_machine(world), await pending_machine(world)
    await approve_machine(world.core, world.owner, str(new.id), replaces=str(old.id))
    newest = (await found(viewing_core, world, EntryFilter(machine=str(old.id))))[0]

    assert ("machine_approve", str(new.id)) == (newest.action, newest.target_id)


async def test_time(viewing_core: Core, world: World, clock: MovableClock) -> None:
    """L-4: a time range includes its start and excludes its end."""
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
        items = await found(viewing_core, world, wanted)

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
    (EntryFilter(machine="web-1"), "machine"),
    (EntryFilter(project="shop/production"), "project"),
    (EntryFilter(since=datetime(2026, 1, 1)), "since"),  # noqa: DTZ001 -- a naive time is what is tested
    (EntryFilter(until=datetime(2026, 1, 1)), "until"),  # noqa: DTZ001 -- a naive time is what is tested
    (EntryFilter(since=datetime.min.replace(tzinfo=timezone(timedelta(hours=9)))), "since"),
]


async def test_invalid_filters(viewing_core: Core, world: World) -> None:
    """L-4: an invalid filter is rejected, and the error names it."""
    fields: list[str | None] = []
    for wanted, _ in IMPOSSIBLE:
        with pytest.raises(Invalid) as caught:
            await found(viewing_core, world, wanted)
        fields.append(caught.value.field)

    assert [field for _, field in IMPOSSIBLE] == fields


async def test_searches_are_literal(viewing_core: Core, world: World, history: Any) -> None:
    """L-4: wildcards, quotes and patterns are treated as ordinary characters."""
    for text in ("%", "TRI%PE", "STR_PE", "\\", "'", "pe", "*", "^S.R", "NULL"):
        assert [] == await found(viewing_core, world, EntryFilter(q=text))


async def test_a_name_of_wildcards_is_found(viewing_core: Core, world: World) -> None:
    """L-4: a name that contains wildcard characters is found by exactly those characters."""
    await world.project("100%_done")
    await world.project("100 apples done")
    items = await found(viewing_core, world, EntryFilter(q="100%_do"))

    assert ["100%_done"] == [item.target_name for item in items]


@pytest.mark.parametrize("oldest_first", [True, False])
async def test_pages_contain_each_event_once(
    viewing_core: Core, world: World, history: Any, oldest_first: bool
) -> None:
    """L-4: paging in either direction returns each event once, in the order it was written."""
    entries = await world.entries()
    expected = [entry["id"] for entry in sorted(entries, key=lambda e: (e["tx"], e["id"]))]
    items: list[EntryView] = []
    cursor = None
    for _ in range(len(entries)):
        request = PageRequest.parse(limit=3, cursor=cursor)
        page = await list_entries(viewing_core, world.owner, request, oldest_first=oldest_first)
        items += page.items
        cursor = page.next_cursor
        if cursor is None:
            break

    assert expected == [item.id for item in (items if oldest_first else items[::-1])]
    assert len(expected) > 15


async def test_the_order_is_not_that_of_clocks(
    viewing_core: Core, world: World, clock: MovableClock
) -> None:
    """L-3, L-4: events are in the order in which they will be sealed, regardless of the clock."""
    for name in ("first", "second", "third"):
        await world.project(name)
        clock.move(timedelta(minutes=-5))
    items = await found(viewing_core, world)

    assert ["third", "second", "first"] == [item.target_name for item in items]


@pytest.mark.parametrize(
    "after",
    [
        ("1", "x", ""),
        ("1", "-1", ""),
        ("1", "1", "x"),
        ("1", "99999999999999999999", ""),
        ("1", "²", ""),
        ("x", "1", ""),
        ("2147483648", "1", ""),
        ("9" * 5000, "1", ""),
    ],
)
async def test_a_cursor_of_another_list(
    viewing_core: Core, world: World, after: tuple[str, str, str]
) -> None:
    """L-4: a cursor that isn't a position in the audit log is rejected."""
    uuid = after[2] or "00000000-0000-0000-0000-000000000000"
    with pytest.raises(Invalid, match="cursor"):
        page = PageRequest(50, Cursor("-at", (*after[:2], uuid)))
        await list_entries(viewing_core, world.owner, page)


async def test_the_content_of_an_event(viewing_core: Core, world: World, history: Any) -> None:
    """L-1: an event shows everything that was logged, plus the current names of project and application."""
    await update_project(world.core, world.owner, history["orders"], name="orders, renamed")
    item = next(item for item in await found(viewing_core, world) if item.actor_name == "cron-1")
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


async def test_an_event_has_the_projects_current_name(viewing_core: Core, world: World) -> None:
    """L-4: an event about a project also contains the project's current name."""
    made = await world.project("billing")
    [item] = await found(viewing_core, world)

    assert (made.id, "billing", None) == (item.project_id, item.project_name, item.application_id)


async def test_users_limited_to_their_own_events(
    viewing_core: Core, world: World, history: Any
) -> None:
    """L-4, O-1: with only `audit.view`, users see only their own events, regardless of the filter."""
    own = with_rights(world.owner, VaultCapability.AUDIT_VIEW)
    entries = await world.entries()
    expected = {entry["id"] for entry in entries if entry["actor_id"] == history["account"]}
    seen = await list_entries(viewing_core, own, ALL)
    reads = await list_entries(viewing_core, own, ALL, EntryFilter(machine=history["cron"]))
    else_where = replace(own, account=type(own.account)("acc_somebodyelse"))

    assert expected == {item.id for item in seen.items}
    assert 0 < len(expected) < len(entries)
    assert {"user"} == {item.actor_kind for item in reads.items}
    assert [] == (await list_entries(viewing_core, else_where, ALL)).items


async def test_without_the_right(viewing_core: Core, world: World) -> None:
    """O-1, L-1: without `audit.view`, users can't list events, and the attempt is logged."""
    others = with_rights(world.owner, VaultCapability.AUDIT_VIEW_OTHERS)
    with pytest.raises(Refused, match=r"audit\.view"):
        await list_entries(viewing_core, others, ALL)
    [entry] = await world.entries("audit_view")

    assert ("refused", "no_capability") == (entry["outcome"], entry["reason"])


async def test_viewing_is_not_logged(viewing_core: Core, world: World, history: Any) -> None:
    """L-1: reading the audit log isn't logged."""
    before = await world.entries()
    await found(viewing_core, world)

    assert before == await world.entries()


async def test_no_list_contains_another_vaults_events(
    viewing_core: Core, world: World, other_world: World, history: Any
) -> None:
    """V-7: no list contains another vault's events, regardless of the filter."""
    mine = {entry["id"] for entry in await world.entries()}
    for wanted in (
        EVERYTHING,
        EntryFilter(project=history["theirs"]),
        EntryFilter(q="STRIPE"),
        EntryFilter(q="theirs"),
        EntryFilter(actor_id=other_world.person.account),
        EntryFilter(since=datetime(2000, 1, 1, tzinfo=UTC)),
    ):
        assert {item.id for item in await found(viewing_core, world, wanted)} <= mine
    theirs = {item.id for item in await found(viewing_core, other_world)}
    assert theirs == {entry["id"] for entry in await other_world.entries()}
    assert theirs.isdisjoint(mine)
    assert theirs
