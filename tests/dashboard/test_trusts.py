"""The screen of a trusted issuer: what to put into a job's definition (M-11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from strongroom_core.machines.claims import Template
from strongroom_dashboard.screens.trusts.state import snippet_of
from strongroom_testkit.issuer import Issuer, trust

if TYPE_CHECKING:
    from strongroom_testkit.world import World

URL = "https://strongroom.example"
CONDITIONS = {
    Template.GITHUB: {"repository": "acme/shop"},
    Template.GITLAB: {"project_path": "acme/shop"},
    Template.KUBERNETES: {"sub": "system:serviceaccount:shop:checkout"},
}


@pytest.mark.parametrize("template", CONDITIONS)
async def test_the_job_asks_for_a_token_that_the_trust_accepts(
    world: World, template: Template
) -> None:
    """M-11: the job's definition uses the trust's audience; only some platforms can bind a token to a key."""
    conditions = CONDITIONS[template]
    bound, fixed = [
        await trust(
            world,
            Issuer(),
            template=template,
            conditions=conditions,
            audience=audience,
            name=f"trust for {audience}",
        )
        for audience in (None, "their audience")
    ]
    vault = world.person.vault

    assert "their audience" in snippet_of(fixed, URL, vault)
    shown = snippet_of(bound, URL, vault)
    if template is Template.GITHUB:
        assert f"strongroom enroll {URL} {vault} --oidc\n" in shown
        assert "strongroom run -p APPLICATION/PROJECT -- " in shown
    else:
        assert "strongroom enroll" not in shown
        assert "Create one with an audience" in shown
