"""The pages in one place, and what surrounds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import reflex as rx

from strongroom_dashboard.components.connection import connection
from strongroom_dashboard.components.head import STYLESHEETS, head
from strongroom_dashboard.failures import answer_failure
from strongroom_dashboard.pages import (
    application,
    audit,
    components,
    frozen,
    machine,
    machines,
    nowhere,
    overview,
    project_machines,
    project_secrets,
    project_settings,
    projects,
    setup,
    sign_in,
    trash,
)
from strongroom_dashboard.states.application import ApplicationScreen
from strongroom_dashboard.states.audit import AuditLog
from strongroom_dashboard.states.frozen import FrozenProject
from strongroom_dashboard.states.machine import MachinePage
from strongroom_dashboard.states.machines import MachineList
from strongroom_dashboard.states.overview import Overview
from strongroom_dashboard.states.project_machines import ProjectMachines
from strongroom_dashboard.states.project_secrets import ProjectSecrets
from strongroom_dashboard.states.project_settings import ProjectSettings
from strongroom_dashboard.states.projects import Projects
from strongroom_dashboard.states.screen import SCREENS, Screen
from strongroom_dashboard.states.shell import Shell
from strongroom_dashboard.states.trash import Trash


@dataclass(frozen=True, slots=True)
class Page:
    """A route and what it shows. `state` None: it is open to strangers and knows nothing."""

    route: str
    show: Callable[[], rx.Component]
    title: str
    state: type[Screen] | None = None


PAGES = (
    Page("/", overview.page, "Overview", Overview),
    Page("/projects", projects.page, "Secrets", Projects),
    Page("/applications/[application_id]", application.page, "Application", ApplicationScreen),
    Page("/projects/[project_id]", project_secrets.page, "Secrets", ProjectSecrets),
    Page("/projects/[project_id]/settings", project_settings.page, "Settings", ProjectSettings),
    Page("/projects/[project_id]/frozen", frozen.page, "Recovery", FrozenProject),
    Page("/projects/[project_id]/machines", project_machines.page, "Machines", ProjectMachines),
    Page("/machines", machines.page, "Machines", MachineList),
    Page("/machines/[machine_id]", machine.page, "Machine", MachinePage),
    Page("/audit", audit.page, "Audit log", AuditLog),
    Page("/trash", trash.page, "Trash", Trash),
    Page("/sign-in", sign_in.page, "Sign in"),
    Page("/setup", setup.page, "Welcome"),
    Page("/components", components.page, "Components"),
    Page("404", nowhere.page, "Nothing here"),
)

app = rx.App(
    stylesheets=STYLESHEETS,
    reset_style=False,
    html_lang="en",
    toaster=None,
    head_components=head(),
    backend_exception_handler=answer_failure,
    extra_app_wraps={(5, "Overlay"): lambda stateful: connection() if stateful else None},
)
for page in PAGES:
    on_load = None if page.state is None else [Shell.load, page.state.load, Shell.follow]
    app.add_page(page.show, route=page.route, title=f"{page.title} · Strongroom", on_load=on_load)
    if page.state is not None:
        # Reflex has a name of its own for the first page.
        SCREENS["/index" if page.route == "/" else page.route] = page.state
