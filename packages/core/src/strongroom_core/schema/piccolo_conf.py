"""What Piccolo's migration machinery looks for; `PICCOLO_CONF` names this module.

`DB` is set by `operate/migrate.py` before it runs: an engine made at import would connect there.
"""

from piccolo.conf.apps import AppRegistry
from piccolo.engine.base import Engine
from piccolo.engine.postgres import PostgresTransaction

APP_REGISTRY = AppRegistry(apps=["strongroom_core.schema.piccolo_app"])
DB: Engine[PostgresTransaction] | None = None
