"""Defines what an action is. Actions are declared by subject in `actions/`; `action_table` lists them all.

A declaration contains everything about an action: its name in the audit log, who can perform it on which kind
of object, and its wording. An action that isn't declared doesn't exist.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from strongroom_core.access.entry import Severity
from strongroom_core.kernel.authority import Capability


class Plane(StrEnum):
    """The kind of caller to which an operation is open. A plane for agents will be added with that feature.

    Dashboard users are people too, so everything that applies to the human plane applies to them.
    """

    HUMAN = "human"
    DASHBOARD = "dashboard"
    MACHINE = "machine"
    PUBLIC = "public"
    JOB = "job"


class ObjectKind(StrEnum):
    """The kinds of object that an action can act on."""

    ACCESS_ROLE = "access_role"
    ACCOUNT = "account"
    ALLOWLIST_ENTRY = "allowlist_entry"
    APPLICATION = "application"
    DEVICE = "device"
    ENROLLMENT_TOKEN = "enrollment_token"
    KEY = "key"
    INVITATION = "invitation"
    MACHINE = "machine"
    MEMBER = "member"
    PLAN = "plan"
    PASSKEY = "passkey"
    POLICY = "policy"
    PROJECT = "project"
    SECRET = "secret"
    SESSION = "session"
    SHARE = "share"
    TRUST = "trust"
    VAULT = "vault"
    VAULT_ROLE = "vault_role"
    WEBHOOK = "webhook"


class Recorded(StrEnum):
    """When an action is logged. Read-only actions are logged only when they are denied (L-1).

    `LATER` is for a check before expensive work, after which the action itself is performed and logged.
    """

    ALWAYS = "always"
    ON_REFUSAL = "on refusal"
    LATER = "later"


class Lock(StrEnum):
    """How the gate locks the target's row during the act.

    `CHANGE` excludes all other acts on the same object, so that everything read about that object stays true
    until commit. `SHARE` only prevents the object, such as a project in which a secret is created, from being
    changed or trashed.
    """

    NONE = "none"
    SHARE = "share"
    CHANGE = "change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One kind of action: what it requires, and how the audit log describes it.

    `name` is `subject_verb`, as in the audit log. In a sentence, `done` and `refused` follow the actor and
    `done_to` follows the object. View actions have no `done`. Without `refused`, the sentence is built from
    the name. `by_target` means that the object itself acted, such as a machine that registers itself.

    If `needs` is None, the caller only needs to be a member and, if there is an object, to have an access
    role that covers it. `in_trash` limits the action to trashed objects, which other actions can't find.
    `part_needs` names parts of the action (members of its request, or what comes with its object) and the
    capabilities that only these need in addition (`Act.require_part`). `includes` is another action on the
    same object that can be part of this one; it is then decided by its own rule and logged as a separate
    event (`Act.include`).

    `operator` limits the action to the installation's administrator. Their role in a vault doesn't matter.

    An `own_account` action is about the person's own account. Like actions of the installation, it stays
    possible while a vault requires a second factor that the person doesn't have (A-3). People's keys can't
    perform either kind, unless it has `by_key`, and can't perform any action with `in_browser` (D-5).

    An `installation` action happens in the reserved vault and is logged there. `in_vaults` also logs the
    action where vault owners can see it: a sign-in in each of the account's vaults, everything else in the
    session's vault. `stops_reads` makes the gate wait until no read in the project, and no change to its
    grants, is in progress, so that none of them commits after the act.
    """

    name: str
    severity: Severity
    planes: frozenset[Plane] = frozenset({Plane.HUMAN})
    about: ObjectKind | None = None
    needs: Capability | None = None
    part_needs: tuple[tuple[str, Capability], ...] = ()
    includes: Action | None = None
    recorded: Recorded = Recorded.ALWAYS
    step_up: bool = False
    when_frozen: bool = True
    in_trash: bool = False
    operator: bool = False
    installation: bool = False
    in_vaults: bool = False
    own_account: bool = False
    by_key: bool = False
    in_browser: bool = False
    lock: Lock = Lock.NONE
    stops_reads: bool = False
    done: str = ""
    done_to: str = ""
    refused: str = ""
    by_target: bool = False

    def __str__(self) -> str:
        return self.name

    @property
    def reads_only(self) -> bool:
        """Whether it changes nothing. Such actions are logged only when they are denied."""
        return self.recorded is Recorded.ON_REFUSAL

    @property
    def open_to_keys(self) -> bool:
        """Whether a person's key can perform it, as far as the person can."""
        return self.by_key or not (self.own_account or self.installation or self.in_browser)


def view(
    name: str,
    about: ObjectKind | None = None,
    needs: Capability | None = None,
    *,
    own_account: bool = False,
) -> Action:
    """Declare a read-only action for users: it is logged only when it is denied (L-1)."""
    return Action(
        name=name,
        severity=Severity.INFO,
        about=about,
        needs=needs,
        recorded=Recorded.ON_REFUSAL,
        own_account=own_account,
    )


def operate(
    name: str, done: str, severity: Severity, about: ObjectKind | None = None, **more: Any
) -> Action:
    """Declare an action of the administrator. It is logged in the installation (Q-3)."""
    lock = Lock.CHANGE if about is not None else Lock.NONE
    return Action(
        name=name,
        severity=severity,
        about=about,
        operator=True,
        installation=True,
        lock=lock,
        done=done,
        **more,
    )


def oversee(name: str, about: ObjectKind | None = None) -> Action:
    """Declare a read-only action for the administrator."""
    return replace(view(name, about), operator=True, installation=True)


PEOPLE_OR_JOBS = frozenset({Plane.HUMAN, Plane.JOB})
PEOPLE_OR_MACHINES = frozenset({Plane.HUMAN, Plane.MACHINE})
MACHINES = frozenset({Plane.MACHINE})
STRANGERS = frozenset({Plane.PUBLIC})
JOBS = frozenset({Plane.JOB})
