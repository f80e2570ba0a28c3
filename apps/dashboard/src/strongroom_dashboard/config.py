"""What Reflex is told: nothing on disk, nothing to anybody, no plugin.

What the running server adds is in `runtime.py`. Environment variables have no say: the server takes
those of Reflex away before it is imported.
"""

import reflex as rx
from reflex_base.constants import StateManagerMode

FONTS = [
    "@fontsource-variable/hanken-grotesk@5.3.0",
    "@fontsource-variable/newsreader@5.3.0",
    "@fontsource/ibm-plex-mono@5.3.0",
]

config = rx.Config(
    app_name="strongroom_dashboard",
    app_module_import="strongroom_dashboard.app",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    state_manager_mode=StateManagerMode.MEMORY,
    # The build compresses by itself, after its last change to the files.
    frontend_compression_formats=[],
    frontend_packages=FONTS,
    disable_plugins=[rx.plugins.SitemapPlugin],
)
