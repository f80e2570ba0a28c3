"""Writes `docs/authorization.md` from the tables that decide, so that it cannot say anything else."""

from strongroom_core.access.actions import RULES, Action, Plane, Rule
from strongroom_core.access.operations import OPERATIONS, Operation

_HEAD = """\
# Authorization

Generated from `strongroom_core.access` by `just docs`; do not edit.

Every operation is listed here with the action behind it, and every action with what it needs. The API
and the worker compare themselves with this table when they start: an operation that is not listed, or
listed and not there, stops the program.
"""

_ACTIONS = """\
## Actions

*Needs* names the capability; *membership* means that being a member is enough and that, for an object,
the access role reaches it. *Step-up* asks for an authentication not older than 10 minutes.

| action | about | needs | step-up | while frozen | in the trash | recorded | severity | planes |
|---|---|---|---|---|---|---|---|---|
"""

_PLANES = {
    Plane.PUBLIC: "open to strangers",
    Plane.HUMAN: "people with a session",
    Plane.DASHBOARD: "the same people in the dashboard, where they only look",
    Plane.MACHINE: "machines, with signed requests",
    Plane.JOB: "the server itself: jobs and the operator's commands",
}


def render() -> str:
    """Return the page: the operations by plane, then the actions."""
    parts = [_HEAD]
    for plane, whom in _PLANES.items():
        parts.append(f"## Operations: {whom}\n\n| operation | action | needs |\n|---|---|---|\n")
        parts[-1] += "".join(
            _operation_row(name, operation)
            for name, operation in OPERATIONS.items()
            if operation.plane is plane
        )
    rows = "".join(_action_row(action, RULES[action]) for action in Action if action in RULES)
    return "\n".join([*parts, _ACTIONS + rows])


def _operation_row(name: str, operation: Operation) -> str:
    if operation.action is None:
        return f"| `{name}` | – | {operation.needs or 'tells nothing about anybody'} |\n"
    return f"| `{name}` | `{operation.action}` | {_needs(RULES[operation.action])} |\n"


def _action_row(action: Action, rule: Rule) -> str:
    about = rule.about.value if rule.about is not None else "–"
    cells = (
        f"`{action}`",
        about,
        _needs(rule),
        _mark(rule.step_up),
        "allowed" if rule.when_frozen else "refused",
        "only" if rule.in_trash else "absent" if rule.about is not None else "–",
        rule.recorded.value,
        rule.severity.value,
        ", ".join(sorted(plane.value for plane in rule.planes)),
    )
    return f"| {' | '.join(cells)} |\n"


def _needs(rule: Rule) -> str:
    if rule.capability is not None:
        return f"`{rule.capability.value}`"
    return "membership" if Plane.HUMAN in rule.planes else "–"


def _mark(flag: bool) -> str:
    return "yes" if flag else "–"
