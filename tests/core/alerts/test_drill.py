"""A drill shows what became of its alerts (C-5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access.looking import looking
from strongroom_core.kernel.ids import ProjectId
from strongroom_core.runtime.start import blind_core
from strongroom_core.secrets.canaries import drill_canary, list_canaries
from strongroom_testkit.outside import answer
from strongroom_worker import jobs

if TYPE_CHECKING:
    from strongroom_testkit.world import World

    from .conftest import Receiver

Alerts = list[tuple[str, str, int | None, str | None]]


async def alerts_of(world: World, project: ProjectId) -> Alerts | None:
    """Return the alerts about the last drill as the dashboard sees them, or None without a drill."""
    async with looking(blind_core(world.core), world.owner) as core:
        [canary] = await list_canaries(core, world.owner, project)
    if canary.last_drill is None:
        return None
    return [
        (each.channel, each.state.value, each.status, each.reason)
        for each in canary.last_drill.alerts
    ]


async def test_a_drill_shows_what_became_of_its_alerts(world: World, receiver: Receiver) -> None:
    """C-5: each channel's alert is waiting, accepted or failed, with the receiver's status."""
    await receiver.webhook("canary_triggered", name="ops", path="/ops")
    await receiver.webhook("canary_triggered", name="broken", path="/broken")
    receiver.answers["/broken"] = answer(503)
    project = await world.project("billing")
    canary = await world.canary(project)
    before = await alerts_of(world, project.id)
    await drill_canary(world.core, world.owner, canary.id)
    queued = await alerts_of(world, project.id)
    await jobs.alert(world.core)
    waiting = await alerts_of(world, project.id)
    await receiver.send()
    async with world.core.database.transaction(world.person.vault) as connection:
        await connection.execute(
            "update mail set state = 'failed', problem = 'rejected', reply = 550, ended_at = created_at"
        )
    after = await alerts_of(world, project.id)
    await drill_canary(world.core, world.owner, canary.id)

    assert (None, []) == (before, queued)
    assert {(name, "waiting", None, None) for name in ("mail", "ops", "broken")} == set(
        waiting or []
    )
    assert [
        ("broken", "waiting", 503, None),
        ("mail", "failed", 550, "rejected"),
        ("ops", "accepted", 200, None),
    ] == after
    assert [] == await alerts_of(world, project.id)
