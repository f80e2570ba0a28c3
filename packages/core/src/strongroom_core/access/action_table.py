"""All actions by name, for filters, sentences, documents and tests."""

from collections.abc import Mapping

from strongroom_core.access.action import Action
from strongroom_core.access.actions import (
    accounts,
    alerts,
    audit,
    installation,
    keys,
    machines,
    mail,
    members,
    operator,
    plans,
    policies,
    projects,
    secrets,
    shares,
    vaults,
)

SUBJECTS = (
    accounts,
    alerts,
    audit,
    installation,
    keys,
    machines,
    mail,
    members,
    operator,
    plans,
    policies,
    projects,
    secrets,
    shares,
    vaults,
)

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
