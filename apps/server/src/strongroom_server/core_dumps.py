"""Keeps the memory of this process, which holds the root, out of files and out of debuggers."""

import ctypes
import os
import resource
import sys

_PR_SET_DUMPABLE = 4  # prctl(2)


def forbid_core_dumps() -> None:
    """Have a crash leave no core file, and let no process of the same user read our memory.

    The limit is inherited by the programs we start, the other is not: a new program is dumpable
    again, so the embedded database can set up its user namespace (prctl(2), PR_SET_DUMPABLE). Raises
    `OSError` where the system refuses.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux":
        return
    # A core_pattern that is a pipe does not look at the limit's zero in every kernel; this it does.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
