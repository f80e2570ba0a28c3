"""A pytest plug-in: a mutant's tests use a PostgreSQL that is already running.

Starting one takes longer than detecting most mutants. `STRONGROOM_LENT` describes it as JSON.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import strongroom_core
from strongroom_core.crypto.root import parse_root
from strongroom_core.install.initialise import Initialised
from strongroom_testkit.cluster import Cluster


@dataclass(slots=True)
class Lent:
    """The parts of PostgreSQL that a cluster needs. The server belongs to another process, which stops it."""

    host: str
    port: int
    superuser: str
    superuser_password: str = field(repr=False)

    def dsn(self, *, user: str, password: str, database: str) -> str:
        """Return the URL for a login role."""
        place = urlencode({"host": self.host, "port": self.port})
        return (
            f"postgresql://{quote(user, '')}:{quote(password, '')}@/{quote(database, '')}?{place}"
        )

    async def stop(self) -> None:
        """Do nothing, so that the server keeps running."""


def lend(cluster: Cluster, root: str) -> str:
    """Return the connection details that another process needs to use a cluster."""
    postgres = cluster.postgres
    return json.dumps(
        {
            "postgres": {
                "host": str(postgres.host),
                "port": postgres.port,
                "superuser": postgres.superuser,
                "superuser_password": postgres.superuser_password,
            },
            "passwords": cluster.passwords,
            "root": root,
            "deployment": cluster.initialised.deployment,
            "setup_token": cluster.initialised.setup_token,
        }
    )


def pytest_configure() -> None:
    """Make `Cluster.start` return the lent server, and check that the tests use the mutant."""
    told = json.loads(os.environ["STRONGROOM_LENT"])
    tree = Path(os.environ["STRONGROOM_MUTATED"])
    if tree not in Path(strongroom_core.__path__[0]).parents:
        raise RuntimeError("the tests would not see the mutant")

    async def start(*_arguments: Any, **_options: Any) -> Cluster:
        return Cluster(
            Lent(**told["postgres"]),  # pyright: ignore[reportArgumentType]
            told["passwords"],
            parse_root(told["root"]),
            Initialised(told["deployment"], told["setup_token"]),
            # The names of this mutant's databases are unique.
            int(os.environ["STRONGROOM_MUTANT"]) * 1000,
        )

    Cluster.start = start  # pyright: ignore[reportAttributeAccessIssue]
