"""The program's start and end: what runs without the parser, and the only place that reports errors.

`strongroom get PATH` is how scripts read one value. Without options, there is nothing to parse, and importing
click would take a quarter of the time. Everything else goes to `strongroom_cli.main`.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from strongroom_cli.chosen import Choices
from strongroom_cli.core_dumps import forbid_core_dumps
from strongroom_cli.failures import OK, SIGNALLED, Failure
from strongroom_cli.output import complain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_INTERRUPTED, _READER_GONE = SIGNALLED + 2, SIGNALLED + 13
_COMPLETION = "_STRONGROOM_COMPLETE"
"""With this variable, a shell asks click for completions."""


def main() -> NoReturn:
    """Run the program. Errors are two lines, never a traceback."""
    forbid_core_dumps()
    path = path_to_get(sys.argv[1:])
    if path is None:
        from strongroom_cli.main import run_typed  # noqa: PLC0415 -- imports click

        code = run_typed()
    else:
        choices = Choices()
        code = ended(choices, lambda: _get(choices, path))
    for stream in (sys.stdout, sys.stderr):
        # A stream that was closed before this process started is None.
        if stream is not None:  # pyright: ignore[reportUnnecessaryComparison]
            with suppress(OSError):
                stream.flush()
    # An orderly interpreter shutdown takes longer than a request, and there is nothing left to save.
    os._exit(code)


def path_to_get(arguments: Sequence[str]) -> str | None:
    """Return the path if these are the arguments of a `get` without options, otherwise None."""
    match arguments:
        case ["get", path] if not path.startswith("-") and _COMPLETION not in os.environ:
            return path
        case _:
            return None


def _get(choices: Choices, path: str) -> None:
    from strongroom_cli.getting import print_secret  # noqa: PLC0415 -- errors are reported from here

    print_secret(choices, path, None)


def ended(choices: Choices, work: Callable[[], object]) -> int:
    """Do the work and return the exit code. Any error is printed as a failure."""
    try:
        done = work()
        if sys.stdout is not None:  # pyright: ignore[reportUnnecessaryComparison]
            sys.stdout.flush()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # The reader closed the pipe. Click would exit with a code that means failure.
        return _READER_GONE
    except Exception as error:  # noqa: BLE001 -- a traceback may contain a value
        failure = _failure(error, choices)
        complain(failure.message, failure.hint_at(choices.server))
        return failure.exit_code
    return done if isinstance(done, int) else OK


def _failure(error: Exception, choices: Choices) -> Failure:
    """Return the failure for any error. An unexpected one shows only its type."""
    if isinstance(error, Failure):
        return error
    # The error can come from the library only if the library has been imported.
    if "strongroom.errors" in sys.modules:
        from strongroom.errors import StrongroomError  # noqa: PLC0415 -- already imported
        from strongroom_cli.failures import failure_of  # noqa: PLC0415 -- only for errors

        if isinstance(error, StrongroomError):
            return failure_of(error, as_person=choices.as_person)
    if isinstance(error, OSError) and error.strerror:
        named = f"{error.filename}: " if isinstance(error.filename, str) else ""
        return Failure(f"{named}{error.strerror.lower()}", "run `strongroom doctor`")
    where = _place(error) if choices.debug else ""
    hint = "please report this" if choices.debug else "run it again with --debug, and report it"
    return Failure(f"internal error: {type(error).__name__}{where}", hint)


def _place(error: Exception) -> str:
    """Return where the error happened, without the lines and values of a traceback."""
    found = error.__traceback__
    while found is not None and found.tb_next is not None:
        found = found.tb_next
    if found is None:
        return ""
    code = found.tb_frame.f_code
    return f" in {code.co_qualname} of {os.path.basename(code.co_filename)}:{found.tb_lineno}"  # noqa: PTH119
