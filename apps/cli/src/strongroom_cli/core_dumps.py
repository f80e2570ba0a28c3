"""Keeps secret values out of core dumps.

The limit is inherited by child processes, so it is restored before a program starts, which decides for itself
whether it can dump core.
"""

from __future__ import annotations

from contextlib import suppress

_before: tuple[int, int] | None = None


def forbid_core_dumps() -> None:
    """Set the soft limit on core files to zero (setrlimit(2)). Does nothing on systems without limits."""
    global _before  # noqa: PLW0603 -- a process has one limit
    with suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 -- not available on every system

        _before = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, _before[1]))


def allow_core_dumps_again() -> None:
    """Restore the limit before this process executes a program."""
    if _before is not None:
        with suppress(OSError, ValueError):
            import resource  # noqa: PLC0415 -- already loaded

            resource.setrlimit(resource.RLIMIT_CORE, _before)
