"""An event's canonical bytes: unambiguous, and the same when the event is read back from the table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec.structs import fields, replace

from strongroom_core.access import gate, log
from strongroom_core.access.actions.projects import PROJECT_UPDATE
from strongroom_core.access.entry import Entry, OnBehalfOf, Outcome, Severity, canonical
from strongroom_core.audit.list import list_entries
from strongroom_core.db.failures import UnplannedFailure
from strongroom_core.kernel.ids import AccountId, VaultId
from strongroom_core.kernel.page import PageRequest
from strongroom_testkit.world import World

ENTRY = Entry(
    vault=VaultId("vault_aaaaaaaaaaaaaaaa"),
    id=UUID(int=7),
    at=datetime(2026, 11, 22, 5, 0, 0, 123456, tzinfo=UTC),
    incarnation=1,
    action="secret_create",
    severity=Severity.LOW,
    outcome=Outcome.DONE,
    reason="r",
    actor_kind="user",
    actor_id="acc_a",
    actor_name="ada",
    target_kind="secret",
    target_id="sk_a",
    target_name="API_KEY",
    project="proj_a",
    address="127.0.0.9",
    country="DE",
    request_id="req_a",
    detail={"version": 1},
    salt=b"s" * 16,
)

BEFORE = "8721c883e48d9e614c814ebf979c9028f06f3babd3ba31d29430956918309bdc"
"""The SHA-256 of the event's bytes before events had a requester."""

OTHERS: dict[str, Any] = {
    "vault": VaultId("vault_b"),
    "id": UUID(int=8),
    "at": ENTRY.at + timedelta(microseconds=1),
    "incarnation": 2,
    "severity": Severity.HIGH,
    "outcome": Outcome.REFUSED,
    "detail": {"version": 2},
    "salt": b"t" * 16,
}

OPTIONAL = [
    "reason",
    "actor_id",
    "target_kind",
    "target_id",
    "target_name",
    "project",
    "country",
    "requester_kind",
    "requester_id",
    "requester_name",
    "approver_id",
    "approver_name",
]


@pytest.mark.parametrize("field", [each.name for each in fields(Entry)])
def test_every_field_changes_the_bytes(field: str) -> None:
    """L-3: changing any single field of an event changes its leaf hash."""
    other = replace(ENTRY, **{field: OTHERS.get(field, "other")})

    assert canonical(other) != canonical(ENTRY)


@pytest.mark.parametrize("field", OPTIONAL)
def test_absent_and_empty_strings_differ(field: str) -> None:
    """L-3: an absent string and an empty one give different bytes."""
    absent, empty = replace(ENTRY, **{field: None}), replace(ENTRY, **{field: ""})

    assert canonical(absent) != canonical(empty)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"actor_id": "a", "actor_name": "bc"}, {"actor_id": "ab", "actor_name": "c"}),
        ({"target_id": "x", "target_name": None}, {"target_id": None, "target_name": "x"}),
        ({"target_name": "x", "project": "y"}, {"target_name": "y", "project": "x"}),
    ],
)
def test_text_does_not_flow_from_field_to_field(
    left: dict[str, Any], right: dict[str, Any]
) -> None:
    """L-3: moving text between neighboring fields changes the bytes, because each has a length prefix."""
    assert canonical(replace(ENTRY, **left)) != canonical(replace(ENTRY, **right))


def test_an_entry_on_nobodys_behalf_keeps_its_first_bytes() -> None:
    """L-3: entries that were written before there was a requester have the same bytes as then."""
    digest = sha256(canonical(ENTRY)).hexdigest()

    assert canonical(ENTRY).find(b"strongroom/1/entry") > 0
    assert digest == BEFORE


def test_the_label_shows_who_asked() -> None:
    """L-3: an entry with a requester has version 2, so that leaving out the requester changes its bytes."""
    asked = replace(ENTRY, requester_kind="user", requester_id="acc_b", requester_name="bo")

    assert canonical(asked).find(b"strongroom/2/entry") > 0
    assert canonical(replace(asked, approver_id="acc_c", approver_name="cy")) != canonical(asked)


async def test_on_whose_behalf_is_stored_with_the_entry(world: World) -> None:
    """L-6: an act's requester and approver are in its entry; nobody approves their own request."""
    project = await world.project("billing")
    behalf = OnBehalfOf(("user", "acc_b", "bo"), (AccountId("acc_c"), "cy"))
    async with gate.perform(world.core, world.owner, PROJECT_UPDATE, project.id) as act:
        act.on_behalf_of = behalf
    with pytest.raises(UnplannedFailure, match="audit_entry_on_behalf_of"):
        async with gate.perform(world.core, world.owner, PROJECT_UPDATE, project.id) as act:
            act.on_behalf_of = OnBehalfOf(behalf.requester, (AccountId("acc_b"), "bo"))

    (entry,) = (await list_entries(world.core, world.owner, PageRequest(1))).items

    assert (entry.requester_kind, entry.requester_id, entry.requester_name) == behalf.requester
    assert (entry.approver_id, entry.approver_name) == behalf.approver


def test_the_order_of_particulars_does_not_matter() -> None:
    """L-3: jsonb doesn't preserve the order of keys, so the bytes don't depend on it."""
    one = replace(ENTRY, detail={"a": 1, "b": ["x", "y"]})
    other = replace(ENTRY, detail={"b": ["x", "y"], "a": 1})

    assert canonical(one) == canonical(other)


async def test_an_event_read_back_has_the_same_bytes(world: World) -> None:
    """L-3: an event read from the table has the bytes it was written with, including microseconds."""
    await world.secret(await world.project("Größe ✓"), "ÜBER")
    rows = await world.entries()
    for row in rows:
        values = {each.name: row[each.name] for each in fields(Entry)}
        values["detail"] = msgspec.json.decode(str(row["detail"]))
        again = dict(values)
        again["detail"] = msgspec.json.decode(msgspec.json.encode(values["detail"]))
        read = Entry(**values)  # pyright: ignore[reportArgumentType]

        assert canonical(read) == canonical(Entry(**again))  # pyright: ignore[reportArgumentType]
        assert read.at.microsecond == int(read.at.strftime("%f"))
    assert len(rows) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"vault": VaultId("vault_b")},
        {"at": ENTRY.at + timedelta(microseconds=1)},
        {"actor_kind": "machine"},
        {"requester_kind": "user"},
    ],
    ids=str,
)
async def test_entries_that_differ_are_not_one_batch(other: dict[str, Any]) -> None:
    """L-1: an entry can't get another entry's vault, time or actor by being written along with it."""
    nowhere: Any = None
    with pytest.raises(ValueError, match="batch"):
        await log.append_many(nowhere, [ENTRY, replace(ENTRY, **other)])
