"""The demo's policies: one for each kind of condition, in a separate project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from strongroom_core.grants.attachments import attach_machine
from strongroom_core.grants.manage import Wanted, set_grants
from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.policies import Conditions
from strongroom_core.policies.apply import apply_policy
from strongroom_core.policies.manage import create_policy
from strongroom_core.policies.modes import enforce_policy
from strongroom_core.projects.create import create_project
from strongroom_core.secrets.change import Labels
from strongroom_core.secrets.create import Content, create_secret
from strongroom_core.secrets.generate import Recipe
from strongroom_core.secrets.rotation import set_rotation

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human

PROJECT = "payments-conditions"
SHADOW, ROTATE = "shadow", "rotate"


async def add_policies(core: Core, human: Human, machine: str, other: str) -> dict[str, Any]:
    """Create the project, granted to the machine, and return what the ready file says about it.

    The machine can never read the secrets with the time window and the IP allowlist, nor the one
    with the co-signer `other`, which reads nothing.
    """
    project = await create_project(
        core, human, name=PROJECT, description="Secrets with policies, one of each kind"
    )
    for each in (machine, other):
        await attach_machine(core, human, project.id, machine=each)
    bound: dict[str, str] = {}
    said: dict[str, Any] = {}
    for axis, name, conditions in _policies(core, other):
        secret = await create_secret(
            core,
            human,
            project.id,
            name=f"{axis.upper()}_KEY",
            kind=SecretKind.SINGLE,
            content=Content(recipe=Recipe()),
            labels=Labels(),
        )
        if axis == ROTATE:
            await set_rotation(core, human, secret.id, Recipe())
        made = await create_policy(core, human, project.id, name=name, conditions=conditions)
        await apply_policy(core, human, made.id, secrets=[secret.id])
        if axis != SHADOW:
            await enforce_policy(core, human, made.id)
        bound[axis] = secret.id
        said[secret.id] = {
            **msgspec.to_builtins(made.conditions),
            "policyId": made.id,
            "name": name,
            "mode": SHADOW if axis == SHADOW else "enforced",
        }
    wanted = [Wanted(secret) for secret in bound.values()]
    await set_grants(core, human, project.id, machine=machine, wanted=wanted)
    return {"policySecrets": bound, "policyOf": said}


def _policies(core: Core, other: str) -> list[tuple[str, str, Conditions]]:
    # The day before yesterday is over in every time zone, and that weekday doesn't return for five
    # days.
    past = (core.clock.now().isoweekday() - 3) % 7 + 1
    window: dict[str, Any] = {
        "time_window_enabled": True,
        "time_window_start": "02:00",
        "time_window_end": "03:00",
        "time_window_timezone": "UTC",
        "time_window_days": [past],
    }
    return [
        ("time", "Maintenance window", Conditions(**window)),
        (
            "ip",
            "Office network",
            Conditions(ip_allowlist_enabled=True, ip_allowlist_cidrs=["203.0.113.0/24"]),
        ),
        (
            "cosign",
            "Co-signed",
            Conditions(co_sign_enabled=True, co_sign_machine_id=other, co_sign_window_seconds=300),
        ),
        ("rate", "Five a minute", Conditions(rate_cap_enabled=True, max_reads_per_minute=5)),
        ("ttl", "Three reads", Conditions(ttl_max_reads=3)),
        (ROTATE, "New after five reads", Conditions(rotate_after_reads=5)),
        (SHADOW, "Maintenance window, tried out", Conditions(**window)),
    ]
