"""Events worded as sentences."""

from __future__ import annotations

import pytest

from strongroom_core.access.action import Recorded
from strongroom_core.access.action_table import ACTIONS
from strongroom_core.access.actions.secrets import SECRET_READ_DENIED
from strongroom_core.access.entry import Detail, Outcome
from strongroom_core.audit.wording import word


def test_every_logged_action_has_wording() -> None:
    """L-4: every action has wording for success, except those that are only logged as denied."""
    recorded = {action for action in ACTIONS.values() if action.recorded is Recorded.ALWAYS}

    assert {action for action in recorded if not action.done} == {SECRET_READ_DENIED}


@pytest.mark.parametrize(
    ("action", "outcome", "detail", "expected"),
    [
        ("secret_read", Outcome.DONE, {}, "read API_KEY in web/production"),
        (
            "secret_read_denied",
            Outcome.REFUSED,
            {},
            "was denied API_KEY in web/production (no access)",
        ),
        (
            "secret_rollback",
            Outcome.DONE,
            {"restored": 2, "version": 5},
            "rolled API_KEY back to version 2 (now version 5) in web/production",
        ),
        (
            "secret_purge",
            Outcome.REFUSED,
            {},
            "was denied: purge secret API_KEY in web/production (no access)",
        ),
        (
            "grants_set",
            Outcome.DONE,
            {"machine_name": "web-1", "given": ["A", "B", "C#x", "D", "E"], "taken": ["F"]},
            "changed web-1's access in API_KEY (+A, +B, +C#x and 2 more; −F) in web/production",
        ),
        (
            "grants_change",
            Outcome.DONE,
            {"machine_name": "web-1", "given": ["A"], "taken": ["B"]},
            "changed access to API_KEY for web-1 (+A; −B) in web/production",
        ),
        (
            "secret_restore",
            Outcome.DONE,
            {"machines": ["web-1", "job (host)"]},
            "restored API_KEY (+web-1, +job (host)) in web/production",
        ),
        (
            "project_freeze",
            Outcome.DONE,
            {"reason": "a key leaked"},
            "froze API_KEY (a key leaked) in web/production",
        ),
        ("machine_detach", Outcome.DONE, {}, "detached a machine from API_KEY in web/production"),
        ("of_the_future", Outcome.DONE, {}, "of the future API_KEY in web/production"),
    ],
)
def test_sentences(action: str, outcome: Outcome, detail: Detail, expected: str) -> None:
    """L-4: a sentence contains the action, its object and place, and the reason for a denial."""
    reason = "no_grant" if outcome is Outcome.REFUSED else None
    said = word(
        action, outcome, reason=reason, target="API_KEY", place="web/production", detail=detail
    )

    assert expected == str(said)


def test_a_sentence_can_start_with_its_object() -> None:
    """L-4: a machine has no name before it registers, so the sentence starts with its new name."""
    said = word("machine_register", Outcome.DONE, reason=None, target="vm", place=None, detail={})

    assert said.sentence("bootstrap") == "vm registered and is waiting for approval"


def test_the_sentence_for_a_missing_object() -> None:
    """L-4: the sentence for a missing object doesn't name one."""
    said = word(
        "secret_view", Outcome.REFUSED, reason="not_found", target=None, place=None, detail={}
    )

    read = word(
        "secret_read_denied", Outcome.REFUSED, reason="not_found", target="", place=None, detail={}
    )

    assert said.sentence("ada") == "ada tried to view a secret that doesn't exist"
    assert read.sentence("web-1") == "web-1 tried to read a secret that doesn't exist"


def test_the_sentence_for_an_identity_to_confirm() -> None:
    """A-5, L-4: a sensitive action is first denied; the sentence says what was missing."""
    said = word(
        "app_add", Outcome.REFUSED, reason="step_up_required", target=None, place=None, detail={}
    )

    assert "failed to add an authenticator app (identity not confirmed recently)" == str(said)


def test_a_change_to_many_names_the_one_that_the_page_is_about() -> None:
    """L-4: on a secret's or a machine's page, a change of access says what changed for it."""

    def told(about: str, given: list[str], taken: list[str]) -> str:
        detail: Detail = {"machine_name": "vm", "given": given, "taken": taken}
        done = Outcome.DONE
        return str(
            word(
                "grants_set",
                done,
                reason=None,
                target="shop",
                place=None,
                detail=detail,
                about=about,
            )
        )

    many = [f"KEY_{number:04}" for number in range(2000)]

    assert "changed vm's access in shop (+KEY_0900 and 1,999 more)" == told("KEY_0900", many, [])
    assert "changed vm's access in shop (−DB#host, −DB#port and 1 more)" == told(
        "DB", [], ["A", "DB#host", "DB#port"]
    )
    assert "changed vm's access in shop (+KEY: vm and 1 more)" == told(
        "vm", ["A: web", "KEY: vm"], []
    )
