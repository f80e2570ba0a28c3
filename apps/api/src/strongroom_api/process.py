"""The API's view of its process, which may not be ready to serve yet."""

from dataclasses import dataclass, field
from typing import Literal

from strongroom_api.body_budget import share_bodies
from strongroom_api.entry_streams import EntryStreams
from strongroom_api.metrics import Metrics
from strongroom_core.core import Core
from strongroom_core.kernel.shares import Shares
from strongroom_core.settings import Settings

DashboardState = Literal["off", "building", "starting", "ready", "failed"]


@dataclass(slots=True)
class Process:
    """Filled in by the server as it starts, so that the API can respond from the beginning.

    `core` is None until the database has been opened. If that failed, `problem` tells the administrator why;
    if `init` hasn't been run, `problem` is None. `settings` are the process's settings while there is no
    core. `dashboard` is the dashboard's state, or None if this process doesn't report on other processes.
    `bodies` is the budget for request bodies.
    """

    core: Core | None = None
    problem: str | None = None
    settings: Settings | None = None
    dashboard: DashboardState | None = None
    metrics: Metrics = field(default_factory=Metrics)
    bodies: Shares = field(default_factory=share_bodies)
    streams: EntryStreams = field(default_factory=EntryStreams)

    @property
    def known_settings(self) -> Settings | None:
        """The settings, if they are known yet."""
        return self.core.settings if self.core is not None else self.settings
