"""What surrounds every screen: who is here, in which vault, who waits, what is frozen, and what is new."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import reflex as rx

from strongroom_core.overview.signals import read_signals
from strongroom_dashboard.door import Call, SignedOut, calling
from strongroom_dashboard.failures import to_sign_in
from strongroom_dashboard.states.screen import SCREENS, Screen

PATIENCE = 10.0
"""Seconds after which a page that follows is looked at: is it open, is its session live?"""


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
    _followers: int = 0
    _happened: int = 0

    async def _fill(self, call: Call) -> None:
        # Asked before anything is read, so that what happens meanwhile is news.
        self._happened = call.door.live.happened(call.caller.vault)
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
        """Bring the page up to date whenever something happened in the vault, until it is closed.

        Every address that is shown begins anew, and the one before gives up: a page that was loaded
        anew has the same token, so one that waited for the old one could end after the new one began.
        """
        async with self:
            self._followers += 1
            mine, happened = self._followers, self._happened
        door, caller = calling().door, calling().caller
        try:
            while True:
                news = await door.live.more(caller.vault, happened, within=PATIENCE)
                if not _is_open(self.router.session.client_token):
                    return
                async with self:
                    if self._followers != mine:
                        return
                    # Asked each time: who is logged out elsewhere sees no more here either.
                    await door.enter(self, used=False)
                    if not news:
                        continue
                    happened = door.live.happened(caller.vault)
                    await self._refresh()
                    if (screen := SCREENS.get(self.router.route_id)) is not None:
                        shown: Any = await self.get_state(screen)
                        await shown._refresh()  # noqa: SLF001 -- of our own family
        except SignedOut as signed_out:
            yield to_sign_in(signed_out)


def _is_open(token: str) -> bool:
    """Whether some page with this token is connected."""
    from reflex.utils.prerequisites import get_app  # noqa: PLC0415

    app: Any = get_app().app
    return token in app.event_namespace.token_to_sid
