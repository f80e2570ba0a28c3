"""A machine reads many secrets in one call (R-6). Each is decided, counted and logged individually."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.secrets import SECRETS_EXPORT
from strongroom_core.access.machine_checks import State
from strongroom_core.kernel.errors import Frozen, StrongroomError, TooLarge
from strongroom_core.kernel.ids import is_id
from strongroom_core.reading.batch import next_batch, read_batch
from strongroom_core.reading.checks import refuse_project
from strongroom_core.reading.deliver import Outcome, SecretValue
from strongroom_core.reading.facts import Request
from strongroom_core.reading.listing import GRANTS, find_project
from strongroom_wire.errors import Code

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Machine

MOST_SECRETS = 2000
MOST_BYTES = 8 * 1024 * 1024

DENIED = frozenset(
    {
        Code.NOT_FOUND,
        Code.FROZEN,
        Code.NO_GRANT,
        Code.POLICY_TIME,
        Code.POLICY_IP,
        Code.POLICY_COSIGN,
        Code.POLICY_RATE,
    }
)
"""Errors for a single secret that result from a person's decision. Any other error makes the export fail."""

# A secret whose version or material is missing is included, so that it fails the export.
_ASKED = f"""
select g.secret, s.project, s.armed and s.freezes as canary, coalesce(octet_length(m.ciphertext), 0) as size
{GRANTS}
left join secret_version v
    on v.vault = s.vault and v.secret = s.id and v.number = s.current_version
left join secret_material m on m.vault = v.vault and m.secret = v.secret and m.id = v.material
where g.machine = $1 and ($2::text is null or p.id = $2) and ($3::text is null or p.application = $3)
order by s.name_folded, s.id limit $4
"""


async def export_secrets(
    core: Core, caller: Machine, *, project: str | None = None, application: str | None = None
) -> list[SecretValue]:
    """Return the values of all secrets granted to a machine, in one project, one application or all.

    Denied secrets, such as those in a frozen project, are left out, and the denials are logged. An export
    that contains a canary freezes the canary's project, returns the canaries there, and leaves out the
    project's other secrets. A denied export is logged as a denied read, in the project to which it was
    limited.

    Raises `Frozen` for a frozen project requested by ID, `NotFound` for a project to which the machine isn't
    attached, and `TooLarge` above 2,000 secrets or 8 MiB, before anything is read. If a value can't be
    decrypted, the whole export fails with `IntegrityFailure`, because a program must not start with a secret
    missing. A vault's exports run one at a time. If too many are waiting, raises `Crowded` before anything is
    used up.
    """
    async with core.exports.turn(caller.vault):
        return await _export(core, caller, project, application)


async def _export(
    core: Core, caller: Machine, project: str | None, application: str | None
) -> list[SecretValue]:
    async with gate.perform(core, caller, SECRETS_EXPORT, within=project) as act:
        if project is not None:
            found = await find_project(act.connection, caller, project)
            refusal = refuse_project(found, State(act.at))
            if refusal is not None:
                raise refusal
            act.is_within(project)
        rows = await act.connection.fetch(_ASKED, caller.id, project, application, MOST_SECRETS + 1)
        if len(rows) > MOST_SECRETS or sum(row["size"] for row in rows) > MOST_BYTES:
            raise TooLarge("more than 2,000 secrets or 8 MiB; export one project at a time")
        # A malformed ID could be anything that someone pasted, so it stays out of the audit log.
        named = application if application and is_id(application, "app") else None
        act.record(project=project, application=named, secrets=len(rows))
    requests = {row["secret"]: Request(caller, row["secret"], admitted=True) for row in rows}
    canaries = [(row["project"], row["secret"]) for row in rows if row["canary"]]
    outcomes: dict[str, Outcome] = {}
    if canaries:
        # A project's canaries are decided first, in a separate batch (which has room for `MOST_CANARIES`).
        # All of them are delivered, and the other secrets are denied.
        first = [
            core.reads.put(
                (caller.vault, caller.nonce, within),
                caller.id,
                requests[secret],
                partial(read_batch, core),
            )
            for within, secret in canaries
        ]
        outcomes |= zip(
            (secret for _, secret in canaries), await asyncio.gather(*first), strict=True
        )
    fired = any(isinstance(outcome, SecretValue) for outcome in outcomes.values())
    # Each read takes its turn in the vault's batches, so an export doesn't delay others. Its nonce has been
    # recorded.
    rest = [each for secret, each in requests.items() if secret not in outcomes]
    reads = await asyncio.gather(*(next_batch(core, each) for each in rest))
    outcomes |= zip((each.secret for each in rest), reads, strict=True)
    values: list[SecretValue] = []
    for outcome in (outcomes[secret] for secret in requests):
        if isinstance(outcome, SecretValue):
            values.append(outcome)
        elif _fails(outcome, None if fired else project):
            raise outcome
    return values


def _fails(refusal: StrongroomError, project: str | None) -> bool:
    """Whether this result ends the export: an error, or a freeze after the export began.

    `project` is the project to which the export was limited, unless the export itself froze it.
    """
    return refusal.code not in DENIED or (project is not None and isinstance(refusal, Frozen))
