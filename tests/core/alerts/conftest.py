"""A vault whose webhooks send to a simulated internet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
import pytest

from strongroom_core.alerts.views import Template
from strongroom_core.alerts.webhooks import WebhookWish, create_webhook
from strongroom_testkit.outside import Answer, Outside, answer
from strongroom_worker import jobs
from strongroom_worker.postman import Postman

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from typing import Any

    from strongroom_core.alerts.views import NewWebhook
    from strongroom_core.core import Core
    from strongroom_testkit.world import World

HOST = "hooks.example"


@dataclass(slots=True)
class Receiver:
    """Receivers of a vault's webhooks. `answers` are the responses by path, 200 by default."""

    world: World
    outside: Outside
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])

    async def webhook(
        self,
        *actions: str,
        name: str = "ops",
        path: str = "/ops",
        template: Template = Template.STRONGROOM,
        key: str | None = None,
    ) -> NewWebhook:
        """Add a webhook for these actions, and record its secret."""
        self.answers.setdefault(path, answer(200))
        wish = WebhookWish(name=name, url=f"https://{HOST}{path}", key=key, actions=actions)
        made = await create_webhook(self.world.core, self.world.owner, wish, template=template)
        self.world.markers.note(made.secret)
        return made

    async def run(self) -> None:
        """Read the audit log, and send everything that is due."""
        await jobs.alert(self.world.core)
        await self.send()

    async def send(self) -> None:
        """Send everything that is due."""
        postman = Postman(self.world.core)
        while await postman.go_round():
            await postman.finish()

    def bodies(self, path: str = "/ops") -> list[dict[str, Any]]:
        """Return what arrived at a path, oldest first."""
        return [
            msgspec.json.decode(each.body) for each in self.outside.received if each.path == path
        ]


@pytest.fixture
async def receiver(core: Core, world: World, tmp_path: Path) -> AsyncIterator[Receiver]:
    """A server for the vault's webhooks, which answers 200."""
    async with Outside(tmp_path) as outside:
        answers: dict[str, Answer] = {}
        await outside.serve(HOST, "8.8.4.4", answers)
        core.sender = outside.sender()
        yield Receiver(world, outside, answers)
