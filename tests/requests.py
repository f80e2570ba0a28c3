"""One well-formed request for every operation over HTTP, for the tests that cover all operations.

The matrix, the search for leaks and Schemathesis send these. A new operation needs one entry here::

    "updateMachine": patch("/api/machines/{machine}", {"name": "{new}"}),

The test that sends the request replaces the words in braces: with the IDs of a `Place`, or what only that
test knows, such as `{password}`. `{new}` and `{value}` are a new name and a new value; `{later}` is in two
months.
"""

from __future__ import annotations

import time
from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any, cast

from strongroom_core.access.action import Action, Plane
from strongroom_server.operations import authorization_table

from .places import State

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Request:
    """A request, without the headers that every request of its plane has.

    `state` is the state of the objects for which the request succeeds. `more` has optional members of a GET's
    query, or of the body for other methods. Every object that an operation takes is named in one of these.
    """

    method: str
    path: str
    body: Any = None
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])
    state: State = State.LIVE

    def fill(self, known: Mapping[str, str]) -> Request:
        """Return the request with its words in braces replaced; raise `KeyError` for an unknown one."""
        number = next(_numbers)
        fresh = {
            "new": f"new-{number}",
            "value": f"MARKER-fresh-{number}",
            "network": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        }
        words = ChainMap(cast("dict[str, str]", known), fresh)
        path = _filled(self.path, words)
        # Filling the path can create objects, whose times must not be later than this one.
        later = time.time() + 60 * 86_400 + next(_numbers)  # noqa: TID251 -- a moment to come, not a measurement
        fresh["later"] = datetime.fromtimestamp(later, UTC).isoformat()
        body, query = (_filled(each, words) for each in (self.body, self.query))
        return replace(self, path=path, body=body, query=query)

    def complete(self) -> Request:
        """Return the request with its optional members."""
        if self.method == "GET":
            return replace(self, query={**self.query, **self.more})
        return replace(self, body={**(self.body or {}), **self.more} if self.more else self.body)

    def variants(self) -> Iterator[Request]:
        """Yield the request without its optional members and, if it has any, with them."""
        yield self
        if self.more:
            yield self.complete()

    def names(self, word: str) -> bool:
        """Whether the path, body or query contains a word in braces."""
        return f"{{{word}}}" in str((self.path, self.body, self.query))


def _filled(part: Any, words: Mapping[str, str]) -> Any:
    if isinstance(part, str):
        return part.format_map(words)
    if isinstance(part, Mapping):
        return {name: _filled(each, words) for name, each in part.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(part, list):
        return [_filled(each, words) for each in part]  # pyright: ignore[reportUnknownVariableType]
    return part


get, post, put = partial(Request, "GET"), partial(Request, "POST"), partial(Request, "PUT")
patch, delete = partial(Request, "PATCH"), partial(Request, "DELETE")

_MADE = {"action": "project_create"}
"""Events about a vault's own objects; those of denials repeat any requested ID."""

_OBJECTS = {"project": "{project}", "target": "{secret}", "machine": "{machine}"}

_CONDITIONS = {
    "timeWindowEnabled": True,
    "timeWindowStart": "06:00",
    "timeWindowEnd": "20:00",
    "timeWindowTimezone": "Europe/Berlin",
    "timeWindowDays": [1, 2, 3, 4, 5],
    "coSignEnabled": True,
    "coSignMachineId": "{machine}",
    "coSignWindowSeconds": 300,
    "rateCapEnabled": True,
    "maxReadsPerMinute": 30,
}

_LIMITS = {
    "machines": 500,
    "projects": 200,
    "secrets": 50_000,
    "members": 100,
    "versions": None,
    "retentionDays": None,
    "webhooks": 20,
    "deliveriesPerDay": 10_000,
    "agents": 50,
    "sharesPerDay": None,
}

REQUESTS: Mapping[str, Request] = {
    # Public
    "signIn": post("/api/session", {"email": "{email}", "password": "{password}"}),
    "setUp": post(
        "/api/setup",
        {
            "token": "{setup_token}",
            "username": "{username}",
            "email": "{email}",
            "password": "{password}",
        },
    ),
    "signUp": post(
        "/api/sign-up",
        {"email": "{email}", "username": "{username}", "password": "{password}"},
        more={"invitation": "{invitation_token}"},
    ),
    "confirmSignUp": post(
        "/api/sign-up/confirm",
        {"token": "{verify_token}", "password": "{sign_up_password}"},
        more={"username": "{username}"},
    ),
    "forgotPassword": post("/api/password/forgot", {"email": "{email}"}),
    "resetPassword": post(
        "/api/password/reset", {"token": "{reset_token}", "password": "{password}"}
    ),
    "confirmEmail": post("/api/email/confirm", {"token": "{email_token}"}),
    "disownSession": post("/api/session/disown", {"token": "{not_me_token}"}),
    "cancelRecoveryByLink": post("/api/recovery/cancel", {"token": "{cancel_token}"}),
    "health": get("/health"),
    "healthLive": get("/health/live"),
    "listDownloads": get("/download"),
    "readDownload": get("/download/strongroom.txt"),
    "readReference": get("/docs"),
    "readReferenceFile": get("/docs/reference.css"),
    "healthReady": get("/health/ready"),
    "readMetrics": get("/metrics"),
    "readSharePage": get("/s/{locator}"),
    "openShare": post("/s/{locator}/open", {"linkKey": "{key}", "passphrase": "{passphrase}"}),
    "readDropBoxPage": get("/d/{box_locator}"),
    "useDropBox": post("/d/{box_locator}", {"linkKey": "{box_key}", "value": "{value}"}),
    "readOpenapi": get("/api/openapi.json"),
    "readBootstrapScript": get("/v1/bootstrap/{token}"),
    "registerMachine": post(
        "/v1/bootstrap/register",
        {"token": "{token}", "publicKey": "{public_key}", "hostname": "{new}"},
    ),
    "readTemporaryScript": get("/v1/{vault}/temp-bootstrap/{temporary_token}"),
    "registerTemporaryMachine": post(
        "/v1/{vault}/temp-bootstrap/register",
        {"token": "{temporary_token}", "publicKey": "{public_key}", "hostname": "{new}"},
    ),
    "readKeyFilePage": get("/v1/provision/{key_file_token}"),
    "downloadKeyFile": post("/v1/provision/{key_file_token}"),
    "enrollMachine": post(
        "/v1/{vault}/enroll/register",
        {"token": "{enrollment_secret}", "publicKey": "{public_key}", "hostname": "{new}"},
        more={"name": "{new}"},
    ),
    "enrollJob": post(
        "/v1/{vault}/enroll/oidc",
        {"idToken": "{id_token}", "publicKey": "{public_key}", "hostname": "{new}"},
        more={"trust": "{trust}"},
    ),
    "readAudience": get("/v1/{vault}/enroll/oidc", more={"trust": "{trust}"}),
    # The session
    "readSession": get("/api/session"),
    "signOut": delete("/api/session"),
    "stepUp": post("/api/session/step-up", {"password": "{password}"}),
    "stepUpOptions": post("/api/session/step-up-options"),
    "secondFactor": post("/api/session/second-factor", {"code": "{code}"}),
    "passkeyOptions": post("/api/session/passkey-options"),
    "passkey": post(
        "/api/session/passkey",
        {
            "passkey": {
                "id": "{credential}",
                "rawId": "{credential}",
                "type": "public-key",
                "response": {
                    "clientDataJSON": "{client_data}",
                    "authenticatorData": "{authenticator_data}",
                    "signature": "{signature}",
                },
            }
        },
    ),
    # The account
    "readFactors": get("/api/account/factors"),
    "createApp": post("/api/account/app"),
    "confirmApp": post("/api/account/app/confirm", {"code": "{code}"}),
    "deleteApp": delete("/api/account/app"),
    "createRecoveryCodes": post("/api/account/recovery-codes"),
    "optionsForPasskey": post("/api/account/options-for-passkey"),
    "createPasskey": post(
        "/api/account/passkeys",
        {
            "name": "{new}",
            "credential": {
                "id": "{credential}",
                "rawId": "{credential}",
                "type": "public-key",
                "response": {
                    "clientDataJSON": "{client_data}",
                    "attestationObject": "{attestation}",
                },
            },
        },
    ),
    "deletePasskey": delete("/api/account/passkeys/{passkey}"),
    # People's keys
    "createLoginRequest": post(
        "/api/login-requests",
        {"publicKey": "{public_key}", "hostname": "laptop", "client": "strongroom 1.0"},
        more={
            "suggested": {
                "name": "laptop",
                "lifetimeSeconds": 86_400,
                "looking": True,
                "vault": "ada's vault",
                "projects": ["shop/production"],
            }
        },
    ),
    "pollLoginRequest": post("/api/login-requests/poll"),
    "findLoginRequest": post("/api/login-requests/find", {"code": "{login_code}"}),
    "approveLoginRequest": post(
        "/api/login-requests/{login_request}/approve",
        {"code": "{login_code}", "lifetimeSeconds": 86_400},
        more={"name": "{new}", "looking": True},
    ),
    "denyLoginRequest": post("/api/login-requests/{login_request}/deny", {"code": "{login_code}"}),
    "listKeys": get("/api/keys"),
    "updateKey": patch("/api/keys/{person_key}", {"name": "{new}"}),
    "revokeKey": post("/api/keys/{person_key}/revoke"),
    "readOwnKey": get("/api/own-key"),
    "revokeOwnKey": post("/api/own-key/revoke"),
    "setFactorRequirement": put("/api/vault/second-factor", {"required": False}),
    "listSessions": get("/api/account/sessions"),
    "deleteSession": delete("/api/account/sessions/{other_session}"),
    "endOtherSessions": post("/api/account/end-other-sessions"),
    "listDevices": get("/api/account/devices"),
    "deleteDevice": delete("/api/account/devices/{device}"),
    "listAccountEvents": get("/api/account/events"),
    "readAccount": get("/api/account"),
    "updateAccount": patch("/api/account", {"username": "{new}"}),
    "changeEmail": post("/api/account/change-email", {"email": "{new}@example.org"}),
    "changePassword": post("/api/account/change-password", {"password": "{password}"}),
    "readClosing": get("/api/account/closing"),
    "cancelRecovery": post("/api/account/cancel-recovery"),
    "closeAccount": post("/api/account/close", {"vaults": []}, more={"deleteVaults": True}),
    # Applications
    "listApplications": get("/api/applications"),
    "createApplication": post(
        "/api/applications", {"name": "{new}", "environments": ["one", "two"]}
    ),
    "readApplication": get("/api/applications/{application}"),
    "updateApplication": patch("/api/applications/{application}", {"name": "{new}"}),
    "deleteApplication": delete("/api/applications/{application}"),
    # Projects
    "listProjectGroups": get("/api/projects/groups"),
    "countProjects": get("/api/projects/counts"),
    "listProjects": get("/api/projects", more={"application": "{application}"}),
    "createProject": post(
        "/api/projects",
        {"name": "{new}"},
        more={"applicationId": "{application}", "environment": "test"},
    ),
    "readProjectByPath": get("/api/projects/by-path", query={"path": "{project_path}"}),
    "readProject": get("/api/projects/{project}"),
    "updateProject": patch("/api/projects/{project}", {"description": "{new}"}),
    "moveProject": post(
        "/api/projects/{project}/move",
        {"applicationId": None, "environment": "test"},
        more={"applicationId": "{application}"},
    ),
    "deleteProject": delete("/api/projects/{project}", query={"confirmName": "{project_name}"}),
    "restoreProject": post("/api/projects/{project}/restore", state=State.TRASHED),
    "purgeProject": post("/api/projects/{project}/purge", state=State.TRASHED),
    "freezeProject": post("/api/projects/{project}/freeze", {"reason": "{new}"}),
    "createIncidentNote": post(
        "/api/projects/{project}/incident-notes", {"note": "{new}"}, state=State.FROZEN
    ),
    "readRecovery": get("/api/projects/{project}/recovery", state=State.FROZEN),
    "readProjectSummary": get("/api/projects/{project}/summary"),
    "unfreezeProject": post(
        "/api/projects/{project}/unfreeze", {"reason": "{new}"}, state=State.FROZEN
    ),
    # Machines
    "createRegistrationToken": post("/api/registration-tokens"),
    "listMachines": get("/api/machines"),
    "countMachines": get("/api/machines/counts"),
    "readMachine": get("/api/machines/{machine}"),
    "readMachineUsage": get("/api/machines/{machine}/usage"),
    "updateMachine": patch("/api/machines/{machine}", {"name": "{new}"}),
    "revokeMachine": post("/api/machines/{machine}/revoke"),
    "approveMachine": post("/api/machines/{pending}/approve", {}, more={"replaces": "{machine}"}),
    "denyMachine": post("/api/machines/{pending}/deny"),
    "enableMachine": post("/api/machines/{machine}/enable"),
    "disableMachine": post("/api/machines/{machine}/disable"),
    "createMachine": post(
        "/api/machines",
        {"name": "{new}"},
        more={"projectIds": ["{project}"], "secretIds": ["{secret}"], "folder": "/etc/strongroom"},
    ),
    "createTemporaryMachineToken": post(
        "/api/temporary-machine-tokens",
        {"machineLifetimeSeconds": 86_400},
        more={
            "name": "{new}",
            "tokenLifetimeSeconds": 3600,
            "guardrails": {
                "countries": ["NO"],
                "window": {
                    "start": "08:00",
                    "end": "18:00",
                    "zone": "Europe/Oslo",
                    "days": [1, 2, 3, 4, 5],
                },
            },
        },
    ),
    "listExtensions": get("/api/machines/{temporary}/extensions"),
    "extendMachine": post(
        "/api/machines/{temporary}/extend", {"expiresAt": "{later}", "reason": "{new}"}
    ),
    "revertExtension": post("/api/machines/{temporary}/revert-extension"),
    "setGuardrails": put("/api/machines/{temporary}/guardrails", {"cidrs": ["127.0.0.0/8"]}),
    "createEnrollmentToken": post(
        "/api/enrollment-tokens",
        {
            "name": "{new}",
            "tokenLifetimeSeconds": 86_400,
            "machineLifetimeSeconds": 3600,
            "maxUses": 10,
        },
        more={
            "projectIds": ["{project}"],
            "secretIds": ["{secret}"],
            "description": "{new}",
            "hostnamePattern": "new-[0-9]+|shop.*",
            "nameTemplate": "{{hostname}}-{{uuid8}}",
        },
    ),
    "listEnrollmentTokens": get("/api/enrollment-tokens"),
    "readEnrollmentToken": get("/api/enrollment-tokens/{enrollment_token}"),
    "revokeEnrollmentToken": post("/api/enrollment-tokens/{enrollment_token}/revoke"),
    "listProjectsOfMachine": get("/api/machines/{machine}/projects"),
    "listAttachments": get("/api/projects/{project}/machines"),
    "attachMachine": put("/api/projects/{project}/machines/{machine}"),
    "detachMachine": delete("/api/projects/{project}/machines/{machine}"),
    "listGrants": get("/api/projects/{project}/machines/{machine}/grants"),
    "setGrants": put(
        "/api/projects/{project}/machines/{machine}/grants",
        {"grants": [{"secretId": "{secret}"}]},
    ),
    "updateGrants": patch(
        "/api/projects/{project}/grants",
        {"changes": [{"machineId": "{machine}", "secretId": "{secret}", "access": "all"}]},
    ),
    # Policies
    "listPolicies": get("/api/projects/{project}/policies"),
    "createPolicy": post(
        "/api/projects/{project}/policies", {"name": "{new}", "conditions": _CONDITIONS}
    ),
    "describePolicy": post(
        "/api/projects/{project}/policies/describe", {"conditions": _CONDITIONS}
    ),
    "readPolicy": get("/api/policies/{policy}"),
    "updatePolicy": patch("/api/policies/{policy}", {"conditions": _CONDITIONS}),
    "deletePolicy": delete("/api/policies/{policy}"),
    "enforcePolicy": post("/api/policies/{policy}/enforce"),
    "shadowPolicy": post("/api/policies/{policy}/shadow"),
    "suspendPolicy": post("/api/policies/{policy}/suspend", {"reason": "{new}"}),
    "listPolicySecrets": get("/api/policies/{policy}/secrets"),
    "applyPolicy": post("/api/policies/{policy}/apply", {"secretIds": ["{secret}"]}),
    "removePolicy": post("/api/policies/{policy}/remove", {"secretIds": ["{secret}"]}),
    "readPolicyReport": get("/api/policies/{policy}/report"),
    # Explanations
    "explainRead": post("/api/secrets/{secret}/explain", {"machineId": "{machine}"}),
    "listSecretAccess": get("/api/secrets/{secret}/access"),
    "listMachineAccess": get("/api/machines/{machine}/access"),
    "listProjectAccess": get("/api/projects/{project}/access"),
    "exportSecretAccess": get("/api/secrets/{secret}/access/export"),
    "exportMachineAccess": get("/api/machines/{machine}/access/export"),
    "exportProjectAccess": get("/api/projects/{project}/access/export"),
    # The IP allowlist
    "readAllowlist": get("/api/ip-allowlist"),
    "createAllowlistEntry": post("/api/ip-allowlist/entries", {"network": "{network}"}),
    "deleteAllowlistEntry": delete("/api/ip-allowlist/entries/{allowlist_entry}"),
    "enableAllowlist": post("/api/ip-allowlist/enable", {"allowEmpty": True}),
    "disableAllowlist": post("/api/ip-allowlist/disable"),
    # Trusted issuers
    "listTrusts": get("/api/trusts"),
    "createTrust": post(
        "/api/trusts",
        {
            "name": "{new}",
            "template": "github",
            "issuer": "https://issuer.example",
            "keys": "{key_set}",
            "audience": "strongroom",
            "conditions": {"sub": "repo:acme/*"},
            "projectIds": ["{project}"],
            "secretIds": ["{secret}"],
            "machineLifetimeSeconds": 3600,
            "maxMachines": 100,
        },
    ),
    "readTrust": get("/api/trusts/{trust}"),
    "revokeTrust": post("/api/trusts/{trust}/revoke"),
    "checkToken": post("/api/trusts/{trust}/check", {"token": '{{"sub": "someone"}}'}),
    # Alerts and webhooks
    "readAlertRules": get("/api/alerts"),
    "setAlertRules": put(
        "/api/alerts/rules", {"rules": ["mail severity:critical"], "mailMembers": []}
    ),
    "muteAlerts": post("/api/alerts/mute", {"quietFrom": 1320, "quietUntil": 420}),
    "listAlertTemplates": get("/api/alerts/templates"),
    "listWebhooks": get("/api/webhooks"),
    "createWebhook": post(
        "/api/webhooks",
        {
            "name": "{new}",
            "template": "strongroom",
            "url": "https://hooks.example/strongroom",
            "actions": ["canary_triggered"],
        },
    ),
    "updateWebhook": patch("/api/webhooks/{webhook}", {"actions": ["severity:critical"]}),
    "rotateWebhook": post("/api/webhooks/{webhook}/rotate", {}),
    "testWebhook": post("/api/webhooks/{webhook}/test"),
    "listDeliveries": get("/api/webhooks/{webhook}/deliveries"),
    "replayDelivery": post("/api/webhooks/{webhook}/deliveries/{delivery}/replay"),
    "deleteWebhook": delete("/api/webhooks/{webhook}"),
    # Secrets
    "listSecrets": get("/api/projects/{project}/secrets"),
    "countSecrets": get("/api/projects/{project}/secrets/counts"),
    "listReaders": get("/api/secrets/{secret}/readers"),
    "createSecret": post("/api/projects/{project}/secrets", {"name": "{new}", "value": "{value}"}),
    "readSecretByPath": get("/api/secrets/by-path", query={"path": "{secret_path}"}),
    "readSecret": get("/api/secrets/{secret}"),
    "updateSecret": patch("/api/secrets/{secret}", {"note": "{new}"}),
    "replaceSecret": post("/api/secrets/{secret}/replace", {"value": "{value}"}),
    "rotateSecret": post("/api/secrets/{secret}/rotate", {}),
    "setRotation": put("/api/secrets/{secret}/rotation", {"length": 40}),
    "deleteRotation": delete("/api/secrets/{secret}/rotation"),
    "queueRotation": post("/api/secrets/{secret}/rotation/queue"),
    "listVersions": get("/api/secrets/{secret}/versions"),
    "rollBackSecret": post("/api/secrets/{secret}/rollback", {"version": 1}),
    "deleteSecret": delete("/api/secrets/{secret}"),
    "restoreSecret": post(
        "/api/secrets/{secret}/restore", {}, more={"giveBack": "all"}, state=State.TRASHED
    ),
    "purgeSecret": post("/api/secrets/{secret}/purge", state=State.TRASHED),
    "listTrash": get("/api/trash"),
    # Canaries
    "listCanaries": get("/api/projects/{project}/canaries"),
    "createCanary": post(
        "/api/projects/{project}/canaries",
        {"name": "{new}", "decoy": "cloud_key"},
        more={"freeze": True, "cascade": True, "machineIds": ["{machine}"]},
    ),
    "updateCanary": patch("/api/canaries/{canary}", {"enabled": True, "cascade": False}),
    "replantCanary": post("/api/canaries/{canary}/replant"),
    "drillCanary": post("/api/canaries/{canary}/drill"),
    # Shares and drop boxes
    "createShare": post("/api/shares", {"value": "{value}"}),
    "createProjectShare": post("/api/projects/{project}/shares", {"value": "{value}"}),
    "listShares": get("/api/shares", more={"project": "{project}"}),
    "countShares": get("/api/shares/counts", more={"project": "{project}"}),
    "readShare": get("/api/shares/{share}"),
    "revokeShare": post("/api/shares/{share}/revoke"),
    "createDropBox": post("/api/secrets/{secret}/drop-boxes", {"overwrite": True}),
    "listDropBoxes": get("/api/secrets/{secret}/drop-boxes"),
    "revokeDropBox": post("/api/secrets/{secret}/drop-boxes/{drop_box}/revoke"),
    # The audit log, the overview, search
    "listEntries": get("/api/audit", query=_MADE, more=_OBJECTS),
    "readEntry": get("/api/audit/{entry}"),
    "countReads": get("/api/audit/reads", query={"span": "24h"}),
    "streamEntries": get("/api/entries/stream", query={"seconds": "0"}, more=_OBJECTS),
    "exportEntries": get(
        "/api/audit/export",
        query={"format": "csv", **_MADE},
        more={"format": "ndjson", **_OBJECTS},
    ),
    "readOverview": get("/api/overview"),
    "readSignals": get("/api/overview/signals"),
    "search": get("/api/search", query={"q": "secret"}),
    # Vaults and plans
    "listOwnVaults": get("/api/vaults"),
    "createVault": post("/api/vaults", {"name": "{new}"}),
    "enterVault": post("/api/vaults/{own_vault}/enter"),
    "readVault": get("/api/vaults/{own_vault}"),
    "readWhatStops": get("/api/vaults/{own_vault}/would-stop"),
    "updateVault": patch("/api/vaults/{own_vault}", {"name": "{vault_name}"}),
    "convertVault": post("/api/vaults/{own_vault}/convert", {"name": "{vault_name}"}),
    "deleteVault": delete("/api/vaults/{own_vault}", query={"confirmName": "{vault_name}"}),
    "restoreVault": post("/api/vaults/{own_vault}/restore"),
    "readVaultPlan": get("/api/plan"),
    "choosePlan": post("/api/plan/choose", {"planId": "{plan}"}),
    # Members and roles
    "listMembers": get("/api/members"),
    "readMember": get("/api/members/{member}"),
    "previewMember": get("/api/members/{member}/preview?project={project}"),
    "previewRoles": get("/api/role-preview?vaultRole=developer&accessRole={access_role}"),
    "previewAccess": post(
        "/api/role-preview?project={project}",
        {"projectIds": ["{project}"], "rights": ["secrets.view:single"]},
        more={"applicationIds": ["{application}"]},
    ),
    "updateMember": patch(
        "/api/members/{member}",
        {"vaultRole": "collaborator"},
        more={"accessRoleId": "{access_role}", "endsAt": "{later}"},
    ),
    "suspendMember": post("/api/members/{member}/suspend", {}, more={"reason": "{new}"}),
    "resumeMember": post("/api/members/{suspended}/resume"),
    "removeMember": delete("/api/members/{member}"),
    "transferOwnership": post(
        "/api/members/{member}/make-owner",
        {"stayOwner": True},
        more={"accessRoleId": "{access_role}"},
    ),
    "leaveVault": post("/api/leave-vault"),
    "listProjectMembers": get("/api/projects/{project}/members"),
    "listHolders": get("/api/capabilities/machines.manage/members"),
    "listInvitations": get("/api/invitations"),
    "createInvitation": post(
        "/api/invitations",
        {"email": "{new}@example.org", "vaultRole": "developer"},
        more={"accessRoleId": "{access_role}", "endsAt": "{later}"},
    ),
    "resendInvitation": post("/api/invitations/{invitation}/resend"),
    "withdrawInvitation": delete("/api/invitations/{invitation}"),
    "listOwnInvitations": get("/api/account/invitations"),
    "acceptInvitation": post(
        "/api/account/invitations/{own_invitation}/accept",
        {},
        more={"token": "{invitation_token}"},
    ),
    "declineInvitation": post(
        "/api/account/invitations/{own_invitation}/decline",
        {},
        more={"token": "{invitation_token}"},
    ),
    "openInvitation": post("/api/invitations/open", {"token": "{invitation_token}"}),
    "listAccessRoles": get("/api/access-roles"),
    "createAccessRole": post(
        "/api/access-roles",
        {"name": "{new}", "rights": ["secrets.view:single"]},
        more={"projectIds": ["{project}"], "applicationIds": ["{application}"]},
    ),
    "readAccessRole": get("/api/access-roles/{access_role}"),
    "updateAccessRole": put(
        "/api/access-roles/{access_role}",
        {"name": "{new}", "rights": ["secrets.view:single"]},
        more={"projectIds": ["{project}"], "applicationIds": ["{application}"]},
    ),
    "deleteAccessRole": delete("/api/access-roles/{access_role}"),
    "listVaultRoles": get("/api/vault-roles"),
    "createVaultRole": post(
        "/api/vault-roles", {"name": "{new}", "capabilities": ["machines.view"]}
    ),
    "readVaultRole": get("/api/vault-roles/{vault_role}"),
    "updateVaultRole": put(
        "/api/vault-roles/{vault_role}", {"name": "{new}", "capabilities": ["audit.view"]}
    ),
    "deleteVaultRole": delete("/api/vault-roles/{vault_role}"),
    # The administrator
    "readInstallation": get("/api/operator"),
    "listAccounts": get("/api/operator/accounts"),
    "readOverseenAccount": get("/api/operator/accounts/{account}"),
    "suspendAccount": post("/api/operator/accounts/{account}/suspend", {"reason": "{new}"}),
    "reactivateAccount": post("/api/operator/accounts/{account}/reactivate"),
    "startRecovery": post("/api/operator/accounts/{account}/start-recovery", {"reason": "{new}"}),
    "stopRecovery": post("/api/operator/accounts/{account}/stop-recovery"),
    "listVaults": get("/api/operator/vaults"),
    "listPlans": get("/api/operator/plans"),
    "createPlan": post(
        "/api/operator/plans", {"name": "{new}", "limits": _LIMITS}, more={"selfService": True}
    ),
    "updatePlan": patch("/api/operator/plans/{plan}", {"name": "{new}"}),
    "deletePlan": delete("/api/operator/plans/{plan}"),
    "givePlan": post("/api/operator/plans/{plan}/give", {"vaultId": "{own_vault}"}),
    "closeSignUp": post("/api/operator/sign-up/close"),
    "openSignUp": post("/api/operator/sign-up/open"),
    "createSignUpLink": post("/api/operator/sign-up/link", {"email": "{waiting_email}"}),
    "testMail": post("/api/operator/mail/test"),
    "listInstallationEntries": get(
        "/api/operator/log", query={"action": "plan_create"}, more=_OBJECTS
    ),
    # Machines, signed
    "readSecretValue": get("/v1/secret/{secret}"),
    "exportSecrets": post("/v1/secrets/export", {"projectId": "{project}"}),
    "listGranted": get("/v1/secrets"),
    "listGrantedOfProject": post("/v1/secrets/list", {"projectId": "{project}"}),
    "listMachineProjects": get("/v1/cli/projects"),
    "listMachineSecrets": get("/v1/cli/secrets"),
    "verifyAccess": post("/v1/verify-access", {"projectId": "{project}"}),
    "pollSecrets": post("/v1/secrets/poll", {"watch": ["{secret}"]}),
    "explainOwnRead": post("/v1/explain", {"secretId": "{secret}"}),
    "rotateMachineKey": post(
        "/v1/machine/rotate-key", {"publicKey": "{public_key}", "proof": "{proof}"}
    ),
}

OVER_HTTP = frozenset({Plane.PUBLIC, Plane.HUMAN, Plane.MACHINE})


def actions_of(plane: Plane) -> dict[str, Action | None]:
    """Return a plane's operations from the authorization table, and their actions."""
    table = authorization_table()
    return {name: each.action for name, each in table.items() if each.plane is plane}


UNDONE = {
    "choosePlan": "delete from vault_plan",
    "closeSignUp": "delete from installation_setting",
    "deleteVault": "update vault set deleted_at = null, deleted_by = null",
    "setFactorRequirement": "update vault set second_factor_required = false",
    "givePlan": "delete from vault_plan",
    "transferOwnership": "update member m set vault_role = 'developer' from account a"
    " where a.id = m.account and a.username like 'member-%' and m.vault_role = 'owner'",
}
"""The statements that undo an operation which would change the expected responses of others."""
