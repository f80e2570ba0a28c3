"""Opens a page in the user's browser, if there is one."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from strongroom_cli.output import note

if TYPE_CHECKING:
    from strongroom_cli.choices import Choices

_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")


def open_page(choices: Choices, url: str) -> None:
    """Open a page, or note that it can't be opened here."""
    import webbrowser  # noqa: PLC0415 -- slow to import

    # Without a display, Python would take over the terminal with a text browser.
    has_display = sys.platform != "linux" or any(map(os.environ.get, _DISPLAYS))
    try:
        opened = has_display and webbrowser.open(url)
    except webbrowser.Error:
        opened = False
    if not opened:
        note(choices, "no browser here; open the URL on any computer where you are signed in")
