"""May this machine read: every check, its edge, and its place in the order (R-1, R-2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from strongroom_core.access.decide_read import (
    KNOWN_FOR,
    MachineFacts,
    SecretFacts,
    decide_machine,
    decide_secret,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)

MACHINE = MachineFacts(
    name="web-1",
    same_key=True,
    fresh=True,
    approved=True,
    enabled=True,
    expires_at=None,
    owner_active=True,
    locked_until=None,
    known_at=None,
)
SECRET = SecretFacts(exists=True, frozen=False, attached=True, granted=True)

IN_ORDER: list[tuple[dict[str, Any], str]] = [
    ({"same_key": False}, "authentication_failed"),
    ({"locked_until": NOW + MOMENT}, "locked_out"),
    ({"approved": False}, "machine_pending"),
    ({"enabled": False}, "machine_disabled"),
    ({"expires_at": NOW}, "machine_expired"),
    ({"owner_active": False}, "owner_inactive"),
    ({"fresh": False}, "nonce_used"),
]
"""What can be wrong with a machine, first what is told first."""


def reason(facts: MachineFacts | None) -> str | None:
    """Return the reason why a machine may not act, if there is one."""
    refusal = decide_machine(facts, NOW)
    return refusal.reason if refusal is not None else None


def test_a_machine_with_nothing_wrong_may_act() -> None:
    """R-1: approved, enabled, unexpired, its owner active, its nonce fresh."""
    assert reason(MACHINE) is None


def test_no_machine_is_a_wrong_signature() -> None:
    """WIRE 1: a machine that is gone answers as one that never was."""
    assert reason(None) == "authentication_failed"


@pytest.mark.parametrize("first", range(len(IN_ORDER)))
def test_the_first_that_is_wrong_is_told(first: int) -> None:
    """R-1, WIRE 1: each check refuses by itself, and before all that come after it."""
    alone, told = IN_ORDER[first]
    with_all_after = {name: value for each, _ in IN_ORDER[first:] for name, value in each.items()}

    assert reason(replace(MACHINE, **alone)) == told
    assert reason(replace(MACHINE, **with_all_after)) == told


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"expires_at": NOW + MOMENT}, None),
        ({"expires_at": NOW}, "machine_expired"),
        ({"locked_until": NOW}, None),
        ({"locked_until": NOW + MOMENT}, "locked_out"),
        ({"locked_until": NOW + MOMENT, "known_at": NOW - KNOWN_FOR}, None),
        ({"locked_until": NOW + MOMENT, "known_at": NOW - KNOWN_FOR - MOMENT}, "locked_out"),
    ],
)
def test_edges_of_time(facts: dict[str, Any], told: str | None) -> None:
    """R-2, M-2: expiry and lockouts end at their moment; who is known is not locked out."""
    assert reason(replace(MACHINE, **facts)) == told


def test_known_is_thirty_days() -> None:
    """R-2: a pair that worked in the last 30 days is always verified."""
    assert timedelta(days=30) == KNOWN_FOR


@pytest.mark.parametrize(("left", "told"), [(0.000001, 1), (0.5, 1), (1.0, 2), (1799.9, 1800)])
def test_a_lockout_says_how_long(left: float, told: int) -> None:
    """R-2: the seconds until it is worth asking again are never too few."""
    refusal: Any = decide_machine(replace(MACHINE, locked_until=NOW + timedelta(seconds=left)), NOW)

    assert refusal.retry_after == told


SECRET_IN_ORDER: list[tuple[dict[str, bool], str]] = [
    ({"exists": False}, "not_found"),
    ({"frozen": True}, "frozen"),
    ({"attached": False}, "no_grant"),
    ({"granted": False}, "no_grant"),
]


def test_a_granted_secret_may_be_read() -> None:
    """R-1: there, not frozen, attached, granted."""
    assert decide_secret(SECRET) is None


@pytest.mark.parametrize("first", range(len(SECRET_IN_ORDER)))
def test_the_first_that_is_wrong_with_a_secret_is_told(first: int) -> None:
    """R-1: absent before frozen before not granted, each by itself and with all after it."""
    alone, told = SECRET_IN_ORDER[first]
    rest = {name: value for each, _ in SECRET_IN_ORDER[first:] for name, value in each.items()}
    by_itself, with_all_after = (decide_secret(replace(SECRET, **each)) for each in (alone, rest))

    assert by_itself is not None
    assert with_all_after is not None
    assert by_itself.reason == told
    assert (with_all_after.reason, str(with_all_after)) == (told, str(by_itself))
