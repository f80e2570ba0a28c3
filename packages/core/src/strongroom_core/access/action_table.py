"""All actions by name, for filters, sentences, documents and tests."""

from collections.abc import Mapping

from strongroom_core.access.action import Action
from strongroom_core.access.actions import (
    accounts,
    audit,
    installation,
    machines,
    projects,
    secrets,
    shares,
)

SUBJECTS = (accounts, audit, installation, machines, projects, secrets, shares)

ACTIONS: Mapping[str, Action] = {
    action.name: action
    for action in sorted(
        (
            each
            for subject in SUBJECTS
            for each in vars(subject).values()
            if isinstance(each, Action)
        ),
        key=str,
    )
}
"""All actions, in alphabetical order."""


def action_named(name: str) -> Action:
    """Return the action with this name. Raises `ValueError` for an unknown name, as an enum does."""
    try:
        return ACTIONS[name]
    except KeyError:
        raise ValueError("no such action") from None
