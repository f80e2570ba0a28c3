"""What the API knows of the process it runs in, which may not be ready to serve yet."""

from dataclasses import dataclass

from strongroom_core.core import Core


@dataclass(slots=True)
class Process:
    """Filled in by the server as it starts, so that the API answers from the first moment.

    `core` is None until the database has been opened. `problem` then says why it could not be,
    for the operator; None means that `init` has not been run.
    """

    core: Core | None = None
    problem: str | None = None
