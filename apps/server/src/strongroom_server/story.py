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

_PAST = {
    "approve": "approved",
    "bootstrap": "made a bootstrap token for a",
    "create": "created",
    "delete": "moved to the trash:",
    "deny": "turned away",
    "disable": "switched off",
    "enable": "switched on",
    "erase": "erased",
    "export": "exported",
    "freeze": "froze",
    "init": "initialised",
    "login": "logged in to",
    "move": "moved",
    "purge": "purged",
    "read": "read",
    "register": "registered",
    "rename": "renamed",
    "replace": "replaced",
    "restore": "restored",
    "revoke": "revoked",
    "rollback": "rolled back",
    "rotate": "rotated",
    "set": "set",
    "setup": "set up",
    "unfreeze": "lifted the freeze of",
    "unseal": "unsealed",
    "update": "changed",
    "view": "looked at",
}


_WHOLE = {
    "grants_set": "granted a machine {granted} secrets of",
    "machine_attach": "attached a machine to",
    "machine_detach": "detached a machine from",
    "session_end": "logged out",
    "session_step_up": "proved who they are",
}
"""Actions whose name does not make a sentence."""


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
    subject, _, verb = told.action.partition("_")
    refused = told.outcome is Outcome.REFUSED
    parts = [told.actor_name]
    if not refused and told.action in _WHOLE:
        parts.append(_WHOLE[told.action].format(granted=told.detail.get("granted")))
    elif refused or verb not in _PAST:
        what = f"{subject} {verb}".replace("_", " ").rstrip()
        parts.append(f"was refused: {what}" if refused else what)
    else:
        parts.append(f"{_PAST[verb]} {subject}")
    place = _place(told)
    if told.target_kind == "project" and place is not None:
        parts.append(place)
    elif told.target_name or told.target_id:
        parts.append(told.target_name or told.target_id or "")
    if place is not None and told.target_kind == "secret":
        parts.append(f"in {place}")
    parts.extend(_particulars(told))
    if refused:
        parts.append(f"({told.reason})")
    if told.address != "local":
        parts.append(f"from {told.address}")
    return " ".join(parts)


def _place(told: EntryView) -> str | None:
    """What its project is called now."""
    if told.application_name is None:
        return told.project_name
    return f"{told.application_name}/{told.project_name}"


def _particulars(told: EntryView) -> list[str]:
    detail = told.detail
    said: list[str] = []
    if detail.get("restored") is not None:
        said.append(f"to version {detail['restored']}, which is now version {detail['version']}")
    elif detail.get("version") is not None:
        said.append(f"(version {detail['version']})")
    environments = detail.get("environments")
    if isinstance(environments, list) and environments:
        said.append(f"with {', '.join(environments)}")
    if detail.get("renamed_to") not in (None, told.target_name):
        said.append(f"to {detail['renamed_to']}")
    return said


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
