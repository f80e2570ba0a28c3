"""What an entry says, as a sentence: for people who watch, in the dashboard and in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from strongroom_core.access.actions import Action
from strongroom_core.audit.entry import Detail, Outcome
from strongroom_core.record.views import EntryView

DONE: Mapping[Action, str] = {
    Action.ACCOUNT_LOGIN: "logged in to",
    Action.APPLICATION_CREATE: "created the application",
    Action.APPLICATION_DELETE: "deleted the application",
    Action.APPLICATION_UPDATE: "changed the application",
    Action.AUDIT_EXPORT: "exported the record",
    Action.AUTH_FAILURE: "failed to prove who they are",
    Action.GRANTS_SET: "set the grants of a machine in",
    Action.INSTALLATION_INIT: "initialised the installation",
    Action.INSTALLATION_LINK: "made a new link for the operator's account",
    Action.INSTALLATION_RESTORED: "restored a backup",
    Action.INSTALLATION_SETUP: "set up the account",
    Action.INSTALLATION_SWEEP: "swept what was due",
    Action.INSTALLATION_UNSEAL: "unsealed the server",
    Action.INTEGRITY_FAILURE: "met a value that does not open:",
    Action.LOCKOUT_STARTED: "was locked out",
    Action.MACHINE_APPROVE: "approved",
    Action.MACHINE_ATTACH: "attached a machine to",
    Action.MACHINE_BOOTSTRAP: "made a bootstrap token",
    Action.MACHINE_DENY: "turned away",
    Action.MACHINE_DETACH: "detached a machine from",
    Action.MACHINE_DISABLE: "switched off",
    Action.MACHINE_ENABLE: "switched on",
    Action.MACHINE_REGISTER: "registered and waits for approval as",
    Action.MACHINE_RENAME: "renamed",
    Action.MACHINE_REVOKE: "revoked",
    Action.MACHINE_ROTATE_KEY: "rotated its key",
    Action.PROJECT_CREATE: "created the project",
    Action.PROJECT_DELETE: "moved the project",
    Action.PROJECT_ERASE: "erased a part of",
    Action.PROJECT_EXPLAIN: "said what happened in",
    Action.PROJECT_FREEZE: "froze",
    Action.PROJECT_MOVE: "moved the project",
    Action.PROJECT_PURGE: "destroyed the project",
    Action.PROJECT_RESTORE: "restored the project",
    Action.PROJECT_UNFREEZE: "lifted the freeze of",
    Action.PROJECT_UPDATE: "changed the project",
    Action.SECRET_CREATE: "created",
    Action.SECRET_DELETE: "moved",
    Action.SECRET_PURGE: "destroyed",
    Action.SECRET_READ: "read",
    Action.SECRET_REPLACE: "replaced",
    Action.SECRET_RESTORE: "restored",
    Action.SECRET_ROLLBACK: "rolled back",
    Action.SECRET_ROTATE: "rotated",
    Action.SECRET_UPDATE: "changed",
    Action.SECRETS_EXPORT: "exported its secrets",
    Action.SESSION_END: "logged out",
    Action.SESSION_STEP_UP: "proved who they are",
}
"""What the record tells of actions that were done; of those that only look it tells refusals."""

WHERETO: Mapping[Action, str] = {
    Action.PROJECT_DELETE: "to the trash",
    Action.SECRET_DELETE: "to the trash",
}
"""What comes behind the object."""

TRIED: Mapping[Action, str] = {
    Action.SECRET_READ_DENIED: "was refused",
    Action.SECRET_READ: "was refused",
    Action.ACCOUNT_LOGIN: "failed to log in",
    Action.AUTH_FAILURE: "failed to prove who they are",
}
"""What it tells of those that were refused, where `was refused: ACTION` would read badly."""


_ACTIONS: Mapping[str, Action] = {action.value: action for action in Action}


@dataclass(frozen=True, slots=True)
class Wording:
    """A sentence after its actor: what was done, to what, and what else is worth telling."""

    verb: str
    target: str
    rest: str

    def __str__(self) -> str:
        return " ".join(part for part in (self.verb, self.target, self.rest) if part)


def wording_of(entry: EntryView) -> Wording:
    """Say what an entry records."""
    place = place_of(entry)
    about_project = entry.target_kind == "project"
    return word(
        entry.action,
        entry.outcome,
        reason=entry.reason,
        target=place if about_project and place else entry.target_name or "",
        place=None if about_project else place,
        detail=entry.detail,
    )


def place_of(entry: EntryView) -> str | None:
    """Return what an entry's project is called: with its application, where it has one."""
    if entry.project_name is None:
        return None
    if entry.application_name is None:
        return entry.project_name
    return f"{entry.application_name}/{entry.project_name}"


def word(
    action: str,
    outcome: Outcome,
    *,
    reason: str | None,
    target: str | None,
    place: str | None,
    detail: Detail,
) -> Wording:
    """Say what an entry records.

    `target` is what it is about, by name; `place` is what that project is called, where it is not
    itself the target. An action that this version does not know is told by its name.
    """
    known = _ACTIONS.get(action)
    rest = [f"in {place}"] if place else []
    if outcome is Outcome.REFUSED:
        verb = TRIED.get(known) if known is not None else None
        verb = verb or f"was refused: {_plain(action)}"
        rest += [f"({_plain(reason)})"] if reason else []
        return Wording(verb, target or "", " ".join(rest))
    verb = DONE.get(known, _plain(action)) if known is not None else _plain(action)
    if (machine := detail.get("machine_name")) is not None:
        verb = verb.replace("a machine", str(machine))
    whereto = [WHERETO[known]] if known is not None and known in WHERETO else []
    return Wording(verb, target or "", " ".join([*whereto, *_particulars(detail, target), *rest]))


def _plain(word: str) -> str:
    return word.replace("_", " ")


def _particulars(detail: Detail, target: str | None) -> list[str]:
    said: list[str] = []
    if detail.get("restored") is not None:
        said.append(f"to version {detail['restored']}, which is now version {detail['version']}")
    elif detail.get("version") is not None:
        said.append(f"(version {detail['version']})")
    environments = detail.get("environments")
    if isinstance(environments, list) and environments:
        said.append(f"with {', '.join(environments)}")
    if detail.get("granted") is not None:
        said.append(f"({detail['granted']} granted)")
    if detail.get("renamed_to") not in (None, target):
        said.append(f"to {detail['renamed_to']}")
    return said
