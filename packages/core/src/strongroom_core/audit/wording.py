"""Describes an event in a sentence, for the dashboard's feeds and the terminal output of `dev`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from textwrap import shorten
from typing import cast

from strongroom_core.access.action import Action
from strongroom_core.access.action_table import ACTIONS
from strongroom_core.access.actions.machines import GRANTS_CHANGE
from strongroom_core.access.actions.secrets import (
    SECRET_READ_DENIED,
    SECRET_RESTORE,
    SECRETS_EXPORT,
)
from strongroom_core.access.entry import Detail, Outcome
from strongroom_core.audit.views import EntryView
from strongroom_core.kernel.errors import Axis, Guardrail
from strongroom_wire.errors import Code

REASONS: dict[str, str] = {
    Code.FROZEN: "project frozen",
    Code.ENROLLMENT_ADDRESS: "IP address not allowed",
    Code.ENROLLMENT_EXPIRED: "token expired",
    Code.ENROLLMENT_HOSTNAME: "hostname doesn't match",
    Code.ENROLLMENT_REVOKED: "token revoked",
    Code.ENROLLMENT_USED_UP: "token used up",
    Axis.TIME: "policy: not at this time",
    Axis.IP: "policy: IP address not allowed",
    Axis.COSIGN: "policy: not co-signed",
    Axis.RATE: "policy: rate cap",
    Axis.TTL: "policy: time to live has expired",
    Guardrail.ADDRESS: "IP address not allowed",
    Guardrail.COUNTRY: "country not allowed or unknown",
    Guardrail.TIME: "not at this time",
    Code.MACHINE_DISABLED: "disabled",
    Code.MACHINE_EXPIRED: "expired",
    Code.MACHINE_PENDING: "not yet approved",
    Code.NO_GRANT: "no access",
    Code.STEP_UP_REQUIRED: "identity not confirmed recently",
}
"""Why something was denied, in cases where the code alone would be unclear."""

REASON_SHOWN = 120
"""How many characters of a freeze's reason a sentence shows. The event contains the whole reason."""

FEW = 3
"""How many secrets or machines a sentence names. The event lists all of them."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The parts of a sentence. `actor` is empty if the sentence begins with the event's own actor."""

    actor: str
    verb: str
    target: str
    rest: str

    def __str__(self) -> str:
        return " ".join(part for part in (self.verb, self.target, self.rest) if part)

    def sentence(self, actor: str) -> str:
        """Return the whole sentence, without a full stop. `actor` is the event's actor."""
        return f"{self.actor or actor} {self}"


def wording_of(entry: EntryView, *, named: bool = True, about: str = "") -> Wording:
    """Return an event in words. If not `named`, leave out its object and place (for the object's own page).

    `about` is the name of a secret or machine. If an event changed many, the sentence names this one and
    counts the others.
    """
    place = place_of(entry)
    about_project = entry.target_kind == "project"
    target = place if about_project and place else entry.target_name or ""
    said = word(
        entry.action,
        entry.outcome,
        reason=entry.reason,
        target=target if named else "",
        place=place if named and not about_project else None,
        detail=entry.detail,
        about=about,
    )
    if _is_unnamed(entry):
        said = replace(
            said,
            actor="An unnamed share" if said.actor else "",
            verb=said.verb.replace("the share", "an unnamed share"),
            target="",
        )
    # The name of a job, such as `record_cap`, means nothing to people.
    unnamed = {"external": "Unknown client", "system": "The server"}.get(entry.actor_kind)
    if unnamed is not None and not said.actor:
        return replace(said, actor=unnamed)
    return said


def name_of(entry: EntryView) -> str:
    """Return the name of an event's object. If a share has no name, the event contains its ID."""
    return "Unnamed share" if _is_unnamed(entry) else entry.target_name or ""


def _is_unnamed(entry: EntryView) -> bool:
    return entry.target_kind == "share" and entry.target_name == entry.target_id


def place_of(entry: EntryView) -> str | None:
    """Return the name of an event's project, with its application if it has one."""
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
    about: str = "",
) -> Wording:
    """Return an event in words.

    `target` is the name of the event's object. `place` is the project's name, unless the project itself is
    the target. An action that this release doesn't know is described by its name. For `about`, see
    `wording_of`.
    """
    known = ACTIONS.get(action)
    rest = [f"in {place}"] if place else []
    if outcome is Outcome.REFUSED:
        subject, _, verb = action.partition("_")
        if reason == Code.NOT_FOUND and known is not None and known.about == subject and not target:
            return Wording("", f"tried to {_plain(verb)} a {subject} that doesn't exist", "", "")
        if reason == Code.NOT_FOUND and known is SECRET_READ_DENIED and not target:
            return Wording("", "tried to read a secret that doesn't exist", "", "")
        denied = (
            known.refused if known is not None else ""
        ) or f"was denied: {_plain(verb)} {subject}"
        if detail.get("attempted") == SECRETS_EXPORT.name and known is SECRET_READ_DENIED:
            denied = "was denied an export of secrets"
        denied = denied if target else denied.removesuffix(" as")
        rest += [f"({REASONS.get(reason, _plain(reason))})"] if reason else []
        return Wording("", denied, target or "", " ".join(rest))
    verb = (known.done if known is not None else "") or _plain(action)
    if (machine := detail.get("machine_name")) is not None:
        verb = verb.replace("a machine", str(machine))
    after = [known.done_to] if known is not None and known.done_to else []
    actor = target if target and known is not None and known.by_target else ""
    return Wording(
        actor,
        verb,
        "" if actor else target or "",
        " ".join([*after, *_details(detail, target, known, about), *rest]),
    )


def _plain(word: str) -> str:
    return word.replace("_", " ")


def _few(names: object, *, before: str = "", about: str = "") -> str:
    """Return the first names in a list and how many more there are, or an empty string for an empty list.

    If some are about this secret or machine, only those are named.
    """
    if not isinstance(names, list):
        return ""
    every = cast("list[str]", names)
    own = [name for name in every if about and _is_about(name, about)][:FEW]
    listed = own or every[:FEW]
    more = len(every) - len(listed)
    return ", ".join(f"{before}{name}" for name in listed) + (f" and {more:,} more" if more else "")


def _is_about(name: str, about: str) -> bool:
    """Whether an item of an access change (`SECRET#FIELD: MACHINE`) is about this secret or machine."""
    begins = (f"{about}#", f"{about}: ", f"{about} (")
    return name == about or name.startswith(begins) or name.endswith(f": {about}")


def _details(detail: Detail, target: str | None, action: Action | None, about: str) -> list[str]:
    said: list[str] = []
    if action is GRANTS_CHANGE and detail.get("machine_name") is not None:
        said.append(f"for {detail['machine_name']}")
    if detail.get("restored") is not None:
        said.append(f"to version {detail['restored']} (now version {detail['version']})")
    elif detail.get("version") is not None:
        said.append(f"(version {detail['version']})")
    environments = detail.get("environments")
    if isinstance(environments, list) and environments:
        said.append(f"with {', '.join(environments)}")
    changes = [
        _few(detail.get("given"), before="+", about=about),
        _few(detail.get("taken"), before="−", about=about),
    ]
    if any(changes):
        said.append(f"({'; '.join(filter(None, changes))})")
    elif (granted := detail.get("granted")) is not None:
        number = f"{granted:,}" if isinstance(granted, int) else granted
        said.append(f"(now {number} {'secret' if granted == 1 else 'secrets'})")
    if machines := _few(detail.get("machines"), before="+" if action is SECRET_RESTORE else "−"):
        said.append(f"({machines})")
    if (reason := detail.get("reason")) is not None:
        said.append(f"({shorten(str(reason), REASON_SHOWN, placeholder='…')})")
    if detail.get("renamed_to") not in (None, target):
        said.append(f"to {detail['renamed_to']}")
    return [*said, *_use_of_limit(detail)]


def _use_of_limit(detail: Detail) -> list[str]:
    used, most, limit = (detail.get(name) for name in ("used", "most", "limit"))
    if isinstance(used, int) and isinstance(most, int):
        return [f"({used:,} of {most:,} {limit})"]
    return []
