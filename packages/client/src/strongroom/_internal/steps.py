"""The steps of an operation, described rather than executed, so that drivers can block or await (sans I/O).

An operation is a generator. It yields a step and receives the step's result or error::

    answer = yield Send(request)
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from strongroom._internal.connections import Answer, Request

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Send:
    """Send this request; the result is the response. `fresh` means on a new connection."""

    request: Request
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait for a number of seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Do:
    """Call this function, which can read and write files; the result is its return value."""

    work: Callable[[], Any]


Step: TypeAlias = Send | Sleep | Do
Steps: TypeAlias = Generator[Step, Any, T]


def drive(steps: Steps[T], send: Callable[..., Answer], sleep: Callable[[float], object]) -> T:
    """Run an operation's steps, blocking, and return the result. `send` and `sleep` execute the steps."""
    result: Any = None
    problem: Exception | None = None
    while True:
        try:
            step = steps.send(result) if problem is None else steps.throw(problem)
        except StopIteration as stop:
            return stop.value
        result, problem = None, None
        try:
            match step:
                case Send(request, fresh):
                    result = send(request, fresh=fresh)
                case Sleep(seconds):
                    sleep(seconds)
                case Do(work):
                    result = work()
        except Exception as error:  # noqa: BLE001 -- the operation handles it
            problem = error
