"""A parent for `run --watch`: restarts its child when a secret changed, and passes signals on.

The main thread waits for one byte on a pipe. Signals write it (`signal.set_wakeup_fd`), the death of
the child among them, and so does the thread that watches.
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

from strongroom_cli.child import ends_with_us
from strongroom_cli.exits import SIGNALLED
from strongroom_cli.program import refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import FrameType

GRACE_SECONDS = 10.0
"""How long a child has between TERM and KILL."""

_FORWARDED = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)
_FROM_KEYS = frozenset({signal.SIGINT, signal.SIGQUIT})
"""What a terminal sends to all of its foreground processes, the child among them."""

_ENDING = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGQUIT})


@dataclass(frozen=True, slots=True)
class Program:
    """What is run, again and again. Its environment is not kept here."""

    path: str
    arguments: Sequence[str]


class Supervisor:
    """One child at a time. `renew` returns the environment to restart with, or None to go on."""

    def __init__(self, program: Program, renew: Callable[[], Mapping[str, str] | None]) -> None:
        self._program = program
        self._renew = renew
        self._pending = threading.Event()
        self._reader, self._writer = os.pipe()
        self._child: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []
        self._told_to_end_at: float | None = None
        self._prepare = ends_with_us()

    def changed(self) -> None:
        """Ask for a restart. May be called by any thread; many calls are one."""
        self._pending.set()
        # A full pipe wakes as well as one more byte would.
        with suppress(BlockingIOError):
            os.write(self._writer, b"c")

    def run(self, environment: Mapping[str, str]) -> int:
        """Run until the child ends by itself; return its code, 128 + n after signal n.

        Raises `Failure` when it cannot be started.
        """
        for end in (self._reader, self._writer):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _only_wake)
        for number in _FORWARDED:
            # What is ignored, as HUP under nohup, is to stay so for the child too.
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._forward)
        child = self._start(environment)
        while child.poll() is None:
            self._wait(self._seconds_to_wait())
            if child.poll() is None and self._may_restart():
                child = self._restart(child)
        return child.returncode if child.returncode >= 0 else SIGNALLED - child.returncode

    def _start(self, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        try:
            self._child = subprocess.Popen(  # noqa: S603 -- what the user asked for, without a shell
                self._program.arguments,
                executable=self._program.path,
                env=environment,
                preexec_fn=self._prepare,  # noqa: PLW1509 -- `child` says why it may
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
        child.terminate()
        while child.poll() is None and time.monotonic() - began < GRACE_SECONDS:
            self._wait(began + GRACE_SECONDS - time.monotonic())
        if child.poll() is None:
            child.kill()
        child.wait()
        self._child = None
        # Who ended us meanwhile means the program, not this run of it.
        if self._told_to_end_at is not None and self._told_to_end_at >= began:
            return child
        return self._start(environment)

    def _may_restart(self) -> bool:
        return self._pending.is_set() and not self._seconds_to_wait()

    def _seconds_to_wait(self) -> float | None:
        """Return None to wait for whatever comes; seconds while a child that was told to end may."""
        if not self._pending.is_set():
            return None
        if self._told_to_end_at is None:
            return 0
        return max(0, self._told_to_end_at + GRACE_SECONDS - time.monotonic())

    def _wait(self, seconds: float | None) -> None:
        select.select([self._reader], [], [], seconds)
        try:
            while os.read(self._reader, 4096):
                pass
        except BlockingIOError:
            return

    def _forward(self, number: int, _frame: FrameType | None) -> None:
        if number in _ENDING:
            self._told_to_end_at = time.monotonic()
        if self._child is None:
            self._early.append(number)
        elif number not in _FROM_KEYS or not _in_foreground():
            self._child.send_signal(number)


def _only_wake(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: a handler must exist for the wake-up to be written."""


def _in_foreground() -> bool:
    """Whether keys of a terminal reach this process, and so its child, by themselves."""
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
