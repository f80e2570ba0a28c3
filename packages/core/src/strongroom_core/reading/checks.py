"""Checks whether a read is denied. Pure: a check uses only an item's facts and its batch's state.

To add a check, write a function here and put it into `SECRET_CHECKS` at the position where it should run. To
add a fact, add a column to the statement in `facts` and a field to `Facts`. A check with settings, such as a
policy, can be a frozen dataclass with the same `__call__`. Reads, exports, polls and listings all use these
checks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from strongroom_core.access.machine_checks import State, refuse_machine
from strongroom_core.kernel.errors import Axis, Frozen, NotFound, Refused, StrongroomError
from strongroom_core.kernel.policies import Attempt, refuse, stored_conditions
from strongroom_wire.errors import Code

if TYPE_CHECKING:
    from strongroom_core.reading.facts import Facts


class ProjectFacts(Protocol):
    """The facts about a machine and a project."""

    @property
    def frozen(self) -> bool:
        """Whether the project is frozen."""
        ...

    @property
    def attached(self) -> bool:
        """Whether the machine is attached to the project."""
        ...


class SecretFacts(ProjectFacts, Protocol):
    """The facts about a machine and a secret, including those about its project."""

    @property
    def exists(self) -> bool:
        """Whether the secret is in the machine's vault, and not in the trash."""
        ...

    @property
    def granted(self) -> bool:
        """Whether the secret is granted to the machine."""
        ...


SecretCheck = Callable[[SecretFacts, State], StrongroomError | None]
"""Returns the error to raise, or None if the check passes."""


def exists(facts: SecretFacts, _state: State) -> StrongroomError | None:
    """The secret is in the machine's vault, and neither it nor its project is in the trash."""
    return None if facts.exists else NotFound("secret")


def not_frozen(facts: ProjectFacts, _state: State) -> StrongroomError | None:
    """Nobody has frozen the project."""
    return Frozen() if facts.frozen else None


def attached(facts: ProjectFacts, _state: State) -> StrongroomError | None:
    """The machine is attached to the project."""
    if facts.attached:
        return None
    return Refused(Code.NO_GRANT, "this machine isn't attached to the secret's project")


def granted(facts: SecretFacts, _state: State) -> StrongroomError | None:
    """The secret is granted to the machine."""
    if facts.granted:
        return None
    return Refused(Code.NO_GRANT, "this secret isn't granted to this machine")


SECRET_CHECKS: Sequence[SecretCheck] = (exists, not_frozen, attached, granted)
"""In the order of R-1."""

ACCESS_CHECKS: Sequence[SecretCheck] = (exists, attached, granted)
"""Checks whether a machine can know that a secret exists. A freeze stops reads, but doesn't hide anything."""


@dataclass(frozen=True, slots=True)
class PolicyCheck:
    """One condition of the secret's policy. It applies if the policy is enforced and the condition is on."""

    axis: Axis

    def __call__(self, facts: Facts, state: State) -> StrongroomError | None:
        """Return the error to raise, or None if the check passes."""
        conditions = stored_conditions(facts.conditions)
        if conditions is None:
            return None
        attempt = Attempt(state.machine, state.address, state.now)
        return refuse(self.axis, conditions, state.use, attempt)


POLICY_CHECKS = tuple(PolicyCheck(axis) for axis in Axis)
"""In the order of P-2."""


def refuse_secret(
    facts: SecretFacts, state: State, checks: Sequence[SecretCheck] = SECRET_CHECKS
) -> StrongroomError | None:
    """Return None if the checks pass, otherwise the first error."""
    for check in checks:
        refusal = check(facts, state)
        if refusal is not None:
            return refusal
    return None


def refuse_project(facts: ProjectFacts | None, state: State) -> StrongroomError | None:
    """Return the error for a call about one project. For a machine that isn't attached, it doesn't exist."""
    if facts is None or attached(facts, state) is not None:
        return NotFound("project")
    return not_frozen(facts, state)


def refuse_read(facts: Facts, state: State) -> StrongroomError | None:
    """Return None if the machine can read the secret now, otherwise the error to raise."""
    refusal = refuse_machine(facts, state) or refuse_secret(facts, state)
    if refusal is not None or facts.conditions is None:
        return refusal
    refusals = (check(facts, state) for check in POLICY_CHECKS)
    return next((refusal for refusal in refusals if refusal is not None), None)
