"""One well-formed request for every operation of the human plane, about a given place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from .places import Place

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, without the headers that every request has."""

    method: str
    path: str
    body: dict[str, Any] | None = None
    query: dict[str, str] = field(default_factory=dict[str, str])


def _fresh(what: str) -> str:
    return f"{what} {next(_numbers)}"


def _value() -> str:
    """A value without a marker to note: the answers are searched for this word."""
    return f"MARKER-asked-{next(_numbers)}"


def _about(place: Place) -> dict[str, str]:
    return {"project": place.project, "target": place.secret, "machine": place.machine}


Maker = Callable[[Place, str], Ask]
"""Takes the place and the password of whoever asks."""

_get, _post = "GET", "POST"
_REASON = {"reason": "the matrix asks"}
_MADE = {"action": "project_create"}
"""Entries that name one's own things: those of refusals name whatever id one asked for."""

MAKERS: Mapping[str, Maker] = {
    # The session
    "readSession": lambda _p, _w: Ask(_get, "/api/session"),
    "logOut": lambda _p, _w: Ask("DELETE", "/api/session"),
    "stepUp": lambda _p, word: Ask(_post, "/api/session/step-up", {"password": word}),
    # Applications
    "listApplications": lambda _p, _w: Ask(_get, "/api/applications"),
    "createApplication": lambda _p, _w: Ask(
        _post, "/api/applications", {"name": _fresh("app"), "environments": ["one", "two"]}
    ),
    "readApplication": lambda p, _: Ask(_get, f"/api/applications/{p.application}"),
    "updateApplication": lambda p, _: Ask(
        "PATCH", f"/api/applications/{p.application}", {"name": _fresh("app")}
    ),
    "deleteApplication": lambda p, _: Ask("DELETE", f"/api/applications/{p.application}"),
    # Projects
    "listProjects": lambda _p, _w: Ask(_get, "/api/projects"),
    "createProject": lambda _p, _w: Ask(_post, "/api/projects", {"name": _fresh("project")}),
    "readProject": lambda p, _: Ask(_get, f"/api/projects/{p.project}"),
    "updateProject": lambda p, _: Ask(
        "PATCH", f"/api/projects/{p.project}", {"description": _fresh("text")}
    ),
    "moveProject": lambda p, _: Ask(
        _post, f"/api/projects/{p.project}/move", {"applicationId": None, "environment": "test"}
    ),
    "deleteProject": lambda p, _: Ask(
        _post, f"/api/projects/{p.project}/delete", {"confirmName": p.project_name}
    ),
    "restoreProject": lambda p, _: Ask(_post, f"/api/projects/{p.project}/restore"),
    "purgeProject": lambda p, _: Ask(_post, f"/api/projects/{p.project}/purge"),
    "freezeProject": lambda p, _: Ask(_post, f"/api/projects/{p.project}/freeze", _REASON),
    "explainFreeze": lambda p, _: Ask(
        _post, f"/api/projects/{p.project}/explain", {"account": "the matrix tells"}
    ),
    "readRecovery": lambda p, _: Ask(_get, f"/api/projects/{p.project}/recovery"),
    "weighProject": lambda p, _: Ask(_get, f"/api/projects/{p.project}/weight"),
    "unfreezeProject": lambda p, _: Ask(_post, f"/api/projects/{p.project}/unfreeze", _REASON),
    # Machines
    "createBootstrapToken": lambda _p, _w: Ask(_post, "/api/machines/bootstrap"),
    "listMachines": lambda _p, _w: Ask(_get, "/api/machines"),
    "countMachines": lambda _p, _w: Ask(_get, "/api/machines/counts"),
    "readMachine": lambda p, _: Ask(_get, f"/api/machines/{p.machine}"),
    "readMachineUse": lambda p, _: Ask(_get, f"/api/machines/{p.machine}/use"),
    "renameMachine": lambda p, _: Ask(
        "PATCH", f"/api/machines/{p.machine}", {"name": _fresh("machine")}
    ),
    "revokeMachine": lambda p, _: Ask("DELETE", f"/api/machines/{p.machine}"),
    "approveMachine": lambda p, _: Ask(_post, f"/api/machines/{p.pending}/approve", {}),
    "denyMachine": lambda p, _: Ask(_post, f"/api/machines/{p.pending}/deny"),
    "enableMachine": lambda p, _: Ask(_post, f"/api/machines/{p.machine}/enable"),
    "disableMachine": lambda p, _: Ask(_post, f"/api/machines/{p.machine}/disable"),
    "listProjectsOfMachine": lambda p, _: Ask(_get, f"/api/machines/{p.machine}/projects"),
    "listAttachments": lambda p, _: Ask(_get, f"/api/projects/{p.project}/machines"),
    "attachMachine": lambda p, _: Ask("PUT", f"/api/projects/{p.project}/machines/{p.machine}"),
    "detachMachine": lambda p, _: Ask("DELETE", f"/api/projects/{p.project}/machines/{p.machine}"),
    "listGrants": lambda p, _: Ask(_get, f"/api/projects/{p.project}/machines/{p.machine}/grants"),
    "setGrants": lambda p, _: Ask(
        "PUT",
        f"/api/projects/{p.project}/machines/{p.machine}/grants",
        {"grants": [{"secretId": p.secret}]},
    ),
    # Secrets
    "listSecrets": lambda p, _: Ask(_get, f"/api/projects/{p.project}/secrets"),
    "countSecrets": lambda p, _: Ask(_get, f"/api/projects/{p.project}/secrets/counts"),
    "listReaders": lambda p, _: Ask(_get, f"/api/secrets/{p.secret}/readers"),
    "createSecret": lambda p, _: Ask(
        _post, f"/api/projects/{p.project}/secrets", {"name": _fresh("S"), "value": _value()}
    ),
    "readSecret": lambda p, _: Ask(_get, f"/api/secrets/{p.secret}"),
    "updateSecret": lambda p, _: Ask("PATCH", f"/api/secrets/{p.secret}", {"note": _fresh("n")}),
    "replaceSecret": lambda p, _: Ask("PUT", f"/api/secrets/{p.secret}/value", {"value": _value()}),
    "rotateSecret": lambda p, _: Ask(_post, f"/api/secrets/{p.secret}/rotate", {}),
    "listVersions": lambda p, _: Ask(_get, f"/api/secrets/{p.secret}/versions"),
    "rollBackSecret": lambda p, _: Ask(_post, f"/api/secrets/{p.secret}/rollback", {"version": 1}),
    "deleteSecret": lambda p, _: Ask("DELETE", f"/api/secrets/{p.secret}"),
    "restoreSecret": lambda p, _: Ask(_post, f"/api/secrets/{p.secret}/restore"),
    "purgeSecret": lambda p, _: Ask(_post, f"/api/secrets/{p.secret}/purge"),
    # The trash
    "listTrash": lambda _p, _w: Ask(_get, "/api/trash"),
    # The record, the overview, search
    "listEntries": lambda _p, _w: Ask(_get, "/api/audit", query=_MADE),
    "readEntry": lambda p, _: Ask(_get, f"/api/audit/{p.entry}"),
    "readsOverTime": lambda _p, _w: Ask(_get, "/api/audit/reads", query={"span": "24h"}),
    "exportEntries": lambda _p, _w: Ask(
        _get, "/api/audit/export", query={"format": "csv", **_MADE}
    ),
    "readOverview": lambda _p, _w: Ask(_get, "/api/overview"),
    "search": lambda _p, _w: Ask(_get, "/api/search", query={"q": "secret"}),
}

WITH_EVERY_ID: Mapping[str, Maker] = {
    **MAKERS,
    "listProjects": lambda p, _: Ask(_get, "/api/projects", query={"application": p.application}),
    "listEntries": lambda p, _: Ask(_get, "/api/audit", query=_MADE | _about(p)),
    "exportEntries": lambda p, _: Ask(
        _get, "/api/audit/export", query={"format": "ndjson"} | _MADE | _about(p)
    ),
    "createProject": lambda p, _: Ask(
        _post,
        "/api/projects",
        {"name": _fresh("project"), "applicationId": p.application, "environment": "test"},
    ),
    "moveProject": lambda p, _: Ask(
        _post,
        f"/api/projects/{p.project}/move",
        {"applicationId": p.application, "environment": "test"},
    ),
    "approveMachine": lambda p, _: Ask(
        _post, f"/api/machines/{p.pending}/approve", {"replaces": p.machine}
    ),
}
"""The same, naming an object wherever an operation takes one."""
