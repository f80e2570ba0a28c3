"""Entries are told as sentences."""

from __future__ import annotations

import pytest

from strongroom_core.access.actions import RULES, Action, Recorded
from strongroom_core.audit.entry import Detail, Outcome
from strongroom_core.record.wording import DONE, word


def test_every_action_that_is_recorded_has_words() -> None:
    """L-4: nothing on the record is told by its bare name, but what is only ever refused."""
    recorded = {action for action, rule in RULES.items() if rule.recorded is Recorded.ALWAYS}

    assert recorded - set(DONE) == {Action.SECRET_READ_DENIED}


@pytest.mark.parametrize(
    ("action", "outcome", "detail", "expected"),
    [
        ("secret_read", Outcome.DONE, {}, "read API_KEY in web/production"),
        (
            "secret_read_denied",
            Outcome.REFUSED,
            {},
            "was refused API_KEY in web/production (no grant)",
        ),
        (
            "secret_rollback",
            Outcome.DONE,
            {"restored": 2, "version": 5},
            "rolled back API_KEY to version 2, which is now version 5 in web/production",
        ),
        (
            "secret_purge",
            Outcome.REFUSED,
            {},
            "was refused: secret purge API_KEY in web/production (no grant)",
        ),
        (
            "grants_set",
            Outcome.DONE,
            {"machine_name": "web-1"},
            "set the grants of web-1 in API_KEY in web/production",
        ),
        ("machine_detach", Outcome.DONE, {}, "detached a machine from API_KEY in web/production"),
        ("of_the_future", Outcome.DONE, {}, "of the future API_KEY in web/production"),
    ],
)
def test_sentences(action: str, outcome: Outcome, detail: Detail, expected: str) -> None:
    """L-4: what was done, to what, where, and why not."""
    reason = "no_grant" if outcome is Outcome.REFUSED else None
    said = word(
        action, outcome, reason=reason, target="API_KEY", place="web/production", detail=detail
    )

    assert expected == str(said)
