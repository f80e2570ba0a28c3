"""The base of every screen's state. A screen shows the object in its URL, and stays up to date."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import reflex as rx
import structlog

from strongroom_core.access.looking import looking
from strongroom_core.audit.follow import Position, latest
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.errors import (
    Busy,
    NotFound,
    Refused,
    SecondFactorRequired,
    StrongroomError,
    Unavailable,
)
from strongroom_core.vaults.own import list_own_vaults
from strongroom_dashboard.event_session import Call, SignedOut, calling
from strongroom_dashboard.live import Behind, Seen
from strongroom_dashboard.operations import OPERATIONS
from strongroom_dashboard.screens.shell import Shell, fill_shell
from strongroom_dashboard.screens.wording import sentence, why_not

AWAY = (Unavailable, Busy)
"""Errors that mean the database isn't responding but may respond soon."""

PATIENCE = 10.0
"""The seconds that an idle page waits before checking that it is still open and its session is live."""

UNSETTLED = 2.0
"""The seconds after which a page is filled again while it shows something that changes without an event."""

_NAMED_IN_LINKS = ("entry", "webhook")
"""The objects that links from outside, such as those in alerts, can name."""

CLOSED = "You can't open this page"

_log = structlog.get_logger()


class Screen(rx.State, mixin=True):
    """A screen that shows the object in its URL.

    `problem` is the error that replaces the screen. `ready` is False until the screen has loaded once; until
    then, the screen shows skeletons. State never contains a value, a key or a token.
    """

    ready: bool = False
    problem: str = ""
    problem_hint: str = ""
    _absent_at: str = ""
    _turn: int = 0

    @rx.event(background=True)
    async def load(self) -> None:
        """Show the object in the URL, and keep it up to date until the person leaves the page.

        Navigation ends this call, and so does switching vaults in another tab. When the page loads again, for
        example after a change, the earlier call stops.
        """
        call = calling()
        vault = call.caller.vault
        async with self:
            self._turn += 1
            turn, url = self._turn, str(self.router.url)
            seen = await self._refresh(await self.get_state(Shell), call)
            unsettled = self._is_unsettled()
        while True:
            behind = await _wait(call, seen, UNSETTLED if unsettled else PATIENCE)
            if not _is_open(self.router.session.client_token):
                return
            async with self:
                if (self._turn, str(self.router.url)) != (turn, url):
                    return
                # Look the session up each time, so that signing out in another tab ends this page too.
                try:
                    call = await call.session.identify(self, used=False)
                except SignedOut:
                    return
                except AWAY:
                    seen = None
                    continue
                # The person switched vaults in another tab. This page stays as it is, so that it doesn't
                # change unexpectedly; its next request gets `vault_switched`, and says so.
                if call.caller.vault != vault:
                    return
                if seen is None or unsettled or behind is Behind.CHANGES:
                    seen = await self._refresh(await self.get_state(Shell), call)
                elif behind is Behind.READS:
                    seen = await self._refresh_feed(call, seen)
                unsettled = self._is_unsettled()

    async def _refresh(self, shell: Shell, call: Call) -> Seen | None:
        """Fill the frame and the screen from one snapshot of the vault, or show the error.

        Returns the position in the audit log at that moment, or None if it is unknown.
        """
        seen: Position | None = None
        try:
            async with looking(call.core, call.caller) as core:
                within = replace(call, core=core)
                seen = await latest(core, call.caller)
                await fill_shell(shell, within)
                shell.linked = ""
                if await self._is_elsewhere(within, shell):
                    return seen and Seen(seen, None)
                if missing := self._missing(call):
                    self.problem, self.problem_hint = CLOSED, missing
                elif not (self.problem and self._is_known_absent(call)):
                    await self._fill(within)
                    self.problem = self.problem_hint = ""
        except Exception as error:  # noqa: BLE001 -- a screen that fails shows the error
            self._show_problem(error)
            if isinstance(error, AWAY):
                seen = None
        self.ready = True
        return seen and Seen(seen, seen if self._has_feed() and not self.problem else None)

    async def _is_elsewhere(self, call: Call, shell: Shell) -> bool:
        """Whether the URL names another vault. If the person is a member, the page offers to switch (A-8)."""
        wanted = self._linked_vault()
        if wanted in ("", call.caller.vault):
            return False
        own = await list_own_vaults(call.core, call.caller)
        found = next((each for each in own if each.id == wanted), None)
        if found is None:
            self.problem = "This page is in another vault."
            self.problem_hint = "You aren't a member of that vault, or it no longer exists."
        else:
            shell.linked, shell.linked_page = found.id, self._link_to(found.id)
            self.problem = f"This page is in the vault {found.name}."
            self.problem_hint = "Other tabs need to be reloaded after switching."
        self.ready = True
        return True

    def _link_to(self, vault: str) -> str:
        named = {name: self._asked(name) for name in _NAMED_IN_LINKS}
        query = {name: text for name, text in named.items() if text}
        return f"{self.router.url.path}?{urlencode({**query, 'vault': vault})}"

    def _linked_vault(self) -> str:
        """Return the vault that a link from outside names, on screens to which such links lead."""
        return ""

    async def _refresh_feed(self, call: Call, seen: Seen) -> Seen | None:
        """Fill only the fields that change each time a machine reads a secret."""
        feed = seen.feed
        try:
            async with looking(call.core, call.caller) as core:
                feed = await latest(core, call.caller)
                await self._fill_feed(replace(call, core=core))
        except AWAY:
            return None
        except StrongroomError:
            pass  # Something changed in between, so the whole screen will be filled anyway.
        except Exception as error:  # noqa: BLE001 -- a screen that fails shows the error
            self._show_problem(error)
            return None
        return Seen(seen.page, feed)

    def _missing(self, call: Call) -> str:
        """Return why the person's vault role doesn't let them open this screen; empty if it does.

        The use cases would deny it too, and log each visit as a denied action.
        """
        # In a background event, `self` is a proxy, so `type(self)` isn't the screen's class.
        action = OPERATIONS[f"{self.__class__.__name__}.load"].action
        needed = None if action is None else action.needs
        if not isinstance(needed, VaultCapability) or call.caller.authority.lacks_factor:
            return ""
        return why_not(call, needed)

    async def _fill(self, call: Call) -> None:
        """Set the screen's fields. Each screen implements it."""
        raise NotImplementedError

    def _is_unsettled(self) -> bool:
        """Whether the screen shows something that changes without an event, such as a delivery on its way."""
        return False

    def _has_feed(self) -> bool:
        """Whether the screen shows events or counts that change each time a machine reads a secret."""
        return False

    async def _fill_feed(self, call: Call) -> None:
        """Set the fields for these events and counts. By default, the whole screen is filled."""
        await self._fill(call)

    def _show_problem(self, error: Exception) -> None:
        """Show an error instead of the screen."""
        self.problem_hint = ""
        match error:
            case Unavailable():
                self.problem = "The database isn't responding."
                self.problem_hint = "Nothing is lost. Retrying…"
            case SecondFactorRequired():
                self.problem = sentence(error.message)
                self.problem_hint = "Open Your security in the menu with your name."
                self._note_absent()
            case Refused():
                self.problem, self.problem_hint = CLOSED, sentence(error.message)
                self._note_absent()
            case StrongroomError():
                self.problem = sentence(error.message)
                if isinstance(error, NotFound):
                    self.problem_hint = "It may have been moved or deleted."
                    self._note_absent()
            case _:
                # The error's message may quote a value.
                name = self.get_full_name()
                _log.exception("screen_failed", screen=name, error=type(error).__name__)
                self.problem = "Something went wrong."
                self.problem_hint = "See the server log."

    def _note_absent(self) -> None:
        """Remember that the object named in this URL doesn't exist."""
        self._absent_at = str(self.router.url)

    def _is_known_absent(self, call: Call) -> bool:
        """Return whether the page would automatically try again to load an object that wasn't found.

        Each attempt is denied and logged, so only a person may try again.
        """
        return not call.used and self._absent_at == str(self.router.url)

    def _part(self, number: int) -> str:
        """Return one part of the path, counted from 0. In `/projects/proj_a`, the project is part 1."""
        parts = self.router.url.path.strip("/").split("/")
        return parts[number] if number < len(parts) else ""

    def _asked(self, name: str) -> str:
        """Return a query parameter, or an empty string if it is missing."""
        return self.router.url.query_parameters.get(name, "")


async def _wait(call: Call, seen: Seen | None, patience: float) -> Behind:
    """Wait until there is something new to show, or for `patience` seconds."""
    if seen is None:
        await asyncio.sleep(PATIENCE)
        return Behind.NOTHING
    return await call.session.live.behind(call.caller.vault, seen, within=patience)


def _is_open(token: str) -> bool:
    """Whether a page with this token is connected."""
    from reflex.utils.prerequisites import get_app  # noqa: PLC0415

    app: Any = get_app().app
    return token in app.event_namespace.token_to_sid
