"""The exit codes, which scripts may rely on, and the one way in which a command fails."""

OK = 0
FAILURE = 1
USAGE = 2
NOT_AUTHENTICATED = 3
DENIED = 4
NOT_FOUND = 5
UNAVAILABLE = 6
SEALED_OR_FROZEN = 7

NOT_EXECUTABLE = 126
NO_SUCH_PROGRAM = 127
SIGNALLED = 128
"""Of `run`, beside the child's own codes; a signal's number is added to the last."""


class Failure(Exception):
    """What ends a command: what happened, what to do about it, and the exit code.

    `message` and `hint` are lower case, name the thing, and never hold a value.
    """

    def __init__(self, message: str, hint: str = "", *, exit_code: int = FAILURE) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code
