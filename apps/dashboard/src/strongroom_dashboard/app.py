"""All pages of the dashboard, and the Reflex app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import reflex as rx

from strongroom_dashboard.components.head import STYLESHEETS, head
from strongroom_dashboard.components.note import connection
from strongroom_dashboard.failures import answer_failure
from strongroom_dashboard.screens.access_roles import editor as access_editor
from strongroom_dashboard.screens.access_roles import page as access_roles
from strongroom_dashboard.screens.access_roles.state import (
    AccessRolePage,
    AccessRoles,
    NewAccessRole,
)
from strongroom_dashboard.screens.alerts import page as alerts
from strongroom_dashboard.screens.alerts import webhooks
from strongroom_dashboard.screens.alerts.state import AlertRulesPage, WebhooksPage
from strongroom_dashboard.screens.allowlist import page as allowlist
from strongroom_dashboard.screens.allowlist.state import AllowlistPage
from strongroom_dashboard.screens.application import page as application
from strongroom_dashboard.screens.application.state import ApplicationScreen
from strongroom_dashboard.screens.audit import page as audit
from strongroom_dashboard.screens.audit.state import AuditLog
from strongroom_dashboard.screens.capabilities import page as capabilities
from strongroom_dashboard.screens.capabilities.state import WhoCan
from strongroom_dashboard.screens.connect import page as connect
from strongroom_dashboard.screens.connect.state import Connect
from strongroom_dashboard.screens.enrollment_tokens import page as enrollment_tokens
from strongroom_dashboard.screens.enrollment_tokens.state import EnrollmentTokens
from strongroom_dashboard.screens.entrance import (
    cancel_recovery,
    confirm_email,
    forgot,
    invitation,
    not_found,
    not_me,
    reset,
    setup,
    sign_in,
    sign_up,
    verify,
)
from strongroom_dashboard.screens.frozen import page as frozen
from strongroom_dashboard.screens.frozen.state import FrozenProject
from strongroom_dashboard.screens.gallery import page as gallery
from strongroom_dashboard.screens.machine import page as machine
from strongroom_dashboard.screens.machine.state import MachinePage
from strongroom_dashboard.screens.machines import page as machines
from strongroom_dashboard.screens.machines.state import MachineList
from strongroom_dashboard.screens.members import page as members
from strongroom_dashboard.screens.members.state import MemberList
from strongroom_dashboard.screens.operator import page as operator
from strongroom_dashboard.screens.operator.state import Operator
from strongroom_dashboard.screens.overview import page as overview
from strongroom_dashboard.screens.overview.state import Overview
from strongroom_dashboard.screens.own_invitations import page as own_invitations
from strongroom_dashboard.screens.own_invitations.state import OwnInvitations
from strongroom_dashboard.screens.project_access import page as project_access
from strongroom_dashboard.screens.project_access.state import ProjectAccess
from strongroom_dashboard.screens.project_canaries import page as project_canaries
from strongroom_dashboard.screens.project_canaries.state import ProjectCanaries
from strongroom_dashboard.screens.project_machines import page as project_machines
from strongroom_dashboard.screens.project_machines.state import ProjectMachines
from strongroom_dashboard.screens.project_policies import page as project_policies
from strongroom_dashboard.screens.project_policies.state import (
    NewPolicy,
    PolicyPage,
    ProjectPolicies,
)
from strongroom_dashboard.screens.project_secrets import page as project_secrets
from strongroom_dashboard.screens.project_secrets.state import ProjectSecrets
from strongroom_dashboard.screens.project_settings import page as project_settings
from strongroom_dashboard.screens.project_settings.state import ProjectSettings
from strongroom_dashboard.screens.projects import page as projects
from strongroom_dashboard.screens.projects.state import Projects
from strongroom_dashboard.screens.screen import Screen
from strongroom_dashboard.screens.security import page as security
from strongroom_dashboard.screens.security.state import Security
from strongroom_dashboard.screens.shares import page as shares
from strongroom_dashboard.screens.shares.state import Shares
from strongroom_dashboard.screens.trash import page as trash
from strongroom_dashboard.screens.trash.state import Trash
from strongroom_dashboard.screens.trusts import page as trusts
from strongroom_dashboard.screens.trusts.state import NewTrustPage, TrustList, TrustPage
from strongroom_dashboard.screens.vault_roles import page as vault_roles
from strongroom_dashboard.screens.vault_roles.state import VaultRoles
from strongroom_dashboard.screens.vault_settings import page as vault_settings
from strongroom_dashboard.screens.vault_settings.state import VaultSettings
from strongroom_dashboard.screens.view_as import page as view_as
from strongroom_dashboard.screens.view_as.state import ViewAs


@dataclass(frozen=True, slots=True)
class Page:
    """A route and its page. `state` is None for pages that don't need a session."""

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
    Page("/projects/[project_id]/canaries", project_canaries.page, "Canaries", ProjectCanaries),
    Page("/projects/[project_id]/access", project_access.page, "Access", ProjectAccess),
    Page("/projects/[project_id]/policies", project_policies.page, "Policies", ProjectPolicies),
    Page("/projects/[project_id]/policies/new", project_policies.new_page, "New policy", NewPolicy),
    Page(
        "/projects/[project_id]/policies/[policy_id]",
        project_policies.policy_page,
        "Policy",
        PolicyPage,
    ),
    Page("/machines", machines.page, "Machines", MachineList),
    Page("/machines/tokens", enrollment_tokens.page, "Enrollment tokens", EnrollmentTokens),
    Page("/machines/trusts", trusts.page, "Trusted issuers", TrustList),
    Page("/machines/trusts/new", trusts.new_page, "New trusted issuer", NewTrustPage),
    Page("/machines/trusts/[trust_id]", trusts.trust_page, "Trusted issuer", TrustPage),
    Page("/machines/allowlist", allowlist.page, "IP allowlist", AllowlistPage),
    Page("/machines/[machine_id]", machine.page, "Machine", MachinePage),
    Page("/audit", audit.page, "Audit log", AuditLog),
    Page("/alerts", alerts.page, "Alerts", AlertRulesPage),
    Page("/alerts/webhooks", webhooks.page, "Webhooks", WebhooksPage),
    Page("/shares", shares.page, "Shares", Shares),
    Page("/security", security.page, "Your security", Security),
    Page("/connect", connect.page, "Connect a program", Connect),
    Page("/trash", trash.page, "Trash", Trash),
    Page("/settings", vault_settings.page, "Settings", VaultSettings),
    Page("/operator", operator.page, "Server administration", Operator),
    Page("/members", members.page, "Members", MemberList),
    Page("/members/vault-roles", vault_roles.page, "Vault roles", VaultRoles),
    Page("/members/access-roles", access_roles.page, "Access roles", AccessRoles),
    Page("/members/access-roles/new", access_editor.new_page, "New access role", NewAccessRole),
    Page(
        "/members/access-roles/[access_role_id]",
        access_editor.role_page,
        "Access role",
        AccessRolePage,
    ),
    Page("/members/capabilities", capabilities.page, "Who can do this", WhoCan),
    Page("/members/view-as", view_as.page, "View as", ViewAs),
    Page("/invitations", own_invitations.page, "Your invitations", OwnInvitations),
    Page("/invitation", invitation.page, "You're invited"),
    Page("/sign-in", sign_in.page, "Sign in"),
    Page("/setup", setup.page, "Welcome"),
    Page("/sign-up", sign_up.page, "Sign up"),
    Page("/verify", verify.page, "Welcome"),
    Page("/forgot", forgot.page, "Forgot your password?"),
    Page("/reset", reset.page, "Choose a new password"),
    Page("/confirm-email", confirm_email.page, "Confirm your new address"),
    Page("/cancel-recovery", cancel_recovery.page, "Cancel the recovery"),
    Page("/not-me", not_me.page, "Wasn't you?"),
    Page("/components", gallery.page, "Components"),
    Page("404", not_found.page, "Page not found"),
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
    on_load = None if page.state is None else [page.state.load]
    app.add_page(page.show, route=page.route, title=f"{page.title} · Strongroom", on_load=on_load)
