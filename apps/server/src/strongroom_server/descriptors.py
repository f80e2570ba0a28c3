"""File descriptors: as many as the system gives, and some that no stranger's connection may take.

A process that has none left can neither reach its database nor hear its operator.
"""

import os
import resource

MOST = 65_536
RESERVE = 64
"""Kept for the database, the admin socket and files."""


def raise_limit() -> None:
    """Take as many descriptors as this user may have, at most 65,536."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def only_reserve_left() -> bool:
    """Whether a connection that has just been accepted was one too many.

    The system gives the lowest number that is free, so the next one says how many are in use,
    whatever they are in use for.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        limit = MOST
    try:
        free = os.open("/", os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return True
    os.close(free)
    return free >= limit - RESERVE
