"""What a program that we start gets from us between fork and exec, beside its environment."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import TYPE_CHECKING

from strongroom_cli.core_dumps import allow_core_dumps_again

if TYPE_CHECKING:
    from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # prctl(2)


def ends_with_us() -> Callable[[], None]:
    """Return what the child runs so that it is told to end (TERM) if this process is killed.

    On Linux only. The kernel tells the child when the thread that forked it is gone, which must
    therefore be the main one. Threads may be running here: what the child runs takes no lock, and
    everything it needs is loaded before the fork.
    """
    prctl = _prctl()
    parent, end = os.getpid(), int(signal.SIGTERM)

    def prepare() -> None:
        if prctl is not None:
            prctl(_PR_SET_PDEATHSIG, end, 0, 0, 0)
            # The parent may have been killed before that took hold.
            if os.getppid() != parent:
                os._exit(128 + end)
        allow_core_dumps_again()

    return prepare


def _prctl() -> Callable[..., int] | None:
    if sys.platform != "linux":
        return None
    # PyDLL keeps the interpreter's lock, which nobody else in the child could hand back.
    return ctypes.PyDLL(None).prctl
