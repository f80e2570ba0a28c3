"""The expected response for each cell, based only on the data in the authorization table.

Written without looking at `access/decide.py`: it uses the documented rules and the order of
denials, but nothing from the implementation.
"""

from __future__ import annotations

from enum import StrEnum

from strongroom_core.access.action import Action, ObjectKind
from tests.places import State
from tests.requests import REQUESTS


class Who(StrEnum):
    """The caller. Every user with a session owns a vault; other roles will be added with members."""

    ANONYMOUS = "anonymous"
    ENDED = "a session that was ended"
    IDLE = "a session that was idle too long"
    OWNER = "the owner"
    UNPROVED = "the owner, who last confirmed the password eleven minutes ago"
    OTHER = "the owner of another vault"


STRANGERS = frozenset({Who.ANONYMOUS, Who.ENDED, Who.IDLE})

HAVE_TRASH = frozenset({ObjectKind.PROJECT, ObjectKind.SECRET})
CAN_FREEZE = frozenset({ObjectKind.PROJECT, ObjectKind.SECRET})

LOOKED_UP = frozenset(
    {
        *("createTrust", "enterVault", "readEntry", "readOverseenAccount", "choosePlan"),
        "previewAccess",
    }
)
"""Operations on objects that the gate doesn't load: they are live or don't exist."""

OF_NO_VAULT = frozenset({"choosePlan"})
"""Operations on objects that belong to no vault, such as all of the administrator's."""

ONLY_LIVE = frozenset({"freezeProject"})
"""Actions that are allowed in a frozen project but make no sense there."""

NEVER_HERE = frozenset(
    {
        *("closeAccount", "reactivateAccount", "restoreVault", "testMail"),
        *("convertVault", "leaveVault", "startRecovery", "stopRecovery", "cancelRecovery"),
    }
)
"""Actions that the catalog's request asks for in a way that is denied, because they would end the matrix;
and those that conflict because no account is suspended, being recovered or has a second factor, no vault is
deleted, no mail server is set up, both vaults are organizations, and their owners are the last ones."""

OF_KEYS = frozenset({"readOwnKey", "revokeOwnKey"})
"""Operations on the key that signed the request, which a session doesn't have."""

CONFLICT = (409, "conflict")
ALLOWED = (200, None)


def expected(operation: str, action: Action, who: Who, state: State, *, own: bool) -> Answer:
    """Return status and code for a place in this state; `own` says whether it is in the caller's vault."""
    if who in STRANGERS:
        return (401, "not_authenticated")
    if action.operator and who is Who.OTHER:
        return (403, "no_capability")
    own = own or action.operator or operation in OF_NO_VAULT
    if operation in OF_KEYS or not _exists(operation, action, state, own=own):
        return (404, "not_found")
    if action.step_up and who is Who.UNPROVED:
        return (403, "step_up_required")
    frozen = state is State.FROZEN and action.about in CAN_FREEZE
    if frozen and not action.when_frozen:
        return (423, "frozen")
    only_frozen = REQUESTS[operation].state is State.FROZEN
    conflicts = operation in NEVER_HERE or (operation in ONLY_LIVE if frozen else only_frozen)
    return CONFLICT if conflicts else ALLOWED


def _exists(operation: str, action: Action, state: State, *, own: bool) -> bool:
    there = own and state in (State.LIVE, State.FROZEN)
    if operation in LOOKED_UP and not there:
        return False
    if action.about is None:
        return True
    trashed = own and state is State.TRASHED and action.about in HAVE_TRASH
    return trashed if action.in_trash else there


Answer = tuple[int, str | None]
"""Status and code; 200 represents every success, which has no code."""
