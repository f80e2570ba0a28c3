"""Reflex's configuration: nothing on disk, no telemetry, no plugins.

`runtime.py` adds settings that only the running server knows. Environment variables have no effect, because
the server removes Reflex's variables before importing it.
"""

import reflex as rx
from reflex_base.constants import StateManagerMode

FONTS = [
    "@fontsource-variable/hanken-grotesk@5.3.0",
    "@fontsource/ibm-plex-mono@5.3.0",
    "@fontsource/newsreader@5.3.0",
]

config = rx.Config(
    app_name="strongroom_dashboard",
    app_module_import="strongroom_dashboard.app",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    state_manager_mode=StateManagerMode.MEMORY,
    # Our build compresses the files, after its last change to them.
    frontend_compression_formats=[],
    frontend_packages=FONTS,
    disable_plugins=[rx.plugins.SitemapPlugin],
)
