"""What each cell must answer, from the data of the authorization table alone.

Written without a look at `access/decide.py`: it knows the rules as they are written down, and the
order in which refusals are told, and nothing of how they are carried out.
"""

from __future__ import annotations

from enum import StrEnum

from strongroom_core.access.actions import RULES, Action, ObjectKind

from .places import State


class Who(StrEnum):
    """Who asks. Whoever has a session is the owner of a vault: other roles come with members."""

    ANONYMOUS = "anonymous"
    ENDED = "a session that was ended"
    IDLE = "a session that was idle too long"
    OWNER = "the owner"
    UNPROVED = "the owner, who last proved who they are eleven minutes ago"
    OTHER = "the owner of another vault"


STRANGERS = frozenset({Who.ANONYMOUS, Who.ENDED, Who.IDLE})

HAVE_TRASH = frozenset({ObjectKind.PROJECT, ObjectKind.SECRET})
CAN_FREEZE = frozenset({ObjectKind.PROJECT, ObjectKind.SECRET})

LOOKED_UP = frozenset({"readEntry"})
"""Operations about something that the gate does not load: it is live, or it is not there."""

ABOUT_THE_STATE = {
    ("freezeProject", State.FROZEN): (409, "conflict"),
    ("unfreezeProject", State.LIVE): (409, "conflict"),
    ("explainFreeze", State.LIVE): (409, "conflict"),
    ("readRecovery", State.LIVE): (409, "conflict"),
}
"""What is allowed and yet makes no sense for an object in this state."""

ALLOWED = (200, None)


def expected(operation: str, action: Action, who: Who, state: State, *, own: bool) -> Answer:
    """Return status and code for a place in this state; `own`: of the vault of whoever asks."""
    rule = RULES[action]
    if who in STRANGERS:
        return (401, "not_authenticated")
    if operation in LOOKED_UP and not (own and state in (State.LIVE, State.FROZEN)):
        return (404, "not_found")
    if rule.about is not None:
        there = own and state in (State.LIVE, State.FROZEN)
        trashed = own and state is State.TRASHED and rule.about in HAVE_TRASH
        if not (trashed if rule.in_trash else there):
            return (404, "not_found")
    if rule.step_up and who is Who.UNPROVED:
        return (403, "step_up_required")
    frozen = state is State.FROZEN and rule.about in CAN_FREEZE
    if frozen and not rule.when_frozen:
        return (423, "frozen")
    return ABOUT_THE_STATE.get((operation, state), ALLOWED)


Answer = tuple[int, str | None]
"""Status and code; 200 stands for every success, which has no code."""
