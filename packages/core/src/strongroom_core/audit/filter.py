"""The filters of a list of entries, and their SQL conditions.

Each condition is a constant with a placeholder; user input is always an argument. A list joins only the
conditions that it needs. A single statement with `$1 is null or …` for every filter would get one plan for
all combinations. That plan wouldn't use the index that suits a particular filter.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from difflib import get_close_matches
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, TypeVar

from strongroom_core.access.action import ObjectKind
from strongroom_core.access.action_table import ACTIONS
from strongroom_core.access.actions.secrets import SECRET_READ
from strongroom_core.access.entry import Outcome, Severity
from strongroom_core.access.targets import require_id_of
from strongroom_core.db.conditions import Conditions
from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.names import require_searchable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from strongroom_core.access.action import Action
    from strongroom_core.kernel.origin import Network

IPV4 = 4

WordT = TypeVar("WordT")
SEVERITIES = {each.value: each for each in Severity}
OUTCOMES = {each.value: each for each in Outcome}
FEW_WORDS, NEAREST, LEAST_LIKENESS = 10, 3, 0.5

# The address of an entry can also be `local`, which isn't an IP address.
_ADDRESS_IN = {
    4: "case when e.address ~ '^[0-9]{{1,3}}([.][0-9]{{1,3}}){{3}}$'"
    " then e.address::inet <<= {0}::text::inet else false end",
    6: "case when e.address ~ '^[0-9a-f.:]*:[0-9a-f.:]*$'"
    " then e.address::inet <<= {0}::text::inet else false end",
}

# The conditions of the partial indexes `audit_entry_by_action` and `audit_entry_by_severity`. They must be in
# the query, because the planner makes generic plans without knowing the arguments.
_NO_READ = "e.action <> 'secret_read'"
_NOT_INFO = "e.severity <> 'info'"

# A change to a machine's access has the project or secret as its target, and the machine in its details.
_OF_MACHINE = """
e.actor_id = {0} or e.target_id = {0} or e.detail->>'machine' = {0} or e.detail->>'replaces' = {0}
or e.detail->'machine_ids' ? {0}
"""

# Both sides of the `or` have an index. The second index covers only events with that detail.
_ABOUT = """
e.target_id = {0} or (e.detail ? 'secret_ids' and e.detail->'secret_ids' ? {0})
"""

# The same rule as in `schema/functions/search.sql`. The text is built for each entry during the
# search, because the log is too long to store it twice. IDs are already in lower case.
# Building the text is slow, so the longest word is first searched for as it is: in ASCII, `searchable` only
# replaces the separators between words. `like` is cheapest and comes first. If the word has several parts,
# such as `web-1`, the expression then requires that there are only separators between them. The action's
# words are searched once, not for each entry.
#
# Few events have names and IDs in their details, so these come last. Lists are searched as text: an ID in a
# list begins after a quote.
_TEXT = (
    "(e.actor_name || ' ' || coalesce(e.target_name, '') || ' ' || e.action || ' ' || e.address)"
)
_TEXTS = "e.actor_name::text, e.target_name, e.action, {1}::text::jsonb->>e.action, e.address"
_LONGEST = "(select replace((search_patterns({0}))[1], ' ', '%'))"
_PARTS = "(select replace(trim('%' from (search_patterns({0}))[1]), ' ', '[^[:alnum:]]+'))"
_FOUND = f"""
((lower({_TEXT}) like {_LONGEST} and ' ' || lower({_TEXT}) ~ {_PARTS}
  or octet_length({_TEXT}) > length({_TEXT})
  or e.action = any(array(select key from jsonb_each_text({{1}}::text::jsonb)
                          where lower(value) like {_LONGEST})))
 and searchable(array[{_TEXTS}]) like all ((select search_patterns({{0}}))::text[]))
or starts_with(e.actor_id, lower({{0}})) or starts_with(e.target_id, lower({{0}}))
or starts_with(e.request_id, lower({{0}}))
or (e.detail ?| array['machine', 'machines', 'machine_ids', 'secret_ids'] and (
    searchable(array[{_TEXTS}, e.detail->>'machine_name', e.detail->>'machines',
                     e.detail->>'given', e.detail->>'taken'])
        like all ((select search_patterns({{0}}))::text[])
    or starts_with(e.detail->>'machine', lower({{0}}))
    or strpos(e.detail->>'machine_ids', '"' || lower({{0}})) > 0
    or strpos(e.detail->>'secret_ids', '"' || lower({{0}})) > 0))
"""

_SAID = json.dumps(
    {each.name: f"{each.done} {each.done_to} {each.refused}" for each in ACTIONS.values()}
)
"""Each action's words in the log's sentences. People search for these as well as for action names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """Which entries to return; empty or None means no filter.

    `machine` is the ID of a machine that is the actor or target, or whose access changed. `address` is an IP
    address or a range in CIDR notation. `q` is any part of the name of an actor, target or action, of the
    address, or of the names of machines and secrets in the details; or the beginning of an ID of any of these
    or of the request. `since` is inclusive, and `until` is exclusive.
    """

    actions: frozenset[Action] = frozenset()
    severities: frozenset[Severity] = frozenset()
    outcome: Outcome | None = None
    actor_kind: str | None = None
    actor_id: str | None = None
    target_id: str | None = None
    machine: str | None = None
    project: str | None = None
    address: str | None = None
    q: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def words_of(text: str, known: Mapping[str, WordT], name: str) -> frozenset[WordT]:
    """Parse comma-separated words. Raises `Invalid`, which lists the accepted words.

    If there are many, it lists those closest to the wrong word.
    """
    words = [word.strip() for word in text.split(",")] if text else []
    wrong = next((word for word in words if word not in known), None)
    if wrong is None:
        return frozenset(known[word] for word in words)
    accepted = list(known)
    if len(accepted) <= FEW_WORDS:
        raise Invalid(f"{name} must be one of {', '.join(accepted)}", field=name)
    near = get_close_matches(wrong, accepted, NEAREST, LEAST_LIKENESS)
    hint = f"did you mean {' or '.join(near)}?" if near else f"examples: {', '.join(accepted[:3])}"
    raise Invalid(f"{name} has an unknown value; {hint}", field=name)


def conditions_of(wanted: EntryFilter) -> Conditions:
    """Return a filter's conditions. Raises `Invalid` for an invalid filter."""
    conditions = Conditions()
    _add_kinds(conditions, wanted)
    if wanted.since is not None:
        conditions.add("e.at >= {0}", _moment(wanted.since, "since"))
    if wanted.until is not None:
        conditions.add("e.at < {0}", _moment(wanted.until, "until"))
    for text, name, value in (
        ("e.outcome = {0}", "outcome", wanted.outcome),
        ("e.actor_kind = {0}", "actor", wanted.actor_kind),
        ("e.actor_id = {0}", "actor", wanted.actor_id),
        (_ABOUT, "target", wanted.target_id),
    ):
        if value:
            conditions.add(text, require_searchable(value, field=name))
    for text, kind, value in (
        (_OF_MACHINE, ObjectKind.MACHINE, wanted.machine),
        ("e.project = {0} or e.target_id = {0}", ObjectKind.PROJECT, wanted.project),
    ):
        if value:
            conditions.add(text, require_id_of(kind, value, field=kind.value))
    if wanted.q:
        conditions.add(_FOUND, require_searchable(wanted.q, field="q"), _SAID)
    if wanted.address:
        _add_address(conditions, wanted.address)
    return conditions


def _add_kinds(conditions: Conditions, wanted: EntryFilter) -> None:
    if wanted.actions:
        _add_one_of(conditions, "e.action", sorted(map(str, wanted.actions)))
        if SECRET_READ not in wanted.actions:
            conditions.add(_NO_READ)
    if wanted.severities:
        _add_one_of(conditions, "e.severity", sorted(wanted.severities))
        if Severity.INFO not in wanted.severities:
            conditions.add(_NOT_INFO)


def _add_one_of(conditions: Conditions, column: str, values: list[str]) -> None:
    """Add the condition. For a single value, an index already has the events in the list's order."""
    if len(values) == 1:
        conditions.add(f"{column} = {{0}}", values[0])
    else:
        conditions.add(f"{column} = any({{0}})", values)


def _whole_octets(network: Network) -> str:
    """Return the prefix that all IPv4 addresses in the network share, for a cheap first test of entries."""
    if network.version != IPV4:
        return ""
    octets = str(network.network_address).split(".")[: min(network.prefixlen // 8, 3)]
    return "".join(f"{octet}." for octet in octets)


def _moment(at: datetime, name: str) -> datetime:
    try:
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except OverflowError:
        pass
    raise Invalid(f"{name} must include a time zone, such as 2026-01-31T08:00:00Z", field=name)


def _add_address(conditions: Conditions, text: str) -> None:
    if text == "local":
        conditions.add("e.address = {0}", text)
        return
    try:
        if "/" in text:
            network = ip_network(text, strict=False)
            conditions.add("starts_with(e.address, {0})", _whole_octets(network))
            conditions.add(_ADDRESS_IN[network.version], str(network))
        else:
            conditions.add("e.address = {0}", str(ip_address(text)))
    except ValueError:
        problem = "address must be an IP address, or a range such as 10.0.0.0/8"
        raise Invalid(problem, field="address") from None
