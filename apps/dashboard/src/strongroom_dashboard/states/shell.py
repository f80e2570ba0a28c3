"""What surrounds every screen: who is here, in which vault, who waits, what is frozen, and what is new."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import reflex as rx

from strongroom_core.kernel.errors import NotAuthenticated
from strongroom_core.overview.signals import read_signals
from strongroom_dashboard.door import Call, calling
from strongroom_dashboard.states.screen import SCREENS, Screen

PATIENCE = 20.0
"""Seconds after which a page that follows is looked at: whether somebody still has it open."""


@dataclass(frozen=True)
class FrozenItem:
    """A frozen project, as every page shows it."""

    id: str
    name: str
    since: str


class Shell(Screen, rx.State):
    """The frame of every page."""

    username: str = ""
    initials: str = ""
    vault: str = ""
    vault_name: str = ""
    pending: int = 0
    frozen: list[FrozenItem] = []
    _following: bool = False

    async def _fill(self, call: Call) -> None:
        signals = await read_signals(call.core, call.caller)
        self.username = call.caller.username
        self.initials = call.caller.username[:2].upper()
        self.vault = call.caller.vault
        self.vault_name = signals.vault_name
        self.pending = signals.machines_pending or 0
        self.frozen = [
            FrozenItem(
                project.id,
                f"{project.application_name}/{project.name}"
                if project.application_name
                else project.name,
                project.since.isoformat(),
            )
            for project in signals.frozen_projects
        ]

    @rx.event(background=True)
    async def follow(self) -> AsyncGenerator[Any]:
        """Bring the page up to date whenever something happened in the vault, until it is closed."""
        async with self:
            if self._following:
                return
            self._following = True
        door, caller = calling().door, calling().caller
        try:
            happened = door.live.happened(caller.vault)
            while _is_open(self.router.session.client_token):
                if not await door.live.more(caller.vault, happened, within=PATIENCE):
                    continue
                happened = door.live.happened(caller.vault)
                async with self:
                    await door.enter(self, used=False)
                    await self._refresh()
                    if (screen := SCREENS.get(self.router.route_id)) is not None:
                        shown: Any = await self.get_state(screen)
                        await shown._refresh()  # noqa: SLF001 -- of our own family
        except NotAuthenticated:
            yield rx.redirect("/sign-in")
        finally:
            async with self:
                self._following = False


def _is_open(token: str) -> bool:
    """Whether some page with this token is connected."""
    from reflex.utils.prerequisites import get_app  # noqa: PLC0415

    app: Any = get_app().app
    return token in app.event_namespace.token_to_sid
