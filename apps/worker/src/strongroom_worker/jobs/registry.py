"""Every job by the name under which `access/operations.py` lists it."""

from collections.abc import Mapping

from strongroom_core.access.actions import Plane
from strongroom_core.access.operations import require_listed
from strongroom_worker.jobs import erase_project, purge_project, purge_secret, sweep
from strongroom_worker.jobs.item import Job

JOBS: Mapping[str, Job] = {
    "erase_project": erase_project.run,
    "purge_project": purge_project.run,
    "purge_secret": purge_secret.run,
    "sweep": sweep.run,
}

OF_THE_OPERATOR = frozenset({"init", "setupLink", "unseal", "restored"})
"""Listed on the same plane and carried out by `strongroom-server` itself."""


def require_jobs_listed() -> None:
    """Raise `TableMismatch` unless the table of operations lists exactly these jobs."""
    require_listed(JOBS, frozenset({Plane.JOB}), besides=OF_THE_OPERATOR)
