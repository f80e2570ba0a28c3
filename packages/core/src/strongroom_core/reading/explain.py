"""Explains a read: whether it would be allowed and, if not, why, and what would have to change (P-3, P-4).

The checks are the same as for real reads, in the same order and on the same facts. Nothing is counted, no
nonce is used up, and no value is read. The signature is assumed to be valid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from strongroom_core.access import gate
from strongroom_core.access import machine_checks as machine
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.machines import MACHINE_VIEW
from strongroom_core.access.actions.projects import PROJECT_VIEW
from strongroom_core.access.actions.secrets import READ_EXPLAIN, SECRET_VIEW
from strongroom_core.access.machine_checks import MACHINE_CHECKS, State
from strongroom_core.access.targets import is_id_of
from strongroom_core.access.visible import secret_exists
from strongroom_core.db.conditions import Conditions
from strongroom_core.kernel.authority import ProjectCapability, VaultCapability
from strongroom_core.kernel.errors import Axis, Invalid, NotFound, StrongroomError, TooMany
from strongroom_core.kernel.ids import is_id
from strongroom_core.kernel.origin import Origin
from strongroom_core.kernel.policies import stored_conditions
from strongroom_core.kernel.policy_words import AXIS_NAMES, moment_in, phrase_of
from strongroom_core.kernel.view import View
from strongroom_core.reading import checks
from strongroom_core.reading.checks import POLICY_CHECKS, SECRET_CHECKS, PolicyCheck
from strongroom_core.reading.facts import Facts
from strongroom_core.reading.uses import read_uses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.authority import Capability
    from strongroom_core.kernel.caller import Human, Machine
    from strongroom_core.kernel.ids import ProjectId, SecretId

MOST = 5000
"""The maximum number of pairs of machine and secret in a list."""

# The network from which a machine last authenticated. Only the /64 of an IPv6 address is kept.
_ADDRESSES = """
m.registered_from, (
    select host(k.network::inet) from known_pair k
    where k.vault = m.vault and k.machine = m.id and k.network ~ '^[0-9a-f.:/]+$'
    order by k.verified_at desc limit 1) as last_address
"""

_PAIRS = f"""
select g.machine, g.secret, {_ADDRESSES}
from secret_grant g join machine m on m.vault = g.vault and m.id = g.machine
join secret s on s.vault = g.vault and s.id = g.secret
join project p on p.vault = s.vault and p.id = s.project
where {{condition}} order by lower(m.name), m.id, g.secret limit {{most}}
"""

_LAST_ADDRESS = f"select {_ADDRESSES} from machine m where m.id::text = $1"

# The facts that a read's statement finds, without the nonce, the lockout and the value.
_FACTS = """
select m.id as machine, m.name as machine_name, true as same_key, true as fresh,
       m.approved_at is not null as approved, m.enabled, m.expires_at, m.guardrails,
       owner_is_active(m.vault) as owner_active, null::timestamptz as locked_until,
       address_is_allowed(m.vault, asked.address) as address_allowed, null::timestamptz as known_at,
       null::timestamptz as floor,
       asked.secret, s.name, s.kind, s.project, p.name as project_name,
       coalesce(s.current_version, 0) as version,
       p.id is not null as exists, p.frozen_at is not null as frozen,
       a.id is not null as attached, g.id is not null as granted, g.fields, g.seen_version,
       false as armed, false as freezes, null::varchar[] as cascade_ids, null::varchar[] as cascade_names,
       policy.id as policy, policy.name as policy_name, policy.conditions,
       null as material, null::bytea as data_key, null::bytea as ciphertext, null::uuid as key,
       null::int as root_version, null::bytea as wrapped,
       g.granted_at, g.granted_by, bound.name as bound_policy, bound.mode as bound_mode,
       signer.name as co_signer
from unnest($1::uuid[], $2::varchar[], $3::inet[]) with ordinality as asked(machine, secret, address, number)
join machine m on m.id = asked.machine
left join secret s on s.vault = m.vault and s.id = asked.secret and s.trashed_at is null
left join project p on p.vault = s.vault and p.id = s.project and p.trashed_at is null
left join attachment a on a.vault = s.vault and a.machine = m.id and a.project = s.project
left join secret_grant g on g.vault = s.vault and g.machine = m.id and g.secret = s.id
left join policy bound on bound.vault = s.vault and bound.id = s.policy
left join policy on policy.vault = bound.vault and policy.id = bound.id and policy.mode = 'enforced'
left join machine signer
    on signer.vault = policy.vault and signer.id::text = policy.conditions->>'coSignMachineId'
order by asked.number
"""


class Step(View):
    """One check of a read. `state` is passed, failed or not_reached; a check not reached has no `detail`."""

    name: str
    state: str
    detail: str | None


class Remedy(View):
    """A change that would let the read pass this check, and the permission that it needs.

    If `needs` is None, nothing has to be changed, or the vault can't change it.
    """

    text: str
    needs: str | None


class Explanation(View):
    """Whether a machine can read a secret, step by step. `reason` is the reason that would be logged.

    `summary` contains all of it as lines of text. `note` is about a policy that isn't enforced. A machine
    that asks about itself learns only about the checks that were reached. `secret_id` is null for a malformed
    ID.
    """

    allowed: bool
    machine_id: UUID
    machine_name: str
    secret_id: str | None
    secret_name: str | None
    at: datetime
    address: str
    reason: str | None
    policy_id: str | None
    policy_name: str | None
    steps: list[Step]
    remedies: list[Remedy]
    note: str | None
    summary: str


class Access(View):
    """A grant, and whether the machine can actually read the secret. If not, `reason` and `message` say why.

    `address` is the address from which the read is assumed to come: the machine's last one, unless one was
    given.
    """

    machine_id: UUID
    machine_name: str
    secret_id: str
    secret_name: str
    project_id: str
    fields: list[str] | None
    granted_at: datetime
    granted_by: str
    address: str
    policy_name: str | None
    allowed: bool
    reason: str | None
    message: str | None


async def explain_read(
    core: Core,
    caller: Human,
    secret: SecretId,
    *,
    machine: str,
    at: datetime | None = None,
    address: str | None = None,
) -> Explanation:
    """Explain whether a machine could read a secret, now or at another time, from any address.

    Freezes, grants and counts are always the current ones. Raises `NotFound`, and `Invalid` for a time
    without a zone or text that isn't an address.
    """
    _require_moment(at, address)
    async with gate.perform(core, caller, SECRET_VIEW, secret) as act:
        row = None
        if is_id_of(ObjectKind.MACHINE, machine):
            row = await act.connection.fetchrow(_LAST_ADDRESS, machine)
        if row is None:
            raise NotFound("machine")
        source = address or row["last_address"] or row["registered_from"]
        (found,) = await _judge(
            core, act.connection, [(UUID(machine), secret, source)], at or act.at
        )
    return _explanation(found, whole=True)


async def explain_own_read(core: Core, caller: Machine, *, secret: str) -> Explanation:
    """Explain to a machine whether it could read a secret now, from its current address."""
    async with gate.perform(core, caller, READ_EXPLAIN) as act:
        asked = [(caller.id, secret, caller.origin.address)]
        (found,) = await _judge(core, act.connection, asked, act.at)
    return _explanation(found, whole=False)


async def list_secret_access(core: Core, caller: Human, secret: SecretId) -> list[Access]:
    """Return the machines with access to a secret, and whether each can read it now (P-4)."""
    async with gate.perform(core, caller, SECRET_VIEW, secret) as act:
        return await _access(core, act, "g.secret = {0}", secret)


async def list_machine_access(core: Core, caller: Human, machine: str) -> list[Access]:
    """Return the secrets to which a machine has access, and whether it can read each of them now (P-4).

    Secrets that the caller can't see are left out.
    """
    async with gate.perform(core, caller, MACHINE_VIEW, machine) as act:
        return await _access(core, act, "g.machine::text = {0}", machine)


async def list_project_access(core: Core, caller: Human, project: ProjectId) -> list[Access]:
    """Return every grant of a project's secrets, and whether it can be used now (P-4).

    Secrets that the caller can't see are left out.
    """
    async with gate.perform(core, caller, PROJECT_VIEW, project) as act:
        return await _access(core, act, "g.project = {0}", project)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A pair's facts, the state in which it was checked, and the result of each check that was reached."""

    row: Row
    facts: Facts
    state: State
    passed: list[Check]
    failed: Check | None
    refusal: StrongroomError | None


async def _access(core: Core, act: gate.Act, condition: str, value: str) -> list[Access]:
    conditions = Conditions()
    conditions.add(condition, value)
    conditions.add_placed(secret_exists(conditions, act.caller))
    sql = _PAIRS.format(condition=conditions.text, most=conditions.place(MOST))
    pairs = await act.connection.fetch(sql, *conditions.arguments)
    asked = [
        (pair["machine"], pair["secret"], pair["last_address"] or pair["registered_from"])
        for pair in pairs
    ]
    judged = await _judge(core, act.connection, asked, act.at)
    return [
        Access(
            machine_id=each.row["machine"],
            machine_name=each.row["machine_name"],
            secret_id=each.row["secret"],
            secret_name=each.facts.name or "",
            project_id=each.facts.project or "",
            fields=each.facts.fields,
            granted_at=each.row["granted_at"],
            granted_by=each.row["granted_by"],
            address=each.state.address,
            policy_name=each.row["bound_policy"],
            allowed=each.refusal is None,
            reason=None if each.refusal is None else each.refusal.logged_as,
            message=None if each.refusal is None else each.refusal.message,
        )
        for each in judged
        if each.facts.exists
    ]


async def _judge(
    core: Core, connection: Connection, asked: Sequence[tuple[UUID, str, str]], at: datetime
) -> list[_Judged]:
    """Run the checks of a real read on each pair of machine and secret, for this address and time."""
    rows = await connection.fetch(
        _FACTS,
        [machine for machine, _, _ in asked],
        [secret for _, secret, _ in asked],
        [Origin(address, "").ip for _, _, address in asked],
    )
    uses = await read_uses(connection, [secret for _, secret, _ in asked])
    judged: list[_Judged] = []
    for row, (_, secret, address) in zip(rows, asked, strict=True):
        facts = Facts(**{name: row[name] for name in Facts.__struct_fields__})
        state = State(at, address=address, country_of=core.countries.country_of)
        state.machine, state.use = str(row["machine"]), uses.get(secret)
        passed: list[Check] = []
        failed, refusal = None, None
        for check in CHECKS:
            refusal = check(facts, state)
            if refusal is not None:
                failed = check
                break
            passed.append(check)
        judged.append(_Judged(row, facts, state, passed, failed, refusal))
    return judged


def _explanation(found: _Judged, *, whole: bool) -> Explanation:
    facts, row = found.facts, found.row
    known = whole or checks.granted in found.passed
    steps = [Step(name="The signature is valid", state="passed", detail=None)]
    for check in CHECKS:
        if not (check in _WORDS or _applies(check, facts)):
            continue
        reached = check in found.passed or check is found.failed
        if not reached and not whole:
            break
        state = "failed" if check is found.failed else "passed" if reached else "not_reached"
        name = AXIS_NAMES[check.axis] if isinstance(check, PolicyCheck) else _WORDS[check][0]
        steps.append(
            Step(name=name, state=state, detail=_detail(check, found) if reached else None)
        )
    mode, remedies = row["bound_mode"], _remedies(found)
    note = None
    if known and mode in ("shadow", "suspended"):
        is_so = "in shadow mode" if mode == "shadow" else "suspended"
        note = f"The policy {row['bound_policy']} is {is_so} and isn't checked."
    return Explanation(
        allowed=found.refusal is None,
        machine_id=row["machine"],
        machine_name=row["machine_name"],
        secret_id=row["secret"] if is_id(row["secret"], "sk") else None,
        secret_name=facts.name if known else None,
        at=found.state.now,
        address=found.state.address,
        reason=None if found.refusal is None else found.refusal.logged_as,
        policy_id=facts.policy if known else None,
        policy_name=facts.policy_name if known else None,
        steps=steps,
        remedies=remedies,
        note=note,
        summary=_summary(found, steps, remedies, note),
    )


def _summary(
    found: _Judged, steps: Sequence[Step], remedies: Sequence[Remedy], note: str | None
) -> str:
    refusal = found.refusal
    lines = ["Allowed." if refusal is None else f"Denied: {refusal.message}."]
    for step in steps:
        detail = f". {step.detail[:1].upper()}{step.detail[1:]}" if step.detail else ""
        lines.append(f"{_SIGNS[step.state]} {step.name}{detail}")
    for remedy in remedies:
        needs = f" (needs {remedy.needs})" if remedy.needs else ""
        lines.append(f"To allow it: {remedy.text}{needs}")
    return "\n".join([*lines, *([note] if note else [])])


_SIGNS = {"passed": "✓", "failed": "✗", "not_reached": "–"}


def _applies(check: Check, facts: Facts) -> bool:
    conditions = stored_conditions(facts.conditions)
    return isinstance(check, PolicyCheck) and conditions is not None and conditions.has(check.axis)


def _detail(check: Check, found: _Judged) -> str | None:
    """Say what a policy's condition allows and, if it failed, what was actually the case."""
    conditions = stored_conditions(found.facts.conditions)
    if not isinstance(check, PolicyCheck) or conditions is None:
        return None if check is not found.failed or found.refusal is None else found.refusal.message
    phrase = phrase_of(check.axis, conditions, found.row["co_signer"])
    if check.axis is Axis.ROTATE:
        return f"The secret is rotated {phrase}. This denies nothing."
    allows = f"Reads are allowed {phrase}."
    if check is not found.failed:
        return allows
    match check.axis:
        case Axis.TIME if conditions.time_window_timezone is not None:
            return f"It is {moment_in(conditions.time_window_timezone, found.state.now)}. {allows}"
        case Axis.IP:
            return f"The read comes from {found.state.address}. {allows}"
        case _:
            return allows


def _remedies(found: _Judged) -> list[Remedy]:
    check, refusal = found.failed, found.refusal
    if check is None or refusal is None:
        return []
    if not isinstance(check, PolicyCheck):
        text, needs = _WORDS[check][1:]
        return [Remedy(text=text, needs=None if needs is None else needs.value)]
    author = ProjectCapability.POLICIES_AUTHOR.value
    name = found.facts.policy_name or ""
    remedies: list[Remedy] = []
    if isinstance(refusal, TooMany):
        remedies.append(Remedy(text=f"Wait {refusal.retry_after} s", needs=None))
    if check.axis is Axis.TIME:
        remedies.append(Remedy(text="Read within the time window", needs=None))
    if check.axis is Axis.COSIGN:
        signer = found.row["co_signer"] or "the co-signer"
        remedies.append(Remedy(text=f"Have {signer} read the secret first", needs=None))
    return [
        *remedies,
        Remedy(text=f"Change the policy {name}", needs=author),
        Remedy(text=f"Remove the policy {name} from the secret", needs=author),
    ]


def _require_moment(at: datetime | None, address: str | None) -> None:
    if at is not None and at.tzinfo is None:
        raise Invalid("the time needs a time zone, such as Z", field="at")
    if address is not None and Origin(address, "").ip is None:
        raise Invalid("enter a single IP address", field="address")


Check = Callable[[Facts, State], StrongroomError | None]

CHECKS: tuple[Check, ...] = (*MACHINE_CHECKS, *SECRET_CHECKS, *POLICY_CHECKS)
"""The checks of `refuse_read`, in the same order."""

_WORDS: Mapping[Check, tuple[str, str, Capability | None]] = {
    machine.address_allowed: (
        "The IP allowlist contains the address",
        "Add the address to the IP allowlist",
        VaultCapability.IP_ALLOWLIST_MANAGE,
    ),
    machine.approved: (
        "The machine is approved",
        "Approve the machine",
        VaultCapability.MACHINES_MANAGE,
    ),
    machine.enabled: (
        "The machine is enabled",
        "Enable the machine",
        VaultCapability.MACHINES_MANAGE,
    ),
    machine.unexpired: (
        "The machine hasn't expired",
        "Extend the machine's lifetime, or register it again",
        VaultCapability.MACHINES_MANAGE,
    ),
    machine.owner_active: (
        "An owner's account is active",
        "Ask the administrator of this server",
        None,
    ),
    machine.guardrails_allow: (
        "The machine's guardrails allow the request",
        "Change the machine's guardrails",
        VaultCapability.MACHINES_MANAGE,
    ),
    checks.exists: (
        "The secret exists",
        "Restore the secret if it is in the trash",
        VaultCapability.TRASH_MANAGE,
    ),
    checks.not_frozen: (
        "The project isn't frozen",
        "Unfreeze the project",
        VaultCapability.PROJECTS_UNFREEZE,
    ),
    checks.attached: (
        "The machine is attached to the project",
        "Attach the machine to the project",
        ProjectCapability.MACHINES_ATTACH,
    ),
    checks.granted: (
        "The machine has access to the secret",
        "Grant the machine access to the secret",
        ProjectCapability.GRANTS_MANAGE,
    ),
}
"""What each check is called, and what makes it pass. The checks of the signature are assumed to pass."""
