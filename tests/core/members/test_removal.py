"""What depends on a member is shown before they are removed (O-5)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.alerts.views import Template
from strongroom_core.alerts.webhooks import WebhookWish, create_webhook, update_webhook
from strongroom_core.grants.scope import Scope
from strongroom_core.kernel.ids import WebhookId
from strongroom_core.machines.bootstrap import create_bootstrap_token
from strongroom_core.machines.claims import Template as Issuers
from strongroom_core.machines.enrollment import NewToken, create_enrollment_token
from strongroom_core.machines.terms import Terms
from strongroom_core.machines.trusts import NewTrust, create_trust
from strongroom_core.members.listing import read_member
from strongroom_testkit.members import access_role, add_member, caller_of, member_id, organize

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.clock import MovableClock
    from strongroom_testkit.world import World


async def test_what_others_can_still_use_after_a_removal_is_counted(
    core: Core, world: World, clock: MovableClock
) -> None:
    """O-5: tokens, trusts and webhooks of a member are counted while they work, before a removal."""
    await organize(world)
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    role = await access_role(world, "All")
    account = await add_member(world, "rosa", "admin", role.id)
    rosa = await caller_of(world, account, "rosa")
    assert rosa is not None
    member = await member_id(world, account)
    world.markers.note((await create_bootstrap_token(core, rosa)).token)
    wish = WebhookWish(name="ops", url="https://hooks.example/ops", actions=[])
    hook = await create_webhook(core, rosa, wish, template=Template.STRONGROOM)
    world.markers.note(hook.secret)
    for by in (rosa, world.owner):
        terms = Terms(scope=Scope([project.id], [secret.id]), machine_lifetime=3600, max_uses=1)
        made = await create_enrollment_token(
            core, by, NewToken(name=by.username, lifetime=3600, terms=terms)
        )
        world.markers.note(made.token)
        await create_trust(
            core,
            by,
            NewTrust(
                name=by.username,
                template=Issuers.GITHUB,
                issuer="https://token.actions.githubusercontent.com",
                conditions={"repository": "acme/shop"},
                terms=terms,
            ),
        )
    before = (await read_member(core, world.owner, member)).hanging
    await update_webhook(core, world.owner, WebhookId(hook.webhook.id), WebhookWish(enabled=False))
    clock.move(timedelta(minutes=10))
    after = (await read_member(core, world.owner, member)).hanging

    assert (1, 1, 1, 1) == (
        before.registration_tokens,
        before.trusts,
        before.webhooks,
        before.enrollment_tokens,
    )
    assert (0, 1, 0, 1) == (
        after.registration_tokens,
        after.trusts,
        after.webhooks,
        after.enrollment_tokens,
    )
