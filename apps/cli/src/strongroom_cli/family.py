"""Finds, signals and reaps the processes below this one.

Works only on Linux, where a process can adopt all orphans below it (a subreaper; prctl(2)), so a start
script's descendants are found in any session or group. Elsewhere, no descendants are found.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from strongroom_cli.core_dumps import allow_core_dumps_again

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # prctl(2)
_IS_LINUX = sys.platform == "linux"


def adopt_orphans() -> None:
    """Become the parent of all processes below this one that lose their parent."""
    prctl = _prctl()
    if prctl is not None:
        prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def ends_with_us() -> Callable[[], None]:
    """Return a function to call in a child, so that the child gets TERM when this process is killed.

    Only on Linux. The kernel signals the child when the thread that forked it exits, so that thread
    must be the main one. Other threads may be running: the function takes no lock, and everything it
    needs is loaded before the fork.
    """
    prctl = _prctl()
    parent, end = os.getpid(), int(signal.SIGTERM)

    def prepare() -> None:
        if prctl is not None:
            prctl(_PR_SET_PDEATHSIG, end, 0, 0, 0)
            # The parent may have been killed before this took effect.
            if os.getppid() != parent:
                os._exit(128 + end)
        allow_core_dumps_again()

    return prepare


def descendants(*, without: frozenset[int] = frozenset()) -> frozenset[int]:
    """Return the running processes below this one, excluding zombies.

    `without` lists children to leave out, together with their descendants.
    """
    if not _IS_LINUX:
        return frozenset()
    below: dict[int, list[int]] = {}
    dead: set[int] = set()
    for name in os.listdir("/proc"):  # noqa: PTH208 -- only names are needed
        if not name.isdigit():
            continue
        with suppress(OSError):
            # The program's name can contain spaces and parentheses.
            state, parent, *_ = Path(f"/proc/{name}/stat").read_bytes().rpartition(b")")[2].split()
            below.setdefault(int(parent), []).append(int(name))
            if state in (b"Z", b"X"):
                dead.add(int(name))
    found: set[int] = set()
    waiting = [os.getpid()]
    while waiting:
        children = [each for each in below.get(waiting.pop(), []) if each not in without]
        found.update(children)
        waiting.extend(children)
    return frozenset(found - dead)


def signal_all(processes: Iterable[int], number: int) -> None:
    """Send a signal to each process, ignoring those that are gone or belong to another user."""
    for process in processes:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process, number)


def collect_others(child: int | None) -> None:
    """Reap processes that have ended, except the child itself, which is waited for elsewhere."""
    if not _IS_LINUX:
        return
    with suppress(ChildProcessError):
        while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
            if ended.si_pid == child:
                # The child is reported first until it is reaped; the others can wait.
                return
            os.waitpid(ended.si_pid, os.WNOHANG)


def _prctl() -> Callable[..., int] | None:
    if not _IS_LINUX:
        return None
    # PyDLL keeps the GIL, which nothing in the child could release.
    return ctypes.PyDLL(None).prctl
