"""The parent process of `run --watch`: restarts its child on changes and forwards signals.

When the child is terminated, so is everything it started. Otherwise, a server that was started by a
script would keep its port and the old value. Orphans are reaped, as a container's PID 1 must do.

The main thread waits for a byte on a pipe. Signals, including SIGCHLD when the child exits, write one
(`signal.set_wakeup_fd`), and so does the watching thread.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_cli.failures import SIGNALLED
from strongroom_cli.family import (
    adopt_orphans,
    collect_others,
    descendants,
    ends_with_us,
    signal_all,
)
from strongroom_cli.program import refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import FrameType

GRACE_SECONDS = 10.0
"""How much time the child and its descendants have between TERM and KILL."""

_GLANCE_SECONDS = 0.1
"""How often to check whether descendants are gone, since no signal reports that."""

_FORWARDED = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)
_FROM_KEYS = frozenset({signal.SIGINT, signal.SIGQUIT})
"""Signals a terminal sends to all foreground processes, including the child."""

_ENDING = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGQUIT})


@dataclass(frozen=True, slots=True)
class Program:
    """What to run. Its environment is not kept here."""

    path: str
    arguments: Sequence[str]


class Supervisor:
    """Runs one child at a time. `renew` returns the environment to restart with, or None to continue."""

    def __init__(self, program: Program, renew: Callable[[], Mapping[str, str] | None]) -> None:
        self._program = program
        self._renew = renew
        self._pending = threading.Event()
        self._reader, self._writer = os.pipe()
        self._child: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []
        self._told_to_end_at: float | None = None
        self._told_to_end: frozenset[int] = frozenset()
        # A shell that was replaced by this process may have left children, which must not be ended.
        self._strangers = descendants()
        self._prepare = ends_with_us()

    def changed(self) -> None:
        """Request a restart. Any thread can call this; several calls have the same effect as one."""
        self._pending.set()
        # A full pipe wakes the main thread too.
        with suppress(BlockingIOError):
            os.write(self._writer, b"c")

    def run(self, environment: Mapping[str, str]) -> int:
        """Run until the child exits. Return its exit code, or 128 + n after signal n.

        If this process ended the child, the child's descendants have ended too. Raises `Failure` if the child
        can't be started.
        """
        adopt_orphans()
        for end in (self._reader, self._writer):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _only_wake)
        for number in _FORWARDED:
            # Ignored signals, such as HUP under nohup, stay ignored in the child.
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._forward)
        child = self._start(environment)
        while child.poll() is None:
            self._wait(self._seconds_to_wait())
            if child.poll() is None and self._may_restart():
                child = self._restart(child)
        told = self._told_to_end_at
        if told is not None and time.monotonic() - told < GRACE_SECONDS:
            self._end(child, self._told_to_end, told + GRACE_SECONDS)
        return child.returncode if child.returncode >= 0 else SIGNALLED - child.returncode

    def _start(self, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        try:
            self._child = subprocess.Popen(  # noqa: S603 -- the user's own command, without a shell
                self._program.arguments,
                executable=self._program.path,
                env=environment,
                preexec_fn=self._prepare,  # noqa: PLW1509 -- see `ends_with_us`
            )
        except OSError as error:
            raise refused(self._program.path, error) from None
        while self._early:
            self._child.send_signal(self._early.pop(0))
        return self._child

    def _restart(self, child: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
        self._pending.clear()
        environment = self._renew()
        if environment is None or child.poll() is not None:
            return child
        began = time.monotonic()
        self._end(child, frozenset(), began + GRACE_SECONDS)
        self._child = None
        # A signal that arrived in the meantime was meant for the program, not just for one run of it.
        if self._told_to_end_at is not None and self._told_to_end_at >= began:
            return child
        return self._start(environment)

    def _end(self, child: subprocess.Popen[bytes], told: frozenset[int], deadline: float) -> None:
        """End the child and its descendants: TERM, and KILL for any left at the deadline.

        `told` contains the processes that have already been signaled. Processes that a child starts while
        ending, such as a command in a trap, also get time to finish.
        """
        while (left := self._left(child)) and time.monotonic() < deadline:
            # Signal each process once: first all descendants, then those that the child left when it exited.
            if not told or child.returncode is not None:
                signal_all(left - told, signal.SIGTERM)
                told |= left
            self._wait(min(_GLANCE_SECONDS, max(0, deadline - time.monotonic())))
        # A process that survives KILL hangs in the kernel or belongs to another user.
        while (left := self._left(child)) and time.monotonic() < deadline + GRACE_SECONDS:
            signal_all(left, signal.SIGKILL)
            self._wait(_GLANCE_SECONDS)
        child.wait()

    def _left(self, child: subprocess.Popen[bytes]) -> frozenset[int]:
        ours = frozenset({child.pid}) if child.poll() is None else frozenset[int]()
        return ours | descendants(without=self._strangers)

    def _may_restart(self) -> bool:
        return self._pending.is_set() and not self._seconds_to_wait()

    def _seconds_to_wait(self) -> float | None:
        """Return the seconds to wait while a child that got TERM may still run, otherwise None (no limit)."""
        if not self._pending.is_set():
            return None
        if self._told_to_end_at is None:
            return 0
        return max(0, self._told_to_end_at + GRACE_SECONDS - time.monotonic())

    def _wait(self, seconds: float | None) -> None:
        child = self._child.pid if self._child is not None else None
        # Reap before waiting as well: until the child itself is reaped, orphans can't be.
        collect_others(child)
        select.select([self._reader], [], [], seconds)
        with suppress(BlockingIOError):
            while os.read(self._reader, 4096):
                pass
        collect_others(child)

    def _forward(self, number: int, _frame: FrameType | None) -> None:
        if number in _ENDING:
            self._told_to_end_at = time.monotonic()
        if self._child is None:
            self._early.append(number)
        elif number not in _FROM_KEYS or not _in_foreground():
            # A shell that is waiting for a program doesn't act on signals, so signals that end a program go
            # to all descendants. Signals that can mean "reload" don't.
            others = frozenset[int]()
            if number in _ENDING:
                others = descendants(without=self._strangers) - {self._child.pid}
                self._told_to_end = others | {self._child.pid}
            self._child.send_signal(number)
            signal_all(others, number)


def _only_wake(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: a handler must exist for the wake-up byte to be written."""


def _in_foreground() -> bool:
    """Whether a terminal's keys reach this process, and therefore its child, directly."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
