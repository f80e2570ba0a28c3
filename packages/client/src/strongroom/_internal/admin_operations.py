"""Every operation for people, written once, as steps. `Admin` and `AsyncAdmin` run them.

The names are the `operationId`s of the OpenAPI document, in snake case; a test compares them. The last
group combines several of them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import NoneType
from typing import Literal, TypeAlias, TypeVar, cast

from strongroom._internal import admin_calls as calls
from strongroom._internal.admin_bodies import (
    AccessChange,
    Charset,
    Generate,
    Text,
    change_of,
    content,
    shared,
)
from strongroom._internal.admin_calls import PeoplesCall
from strongroom._internal.admin_views import (
    Application,
    Attachment,
    Entry,
    Grant,
    GrantsChanged,
    Machine,
    NewShare,
    OwnKey,
    Page,
    Project,
    Reader,
    RegistrationToken,
    Secret,
    SecretVersion,
    Share,
)
from strongroom._internal.exchange import Patience, exchange, person_request, understood
from strongroom._internal.person_key import PersonKey
from strongroom._internal.refusals import refusal_to_person
from strongroom._internal.steps import Steps
from strongroom.errors import Ambiguous, BrowserRequired, NotFound

T = TypeVar("T")
ProjectAddress: TypeAlias = str
"""`application/project`, the name of a standalone project, or an ID."""

_PROJECT_ID = re.compile(r"proj_[a-z2-7]{16}")
_SECRET_ID = re.compile(r"sk_[a-z2-7]{16}")
_MACHINE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(slots=True)
class AdminOperations:
    """What a person can do with a key."""

    key: PersonKey
    patience: Patience

    # The key ---------------------------------------------------------------------------------------

    def read_own_key(self) -> Steps[OwnKey]:
        """Return the key that signs the requests: for whom it acts, in which vault, and until when."""
        return (yield from self._call(calls.READ_OWN_KEY))

    def revoke_own_key(self) -> Steps[None]:
        """Revoke the key that signs the requests, as `strongroom logout` does."""
        yield from self._call(calls.REVOKE_OWN_KEY)

    # Projects --------------------------------------------------------------------------------------

    def list_applications(
        self, *, q: str | None = None, cursor: str | None = None, limit: int | None = None
    ) -> Steps[Page[Application]]:
        """List applications, by name. `q` is any part of a name."""
        query = {"q": q, "cursor": cursor, "limit": limit}
        return (yield from self._call(calls.LIST_APPLICATIONS, query=query))

    def list_projects(
        self,
        *,
        q: str | None = None,
        frozen: bool | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Steps[Page[Project]]:
        """List projects, by name. `q` is any part of a name."""
        query = {"q": q, "frozen": frozen, "cursor": cursor, "limit": limit}
        return (yield from self._call(calls.LIST_PROJECTS, query=query))

    def read_project(self, project_id: str) -> Steps[Project]:
        """Return a project."""
        return (yield from self._call(calls.READ_PROJECT, project_id))

    def read_project_by_path(self, path: str) -> Steps[Project]:
        """Return the project at `application/project`, or with the name of a standalone project."""
        return (yield from self._call(calls.READ_PROJECT_BY_PATH, query={"path": path}))

    def create_project(
        self,
        name: str,
        *,
        application_id: str | None = None,
        environment: str | None = None,
        description: str | None = None,
    ) -> Steps[Project]:
        """Create a project, in an application or standalone."""
        body = {
            "name": name,
            "applicationId": application_id,
            "environment": environment,
            "description": description,
        }
        return (yield from self._call(calls.CREATE_PROJECT, body=body))

    def freeze_project(self, project_id: str, reason: str) -> Steps[Project]:
        """Freeze a project: nothing can be read from it until someone unfreezes it."""
        return (yield from self._call(calls.FREEZE_PROJECT, project_id, body={"reason": reason}))

    def unfreeze_project(self, project_id: str, reason: str) -> Steps[Project]:
        """Unfreeze a project. Raises `StepUpRequired` with a key: it must be done in the browser."""
        return (yield from self._call(calls.UNFREEZE_PROJECT, project_id, body={"reason": reason}))

    # Secrets ---------------------------------------------------------------------------------------

    def list_secrets(
        self,
        project_id: str,
        *,
        q: str | None = None,
        tag: str | None = None,
        environment: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Steps[Page[Secret]]:
        """List a project's secrets, by name, without values. `q` is any part of a name, note or tag."""
        query = {"q": q, "tag": tag, "environment": environment, "cursor": cursor, "limit": limit}
        return (yield from self._call(calls.LIST_SECRETS, project_id, query=query))

    def read_secret(self, secret_id: str) -> Steps[Secret]:
        """Return a secret's metadata."""
        return (yield from self._call(calls.READ_SECRET, secret_id))

    def read_secret_by_path(self, path: str) -> Steps[Secret]:
        """Return the metadata of the secret at `application/project/NAME` or `project/NAME`."""
        return (yield from self._call(calls.READ_SECRET_BY_PATH, query={"path": path}))

    def create_secret(
        self,
        project_id: str,
        name: str,
        *,
        value: Text | None = None,
        fields: Mapping[str, Text] | None = None,
        generate: Generate | None = None,
        note: str | None = None,
        tags: Sequence[str] | None = None,
        environment: str | None = None,
    ) -> Steps[Secret]:
        """Create a secret, with a value, with fields, or with a generated value. Raises `Conflict`."""
        body = {
            "name": name,
            "kind": None if fields is None else "structured",
            **content(value, fields, generate),
            "note": note,
            "tags": None if tags is None else list(tags),
            "environment": environment,
        }
        return (yield from self._call(calls.CREATE_SECRET, project_id, body=body))

    def update_secret(
        self,
        secret_id: str,
        *,
        name: str | None = None,
        note: str | None = None,
        tags: Sequence[str] | None = None,
        environment: str | None = None,
    ) -> Steps[Secret]:
        """Rename a secret, or change its note, tags or environment. An empty text removes a member."""
        body = {
            "name": name,
            "note": note,
            "tags": None if tags is None else list(tags),
            "environment": environment,
        }
        return (yield from self._call(calls.UPDATE_SECRET, secret_id, body=body))

    def replace_secret(
        self,
        secret_id: str,
        *,
        value: Text | None = None,
        fields: Mapping[str, Text] | None = None,
        generate: Generate | None = None,
        remove_fields: Sequence[str] | None = None,
    ) -> Steps[Secret]:
        """Store a new version of a value. Fields that aren't given don't change."""
        body = {
            **content(value, fields, generate),
            "removeFields": None if remove_fields is None else list(remove_fields),
        }
        return (yield from self._call(calls.REPLACE_SECRET, secret_id, body=body))

    def rotate_secret(
        self,
        secret_id: str,
        *,
        length: int | None = None,
        charset: Charset | None = None,
        fields: Sequence[str] | None = None,
    ) -> Steps[Secret]:
        """Generate a new version of a value, or of some fields."""
        body = {
            "length": length,
            "charset": charset,
            "fields": None if fields is None else list(fields),
        }
        return (yield from self._call(calls.ROTATE_SECRET, secret_id, body=body))

    def roll_back_secret(self, secret_id: str, version: int) -> Steps[Secret]:
        """Store an earlier version's value as a new version."""
        return (yield from self._call(calls.ROLL_BACK_SECRET, secret_id, body={"version": version}))

    def delete_secret(self, secret_id: str) -> Steps[None]:
        """Move a secret to the trash, for 30 days."""
        yield from self._call(calls.DELETE_SECRET, secret_id)

    def list_versions(
        self, secret_id: str, *, cursor: str | None = None, limit: int | None = None
    ) -> Steps[Page[SecretVersion]]:
        """List a secret's versions, newest first, without values."""
        query = {"cursor": cursor, "limit": limit}
        return (yield from self._call(calls.LIST_VERSIONS, secret_id, query=query))

    def list_readers(
        self, secret_id: str, *, cursor: str | None = None, limit: int | None = None
    ) -> Steps[Page[Reader]]:
        """List the machines that can read a secret."""
        query = {"cursor": cursor, "limit": limit}
        return (yield from self._call(calls.LIST_READERS, secret_id, query=query))

    # Machines --------------------------------------------------------------------------------------

    def list_machines(
        self,
        *,
        q: str | None = None,
        state: str | None = None,
        pending: bool | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Steps[Page[Machine]]:
        """List machines. `state` is `pending`, `enabled`, `disabled` or `expired`."""
        query = {"q": q, "state": state, "pending": pending, "cursor": cursor, "limit": limit}
        return (yield from self._call(calls.LIST_MACHINES, query=query))

    def read_machine(self, machine_id: str) -> Steps[Machine]:
        """Return a machine."""
        return (yield from self._call(calls.READ_MACHINE, machine_id))

    def create_registration_token(self) -> Steps[RegistrationToken]:
        """Create a token with which `strongroom.bootstrap` registers one machine within ten minutes."""
        return (yield from self._call(calls.CREATE_REGISTRATION_TOKEN))

    def approve_machine(self, machine_id: str, *, replaces: str | None = None) -> Steps[Machine]:
        """Approve a pending machine. Compare its fingerprint first. `replaces` is the ID of an old one."""
        return (
            yield from self._call(calls.APPROVE_MACHINE, machine_id, body={"replaces": replaces})
        )

    def deny_machine(self, machine_id: str) -> Steps[None]:
        """Deny a pending machine, which removes it."""
        yield from self._call(calls.DENY_MACHINE, machine_id)

    def enable_machine(self, machine_id: str) -> Steps[Machine]:
        """Enable a disabled machine."""
        return (yield from self._call(calls.ENABLE_MACHINE, machine_id))

    def disable_machine(self, machine_id: str) -> Steps[Machine]:
        """Disable a machine: its next request is denied."""
        return (yield from self._call(calls.DISABLE_MACHINE, machine_id))

    def revoke_machine(self, machine_id: str) -> Steps[None]:
        """Revoke a machine: its key is never accepted again."""
        yield from self._call(calls.REVOKE_MACHINE, machine_id)

    # Grants ----------------------------------------------------------------------------------------

    def list_attachments(
        self, project_id: str, *, cursor: str | None = None, limit: int | None = None
    ) -> Steps[Page[Attachment]]:
        """List the machines that are attached to a project."""
        query = {"cursor": cursor, "limit": limit}
        return (yield from self._call(calls.LIST_ATTACHMENTS, project_id, query=query))

    def list_projects_of_machine(self, machine_id: str) -> Steps[tuple[Attachment, ...]]:
        """List the projects to which a machine is attached."""
        return (yield from self._call(calls.LIST_PROJECTS_OF_MACHINE, machine_id)).items

    def attach_machine(self, project_id: str, machine_id: str) -> Steps[Attachment]:
        """Attach a machine to a project. Then it can be granted the project's secrets."""
        return (yield from self._call(calls.ATTACH_MACHINE, project_id, machine_id))

    def detach_machine(self, project_id: str, machine_id: str) -> Steps[None]:
        """Detach a machine from a project, with all its grants there."""
        yield from self._call(calls.DETACH_MACHINE, project_id, machine_id)

    def list_grants(self, project_id: str, machine_id: str) -> Steps[tuple[Grant, ...]]:
        """List what a machine can read in a project."""
        return (yield from self._call(calls.LIST_GRANTS, project_id, machine_id)).grants

    def update_grants(
        self, project_id: str, changes: Iterable[AccessChange]
    ) -> Steps[GrantsChanged]:
        """Change who can read what in a project. All other grants are kept."""
        body = {"changes": [change_of(each) for each in changes]}
        return (yield from self._call(calls.UPDATE_GRANTS, project_id, body=body))

    # The audit log ---------------------------------------------------------------------------------

    def list_entries(  # noqa: PLR0913 -- each filter is a parameter of the query
        self,
        *,
        action: str | None = None,
        severity: str | None = None,
        outcome: str | None = None,
        actor: str | None = None,
        target: str | None = None,
        machine: str | None = None,
        project: str | None = None,
        q: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        order: Literal["newest", "oldest"] | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Steps[Page[Entry]]:
        """List events, newest first. `project`, `machine` and `target` are IDs."""
        query = {
            "action": action,
            "severity": severity,
            "outcome": outcome,
            "actor": actor,
            "target": target,
            "machine": machine,
            "project": project,
            "q": q,
            "since": since,
            "until": until,
            "order": order,
            "cursor": cursor,
            "limit": limit,
        }
        return (yield from self._call(calls.LIST_ENTRIES, query=query))

    # Shares ----------------------------------------------------------------------------------------

    def list_shares(
        self, *, state: str | None = None, cursor: str | None = None, limit: int | None = None
    ) -> Steps[Page[Share]]:
        """List one-time shares, newest first, without their links."""
        query = {"state": state, "cursor": cursor, "limit": limit}
        return (yield from self._call(calls.LIST_SHARES, query=query))

    def create_share(
        self,
        value: Text | None = None,
        *,
        file_name: str | None = None,
        file_content: Text | None = None,
        label: str | None = None,
        lifetime_seconds: int | None = None,
        tries: int | None = None,
    ) -> Steps[NewShare]:
        """Share a text or a file of at most 100 KB, which one person can open once.

        `file_content` is the file in base64. The lifetime is 60 to 86,400 seconds.
        """
        body = shared(value, file_name, file_content, label, lifetime_seconds, tries)
        return (yield from self._call(calls.CREATE_SHARE, body=body))

    def create_project_share(
        self,
        project_id: str,
        value: Text | None = None,
        *,
        file_name: str | None = None,
        file_content: Text | None = None,
        label: str | None = None,
        lifetime_seconds: int | None = None,
        tries: int | None = None,
    ) -> Steps[NewShare]:
        """Create a share that is listed with a project."""
        body = shared(value, file_name, file_content, label, lifetime_seconds, tries)
        return (yield from self._call(calls.CREATE_PROJECT_SHARE, project_id, body=body))

    def revoke_share(self, share_id: str) -> Steps[Share]:
        """Revoke a share that nobody has opened."""
        return (yield from self._call(calls.REVOKE_SHARE, share_id))

    # Combined --------------------------------------------------------------------------------------

    def find_project(self, address: ProjectAddress) -> Steps[Project]:
        """Return the project at `application/project`, with a standalone project's name, or with an ID."""
        if _PROJECT_ID.fullmatch(address):
            return (yield from self.read_project(address))
        return (yield from self.read_project_by_path(address))

    def find_secret(self, address: str) -> Steps[Secret]:
        """Return the secret at `application/project/NAME` or `project/NAME`, or with an ID."""
        if _SECRET_ID.fullmatch(address):
            return (yield from self.read_secret(address))
        return (yield from self.read_secret_by_path(address))

    def find_machine(self, name: str) -> Steps[Machine]:
        """Return the machine with a name or an ID. Raises `NotFound`, and `Ambiguous`, which lists IDs."""
        if _MACHINE_ID.fullmatch(name):
            return (yield from self.read_machine(name))
        listed = yield from self.list_machines(q=name, limit=200)
        found = [each for each in listed.items if each.name == name]
        if len(found) > 1:
            told = ", ".join(f"{each.id} ({each.state})" for each in found)
            raise Ambiguous(f"several machines have the name {name}", f"use an ID: {told}")
        if not found:
            raise NotFound(f"no machine has the name {name}", "list them, and check the spelling")
        return found[0]

    def set_secret(
        self,
        address: str,
        *,
        value: Text | None = None,
        fields: Mapping[str, Text] | None = None,
        generate: Generate | None = None,
    ) -> Steps[Secret]:
        """Store a value at a path: as a new version, or as a new secret if there is none.

        The project must exist. A new secret has version 1.
        """
        try:
            found = yield from self.find_secret(address)
        except NotFound:
            place, _, name = address.rpartition("/")
            if not place:
                raise
            project = yield from self.find_project(place)
            return (
                yield from self.create_secret(
                    project.id, name, value=value, fields=fields, generate=generate
                )
            )
        return (
            yield from self.replace_secret(found.id, value=value, fields=fields, generate=generate)
        )

    # Calls -----------------------------------------------------------------------------------------

    def _call(
        self,
        call: PeoplesCall[T],
        *parts: str,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Steps[T]:
        """Make a call that is signed with the person's key, and return the parsed response."""
        bound = call.bind(*parts, query=query, body=body)
        make = partial(person_request, bound, self.key)
        try:
            answer = yield from exchange(
                make,
                call.status,
                self.patience,
                repeatable=call.repeatable,
                refuse=refusal_to_person,
            )
        except BrowserRequired as error:
            error.url = self.key.server + call.page_of(*parts)
            error.hint = f"finish this in the browser: {error.url}"
            raise
        if call.kind is NoneType:
            return cast("T", None)
        return understood(bound.call, answer)
