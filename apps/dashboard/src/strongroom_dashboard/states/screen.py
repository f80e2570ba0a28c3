"""What every screen's state has in common: one handler, which looks, and what stands in its place."""

from __future__ import annotations

import reflex as rx
import structlog

from strongroom_core.kernel.errors import (
    NotAuthenticated,
    NotFound,
    Refused,
    StrongroomError,
    Unavailable,
)
from strongroom_dashboard.door import Call, calling

_log = structlog.get_logger()

SCREENS: dict[str, type[Screen]] = {}
"""The state of each route, for whoever brings an open page up to date."""


class Screen(rx.State, mixin=True):
    """A screen, as far as its URL says what it shows.

    `problem` is what a person reads where the screen cannot be shown; `ready` is False until it was
    loaded once, which is when skeletons go. Nothing here may hold a value, a key or a token.
    """

    ready: bool = False
    problem: str = ""
    problem_hint: str = ""
    _absent_at: str = ""

    @rx.event
    async def load(self) -> None:
        """Look at what the URL names."""
        await self._refresh()

    async def _refresh(self) -> None:
        """Fill the screen anew for the caller of this task, or say why not."""
        call = calling()
        if self.problem and self._is_known_absent(call):
            return
        try:
            await self._fill(call)
        except NotAuthenticated:
            raise
        except NotFound as error:
            self._note_absent()
            self._stand_in(sentence(error.message), "It may have been moved or deleted.")
        except Refused as error:
            self._note_absent()
            self._stand_in(sentence(error.message), "")
        except Unavailable:
            self._stand_in(
                "The database does not answer.", "Nothing is lost. This page tries again."
            )
        except StrongroomError as error:
            self._stand_in(sentence(error.message), "")
        except Exception as error:  # noqa: BLE001 -- one screen that fails must not take the frame along
            # Its text may quote what it failed on.
            _log.exception("screen_failed", screen=type(self).__name__, error=type(error).__name__)
            self._stand_in("This page could not be shown.", "The server's log says more.")
        else:
            self.problem = self.problem_hint = ""
        self.ready = True

    async def _fill(self, call: Call) -> None:
        """Set the screen's fields. Each screen says how."""
        raise NotImplementedError

    def _stand_in(self, problem: str, hint: str) -> None:
        self.problem, self.problem_hint = problem, hint

    def _note_absent(self) -> None:
        """Remember that what this address names is not there."""
        self._absent_at = str(self.router.url)

    def _is_known_absent(self, call: Call) -> bool:
        """Whether a page by itself would look once more for what is not there.

        Each such look is a refusal, and as such on the record: a person may try again, a page may not.
        """
        return not call.used and self._absent_at == str(self.router.url)

    def _part(self, number: int) -> str:
        """Return one part of the path, from 0: in `/projects/proj_a` the project is part 1."""
        parts = self.router.url.path.strip("/").split("/")
        return parts[number] if number < len(parts) else ""

    def _asked(self, name: str) -> str:
        """Return one parameter of the query, empty where it is not given."""
        return self.router.url.query_parameters.get(name, "")


def sentence(message: str) -> str:
    """Return an error's message as people read it on a page."""
    return f"{message[:1].upper()}{message[1:]}."
