"""The demo's links for people outside: shares in each state, and a drop box (T-1, T-6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from strongroom_core.access.callers import new_request_id
from strongroom_core.kernel.caller import Visitor
from strongroom_core.kernel.ids import ShareId
from strongroom_core.kernel.origin import Origin
from strongroom_core.secrets.generate import Recipe, generate
from strongroom_core.shares.content import NewContent
from strongroom_core.shares.create import LONGEST, create_share
from strongroom_core.shares.drop_boxes import LONGEST as BOX_LONGEST
from strongroom_core.shares.drop_boxes import create_drop_box
from strongroom_core.shares.listing import revoke_share
from strongroom_core.shares.open import open_share

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_server.demo.receiver import DemoWebhook
    from strongroom_server.demo.vault import Demo

RECIPIENT = "198.51.100.7"
"""The address from which the demo's opened share was opened, reserved for documentation (RFC 5737)."""


@dataclass(slots=True)
class DemoLinks:
    """A pending share, a drop box and the webhook, as the ready file describes them."""

    share: dict[str, str] = field(repr=False)
    drop_box: dict[str, str] = field(repr=False)
    webhook: DemoWebhook | None = field(default=None, repr=False)


async def make_links(core: Core, caller: Human, demo: Demo, url: str) -> DemoLinks:
    """Create a share that was opened, one that was revoked, a pending one, and a drop box."""
    opened = await create_share(core, caller, _content(), label="Deploy key for Halden Freight")
    visitor = Visitor(Origin(RECIPIENT, new_request_id()))
    await open_share(
        core,
        visitor,
        locator=opened.locator,
        key=opened.key,
        passphrase=opened.passphrase,
    )
    revoked = await create_share(core, caller, _content(), label="Test account")
    await revoke_share(core, caller, ShareId(revoked.share.id))
    content = _content()
    pending = await create_share(
        core, caller, content, label="SFTP password for the auditors", lifetime=LONGEST
    )
    single = [made for made in demo.secrets.values() if made.kind == "single"]
    box = await create_drop_box(core, caller, single[-1].id, overwrite=True, lifetime=BOX_LONGEST)
    return DemoLinks(
        {
            "url": f"{url}/s/{pending.locator}#{pending.key}",
            "passphrase": pending.passphrase,
            "value": content.text or "",
        },
        {"url": f"{url}/d/{box.locator}#{box.key}", "secretId": single[-1].id},
    )


def _content() -> NewContent:
    return NewContent(text=generate(Recipe()).reveal().decode())
