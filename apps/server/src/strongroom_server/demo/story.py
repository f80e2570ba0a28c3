"""What `dev` prints in the terminal: new audit log events, as sentences."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from strongroom_core.access.callers import system
from strongroom_core.access.entry import Outcome, Severity
from strongroom_core.audit.follow import BEGINNING, list_committed
from strongroom_core.audit.wording import wording_of
from strongroom_core.kernel.errors import StrongroomError
from strongroom_core.kernel.ids import INSTALLATION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from strongroom_core.audit.views import EntryView
    from strongroom_core.core import Core
    from strongroom_core.kernel.ids import VaultId

EVERY_SECONDS = 0.25

_COLORS = {
    Severity.INFO: "dim",
    Severity.LOW: "",
    Severity.MEDIUM: "cyan",
    Severity.HIGH: "yellow",
    Severity.CRITICAL: "bold red",
}


class Terminal:
    """The terminal output of `dev`: plain text if stdout isn't a terminal, or if NO_COLOR is set."""

    def __init__(self) -> None:
        self._console = Console(
            file=sys.stdout,
            highlight=False,
            soft_wrap=True,
            no_color=bool(os.environ.get("NO_COLOR")) or not sys.stdout.isatty(),
        )

    def say(self, line: str = "", style: str = "") -> None:
        """Print one line without interpreting markup."""
        self._console.print(Text(line, style=style))
        sys.stdout.flush()

    def tell(self, told: EntryView) -> None:
        """Print one audit log event as a sentence."""
        line = Text(told.at.astimezone().strftime("%H:%M:%S  "), style="dim")
        color = "red" if told.outcome is Outcome.REFUSED else _COLORS[told.severity]
        line.append(sentence(told), style=color)
        self._console.print(line)
        sys.stdout.flush()


def sentence(told: EntryView) -> str:
    """Return an event as a sentence for people."""
    source = "" if told.address == "local" else f" from {told.address}"
    return f"{wording_of(told).sentence(told.actor_name)}{source}"


def without_copies(news: Mapping[VaultId, Sequence[EntryView]]) -> list[EntryView]:
    """Return the events of several logs; events that are in two logs are returned once.

    A sign-in is in the installation's log and in the vault's; the vault's event includes the account even if
    the sign-in failed, so that event is kept.
    """

    def key(told: EntryView) -> tuple[datetime, str, str]:
        return told.at, told.request_id, told.action

    in_vaults = [told for vault, found in news.items() if vault != INSTALLATION for told in found]
    copied = {key(told) for told in in_vaults}
    return [*in_vaults, *(told for told in news.get(INSTALLATION, ()) if key(told) not in copied)]


class Story:
    """Prints the events of the vaults it follows, in chronological order."""

    def __init__(self, terminal: Terminal, core: Core) -> None:
        self._terminal = terminal
        self._core = core
        self._told: dict[VaultId, tuple[int, str, UUID]] = {}
        self._telling = asyncio.Lock()

    def follow(self, vault: VaultId) -> None:
        """Follow this vault too, from its first event."""
        self._told.setdefault(vault, BEGINNING)

    async def catch_up(self) -> None:
        """Print the events so far. Raises `Unavailable` without a database."""
        async with self._telling:
            news = {vault: await self._news(vault) for vault in list(self._told)}
            for told in sorted(without_copies(news), key=lambda told: told.at):
                self._terminal.tell(told)

    async def skip(self) -> None:
        """Skip the events so far."""
        async with self._telling:
            for vault in list(self._told):
                while await self._news(vault):
                    pass

    async def _news(self, vault: VaultId) -> list[EntryView]:
        caller = system("dev", vault)
        news, self._told[vault] = await list_committed(self._core, caller, self._told[vault])
        return news

    async def go_on(self) -> None:
        """Print new events until canceled. Waits while the database is unavailable."""
        while True:
            with contextlib.suppress(StrongroomError):
                await self.catch_up()
            await asyncio.sleep(EVERY_SECONDS)
