"""Piccolo's description of our one app, with its one migration history."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from strongroom_core.schema.tables import TABLES

APP_CONFIG = AppConfig(
    app_name="strongroom",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=TABLES,
)
