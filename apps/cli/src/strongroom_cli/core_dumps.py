"""Keeps values out of core dumps while this process holds them.

A core file is what a crash leaves of a process's memory. The limit is inherited, so that it is put
back for the programs we start: whether they may leave one is not ours to say.
"""

from __future__ import annotations

from contextlib import suppress

_before: tuple[int, int] | None = None


def forbid_core_dumps() -> None:
    """Lower the soft limit of core files to zero (setrlimit(2)). Systems without limits keep theirs."""
    global _before  # noqa: PLW0603 -- a process has one limit, and it had one before
    with suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 -- not there on every system

        _before = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, _before[1]))


def allow_core_dumps_again() -> None:
    """Put the limit back, for the program that this process is about to become."""
    if _before is not None:
        with suppress(OSError, ValueError):
            import resource  # noqa: PLC0415 -- loaded already

            resource.setrlimit(resource.RLIMIT_CORE, _before)
