"""What an operation does, one step at a time, without doing it: drivers do, blocking or not.

An operation is a generator. It yields a step and gets the result of it, or the error::

    answer = yield Send(request)
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from strongroom.connections import Request

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Send:
    """Send this; the result is the answer. `fresh`: on a connection that nobody used before."""

    request: Request
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Sleep:
    """Do nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Do:
    """Call this, which may read and write files; the result is what it returns."""

    work: Callable[[], Any]


Step: TypeAlias = Send | Sleep | Do
Steps: TypeAlias = Generator[Step, Any, T]


def drive(steps: Steps[T], perform: Callable[[Step], Any]) -> T:
    """Take an operation's steps by `perform` and return its result."""
    result: Any = None
    problem: Exception | None = None
    while True:
        try:
            step = steps.send(result) if problem is None else steps.throw(problem)
        except StopIteration as stop:
            return stop.value
        result, problem = None, None
        try:
            result = perform(step)
        except Exception as error:  # noqa: BLE001 -- the operation decides about it
            problem = error
