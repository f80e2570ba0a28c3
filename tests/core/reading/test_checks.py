"""Whether a machine can read a secret: every check, its boundaries, and the order of checks (R-1, R-2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from strongroom_core.access.machine_checks import (
    KNOWN_FOR,
    LOCKED_FOR,
    MachineFacts,
    State,
    refuse_machine,
)
from strongroom_core.kernel.clock import SLACK
from strongroom_core.reading.checks import ACCESS_CHECKS, refuse_project, refuse_secret

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)

MACHINE = MachineFacts(
    machine_name="web-1",
    same_key=True,
    fresh=True,
    approved=True,
    enabled=True,
    expires_at=None,
    owner_active=True,
    locked_until=None,
    address_allowed=True,
    known_at=None,
    guardrails=None,
    floor=None,
)


@dataclass(frozen=True)
class Secret:
    """The facts about a machine's access to a secret."""

    exists: bool = True
    frozen: bool = False
    attached: bool = True
    granted: bool = True


SECRET = Secret()

IN_ORDER: list[tuple[dict[str, Any], str]] = [
    ({"same_key": False}, "authentication_failed"),
    ({"locked_until": NOW + MOMENT}, "locked_out"),
    ({"address_allowed": False}, "address_denied"),
    ({"approved": False}, "machine_pending"),
    ({"enabled": False}, "machine_disabled"),
    ({"expires_at": NOW}, "machine_expired"),
    ({"owner_active": False}, "owner_inactive"),
    ({"fresh": False, "floor": NOW + MOMENT}, "signed_too_early"),
    ({"fresh": False}, "nonce_used"),
]
"""Everything that can be wrong with a machine, in the order in which it is reported."""


def changed(**facts: Any) -> MachineFacts:
    """Return the facts about a machine with some of them changed."""
    return msgspec.structs.replace(MACHINE, **facts)


def reason(facts: MachineFacts) -> str | None:
    """Return the reason why a machine can't act, or None."""
    refusal = refuse_machine(facts, State(NOW))
    return refusal.code if refusal is not None else None


def test_an_active_machine_is_allowed() -> None:
    """R-1: an approved, enabled, unexpired machine with an active owner and a new nonce can act."""
    assert reason(MACHINE) is None


def test_no_machine_is_a_wrong_signature() -> None:
    """WIRE 1: a deleted machine gets the same error as one that never existed."""
    gone = {"machine_name": None, "same_key": None, "enabled": None, "approved": False}

    assert reason(changed(**gone)) == "authentication_failed"


def test_a_nonce_is_used_once_in_a_batch() -> None:
    """R-3: of two items of one batch with the same nonce, the second is a replay; another machine's isn't."""
    state = State(NOW)
    one, other = UUID(int=1), UUID(int=2)
    used = [(one, "n"), (one, "m"), (one, "n"), (other, "n"), (other, "n"), (one, "k")]
    told: list[str | None] = []
    for machine, nonce in used:
        state.use_nonce(machine, nonce)
        refusal = refuse_machine(MACHINE, state)
        told.append(refusal.code if refusal is not None else None)

    assert told == [None, None, "nonce_used", None, "nonce_used", None]


@pytest.mark.parametrize("first", range(len(IN_ORDER)))
def test_the_first_failed_check_is_reported(first: int) -> None:
    """R-1, WIRE 1: each check fails on its own, and takes precedence over all later ones."""
    alone, told = IN_ORDER[first]
    with_all_after = {name: value for each, _ in IN_ORDER[first:] for name, value in each.items()}

    assert reason(changed(**alone)) == told
    assert reason(changed(**with_all_after)) == told


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"expires_at": NOW + MOMENT}, None),
        ({"expires_at": NOW}, "machine_expired"),
        ({"fresh": False, "floor": NOW}, "nonce_used"),
        ({"locked_until": NOW}, None),
        ({"locked_until": NOW + MOMENT}, "locked_out"),
        ({"locked_until": NOW + MOMENT, "known_at": NOW - KNOWN_FOR}, None),
        ({"locked_until": NOW + MOMENT, "known_at": NOW - KNOWN_FOR - MOMENT}, "locked_out"),
        ({"locked_until": NOW + MOMENT, "known_at": NOW + SLACK}, None),
        ({"locked_until": NOW + MOMENT, "known_at": NOW + SLACK + MOMENT}, "locked_out"),
        ({"locked_until": NOW + LOCKED_FOR + SLACK}, "locked_out"),
        ({"locked_until": NOW + LOCKED_FOR + SLACK + MOMENT}, None),
    ],
)
def test_edges_of_time(facts: dict[str, Any], told: str | None) -> None:
    """R-2, M-2: machines expire and lockouts end exactly on time; known machines aren't locked out."""
    assert reason(changed(**facts)) == told


def test_known_is_thirty_days() -> None:
    """R-2: a machine accepted from the same network in the last 30 days is exempt from lockouts there."""
    assert timedelta(days=30) == KNOWN_FOR


@pytest.mark.parametrize(("left", "told"), [(0.000001, 1), (0.5, 1), (1.0, 2), (1799.9, 1800)])
def test_a_lockout_has_retry_after(left: float, told: int) -> None:
    """R-2: `retry_after` is never too short."""
    refusal: Any = refuse_machine(changed(locked_until=NOW + timedelta(seconds=left)), State(NOW))

    assert refusal.retry_after == told


SECRET_IN_ORDER: list[tuple[dict[str, bool], str]] = [
    ({"exists": False}, "not_found"),
    ({"frozen": True}, "frozen"),
    ({"attached": False}, "no_grant"),
    ({"granted": False}, "no_grant"),
]


def test_a_granted_secret_can_be_read() -> None:
    """R-1: a secret that exists and isn't frozen can be read by an attached machine with a grant."""
    assert refuse_secret(SECRET, State(NOW)) is None


@pytest.mark.parametrize("first", range(len(SECRET_IN_ORDER)))
def test_the_first_failed_check_of_a_secret_is_reported(first: int) -> None:
    """R-1: a missing secret is reported before a freeze, and a freeze before a missing grant."""
    alone, told = SECRET_IN_ORDER[first]
    rest = {name: value for each, _ in SECRET_IN_ORDER[first:] for name, value in each.items()}
    by_itself, with_all_after = (
        refuse_secret(replace(SECRET, **each), State(NOW)) for each in (alone, rest)
    )

    assert by_itself is not None
    assert with_all_after is not None
    assert by_itself.code == told
    assert (with_all_after.code, str(with_all_after)) == (told, str(by_itself))


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({}, None),
        ({"frozen": True}, None),
        ({"frozen": True, "granted": False}, "no_grant"),
        ({"frozen": True, "attached": False}, "no_grant"),
        ({"frozen": True, "exists": False}, "not_found"),
    ],
)
def test_a_freeze_hides_no_secret(facts: dict[str, bool], told: str | None) -> None:
    """R-7: whether a machine can know about a secret doesn't depend on a freeze."""
    refusal = refuse_secret(replace(SECRET, **facts), State(NOW), ACCESS_CHECKS)

    assert (refusal.code if refusal is not None else None) == told


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        (None, "not_found"),
        (Secret(), None),
        (Secret(frozen=True), "frozen"),
        (Secret(attached=False), "not_found"),
        (Secret(frozen=True, attached=False), "not_found"),
    ],
)
def test_a_project_exists_for_attached_machines_only(
    facts: Secret | None, told: str | None
) -> None:
    """R-6: a machine learns of a freeze only in a project that it is attached to."""
    refusal = refuse_project(facts, State(NOW))

    assert (refusal.code if refusal is not None else None) == told
