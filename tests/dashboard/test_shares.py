"""The screen of shares: each with its state, why it ended, and when (T-4)."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from strongroom_core.kernel.caller import Visitor
from strongroom_core.kernel.errors import Gone
from strongroom_core.kernel.ids import ShareId
from strongroom_core.kernel.origin import Origin
from strongroom_core.shares.content import NewContent
from strongroom_core.shares.create import create_share
from strongroom_core.shares.listing import revoke_share
from strongroom_core.shares.open import open_share
from strongroom_dashboard.screens.shares.state import Shares

from .conftest import session_for

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.shares.views import NewShare
    from strongroom_testkit.world import World

VISITOR = Visitor(Origin("192.0.2.9", "req_visitor"))
WRONG = "-".join(["academic"] * 8)


async def test_the_screen_says_what_became_of_each_share(core: Core, world: World, look) -> None:
    """T-4, V-7: the screen shows how each share ended, when and from where; another vault's doesn't."""

    async def share(label: str | None, tries: int = 1) -> NewShare:
        content = NewContent(text=world.markers.value("share"))
        return await create_share(core, world.owner, content, label=label, tries=tries)

    async def opened(made: NewShare, passphrase: str) -> None:
        with suppress(Gone):
            await open_share(
                core, VISITOR, locator=made.locator, key=made.key, passphrase=passphrase
            )

    await share(None, tries=3)
    read = await share("read")
    await opened(read, read.passphrase)
    await opened(await share("lost"), WRONG)
    await revoke_share(core, world.owner, ShareId((await share("taken back")).share.id))
    session = await session_for(core, world.person, world)
    state = await look(Shares, "/shares", session=session)
    found = await look(Shares, "/shares?q=LOST", session=session)

    assert [(row.name, row.state, row.why, row.where, row.pending) for row in state.rows] == [
        ("taken back", "Revoked", "", "", False),
        ("lost", "Destroyed", "wrong passphrase", "from 192.0.2.9", False),
        ("read", "Opened", "", "from 192.0.2.9", False),
        ("Unnamed share", "Not opened yet", "3 tries left", "", True),
    ]
    assert {row.by for row in state.rows} == {"you"}
    assert state.sentence == "1 share can still be opened."
    assert [row.name for row in found.rows] == ["lost"]
    assert (await look(Shares, "/shares?cursor=nonsense", session=session)).problem != ""


async def test_the_shares_of_a_project(core: Core, world: World, look) -> None:
    """T-4: a project's tab leads to its own shares, and to creating one there."""
    project = await world.project("billing")
    for label, where in (("here", project.id), ("elsewhere", None)):
        content = NewContent(text=world.markers.value("share"))
        await create_share(core, world.owner, content, label=label, project=where)
    state = await look(Shares, f"/shares?project={project.id}")
    everything = await look(Shares, "/shares")

    assert [row.name for row in state.rows] == ["here"]
    assert (state.project, state.action) == ("billing", f"/api/projects/{project.id}/shares")
    assert (everything.project, everything.action) == ("", "/api/shares")
    assert {state.why_not, everything.why_not} == {""}
    assert (await look(Shares, "/shares?project=proj_aaaaaaaaaaaaaaaa")).problem != ""
