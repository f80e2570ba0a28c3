"""Process limits: no core dumps, a reserve of file descriptors for the server, and few garbage collections.

Core dumps and debuggers would expose the process's memory, which contains the root key. A process that has
run out of descriptors can reach neither its database nor its admin socket.
"""

import ctypes
import gc
import os
import resource
import sys

MOST_DESCRIPTORS = 65_536
RESERVE = 64
"""The number of descriptors reserved for the database, the admin socket and files."""

COLLECTIONS = (50_000, 20, 50)
"""After how many new objects the garbage collector looks at each generation (`gc.set_threshold`)."""

_PR_SET_DUMPABLE = 4  # prctl(2)


def forbid_core_dumps() -> None:
    """Disable core dumps, and prevent processes of the same user from reading our memory.

    Child processes inherit the limit but not the other setting: a new program is dumpable again, so the
    embedded database can set up its user namespace (prctl(2), PR_SET_DUMPABLE). Raises `OSError` if
    the system refuses.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux":
        return
    # Some kernels ignore the limit if core_pattern is a pipe; this works there too.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def collect_rarely() -> None:
    """Let the garbage collector run less often, and never look at what exists now.

    With Python's own thresholds, it takes an eighth of the CPU time of many reads at once, mostly to look
    again at modules. Call this once everything has been imported.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTIONS)


def raise_descriptor_limit() -> None:
    """Raise the limit on file descriptors to this user's maximum, at most 65,536."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def descriptor_limit() -> int:
    """Return how many descriptors this process may have open, at most 65,536."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_DESCRIPTORS if limit == resource.RLIM_INFINITY else min(limit, MOST_DESCRIPTORS)


def only_reserve_left() -> bool:
    """Whether a connection that was just accepted is one too many.

    The system uses the lowest free number, so the next descriptor's number shows how many are in use in
    total.
    """
    limit = descriptor_limit()
    try:
        free = os.open("/", os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return True
    os.close(free)
    return free >= limit - RESERVE
