"""What the API knows of the process it runs in, which may not be ready to serve yet."""

from dataclasses import dataclass, field
from typing import Literal

from strongroom_api.metrics import Metrics
from strongroom_core.core import Core
from strongroom_core.settings import Settings

DashboardState = Literal["off", "building", "starting", "ready", "failed"]


@dataclass(slots=True)
class Process:
    """Filled in by the server as it starts, so that the API answers from the first moment.

    `core` is None until the database has been opened. `problem` then says why it could not be,
    for the operator; None means that `init` has not been run. `settings` are the process's, for
    as long as there is no core that has them. `dashboard` is how far that is, None where this
    process is asked about nothing but itself.
    """

    core: Core | None = None
    problem: str | None = None
    settings: Settings | None = None
    dashboard: DashboardState | None = None
    metrics: Metrics = field(default_factory=Metrics)

    @property
    def known_settings(self) -> Settings | None:
        """The settings, as far as they are known yet."""
        return self.core.settings if self.core is not None else self.settings
