"""The story in the terminal of `dev`: the record, told as it grows."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from strongroom_core.audit.entry import Outcome, Severity
from strongroom_core.kernel.errors import StrongroomError
from strongroom_core.record.follow import Follow
from strongroom_core.record.wording import wording_of

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.ids import VaultId
    from strongroom_core.record.views import EntryView

EVERY_SECONDS = 0.25

_COLOURS = {
    Severity.INFO: "dim",
    Severity.LOW: "",
    Severity.MEDIUM: "cyan",
    Severity.HIGH: "yellow",
    Severity.CRITICAL: "bold red",
}


class Terminal:
    """Where `dev` talks. Plain lines when it is no terminal, or when NO_COLOR is set."""

    def __init__(self) -> None:
        self._console = Console(
            file=sys.stdout,
            highlight=False,
            soft_wrap=True,
            no_color=bool(os.environ.get("NO_COLOR")) or not sys.stdout.isatty(),
        )

    def say(self, line: str = "", style: str = "") -> None:
        """Print one line, as it is: nothing in it is markup."""
        self._console.print(Text(line, style=style))
        sys.stdout.flush()

    def tell(self, told: EntryView) -> None:
        """Print one entry of the record as a sentence."""
        line = Text(told.at.astimezone().strftime("%H:%M:%S  "), style="dim")
        colour = "red" if told.outcome is Outcome.REFUSED else _COLOURS[told.severity]
        line.append(sentence(told), style=colour)
        self._console.print(line)
        sys.stdout.flush()


def sentence(told: EntryView) -> str:
    """Say what an entry records, for a person who watches."""
    source = "" if told.address == "local" else f" from {told.address}"
    return f"{told.actor_name} {wording_of(told)}{source}"


class Story:
    """Tells the record of the vaults it was asked to follow, in the order of time."""

    def __init__(self, terminal: Terminal, core: Core) -> None:
        self._terminal = terminal
        self._core = core
        self._watches: list[Follow] = []
        self._telling = asyncio.Lock()

    def follow(self, vault: VaultId) -> None:
        """Tell of this vault too, from its beginning."""
        self._watches.append(Follow(self._core, vault))

    async def catch_up(self) -> None:
        """Tell what has happened up to now. Raises `Unavailable` without a database."""
        async with self._telling:
            news = [told for watch in self._watches for told in await watch.news()]
            for told in sorted(news, key=lambda told: told.at):
                self._terminal.tell(told)

    async def skip(self) -> None:
        """Pass over what has happened up to now."""
        async with self._telling:
            for watch in self._watches:
                while await watch.news():
                    pass

    async def go_on(self) -> None:
        """Tell until cancelled. A database that is away has no news; it goes on when that is back."""
        while True:
            with contextlib.suppress(StrongroomError):
                await self.catch_up()
            await asyncio.sleep(EVERY_SECONDS)
