"""The secrets in a project, and the drawer of one of them (S-2, S-3, S-6, S-7, S-8)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

import reflex as rx

from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.errors import NotFound, StrongroomError
from strongroom_core.kernel.ids import SecretId
from strongroom_core.kernel.page import PageRequest
from strongroom_core.secrets.canaries import list_canaries
from strongroom_core.secrets.listing import SECRETS, count_secrets, list_secrets, read_secret
from strongroom_core.secrets.views import Facets, LastRead
from strongroom_dashboard.components.filter import FilterOption
from strongroom_dashboard.components.use_it import Use, use_of_project
from strongroom_dashboard.screens.project_head import ProjectHead, full_name_of
from strongroom_dashboard.screens.project_secrets.opened import (
    VIEWS,
    OpenSecret,
    activity_of,
    open_secret,
)
from strongroom_dashboard.screens.project_secrets.rights import RE_PLANT, SecretRights, rights_of
from strongroom_dashboard.screens.project_secrets.rows import (
    CANARY,
    IN_API,
    KEPT,
    LAST_READ,
    RenameLine,
    SecretRow,
    filter_of,
    link_to,
    rename_of,
    row_of,
    unused_in,
)
from strongroom_dashboard.screens.sorted_list import (
    SortedList,
    known_sort,
    sorted_list,
    unknown_list,
)
from strongroom_wire.variables import variables_of

if TYPE_CHECKING:
    from strongroom_core.projects.views import ProjectView
    from strongroom_core.secrets.views import SecretView
    from strongroom_dashboard.event_session import Call

PAGE = 50
SORTS = ("name", "kind", "-version", "-lastReadAt", "-readCount", "-readers", "-changedAt")
KINDS = {SecretKind.SINGLE.value: "Single", SecretKind.STRUCTURED.value: "Structured"}

Choice = TypeVar("Choice", SecretKind, LastRead)


class ProjectSecrets(ProjectHead, rx.State):
    """A project's *Secrets* tab."""

    q: str = ""
    rows: list[SecretRow] = []
    total: int = 0
    around: SortedList = unknown_list(SORTS)
    everything: str = ""
    standalone: bool = False
    rights: SecretRights = SecretRights()
    unused: str = ""
    show_unused: str = ""
    all_secrets: str = ""
    kinds: list[FilterOption] = []
    kind: str = ""
    any_kind: str = ""
    tags: list[FilterOption] = []
    tag: str = ""
    any_tag: str = ""
    environments: list[FilterOption] = []
    environment: str = ""
    any_environment: str = ""
    last_read: list[FilterOption] = []
    read: str = ""
    any_read: str = ""
    drawer: bool = False
    view: str = "summary"
    view_links: dict[str, str] = {}
    close: str = ""
    above: str = ""
    below: str = ""
    more_readers: str = ""
    open: OpenSecret = OpenSecret()
    use: Use = Use()
    to_rename: list[RenameLine] = []
    _canaries: list[str] = []

    async def _fill(self, call: Call) -> None:
        try:
            project = await self._fill_head(call)
            given = {name: self._asked(name) for name in KEPT}
            facets = await count_secrets(call.core, call.caller, project.id)
            self.standalone = project.application_id is None
            self.rights = rights_of(call, project)
            may_add = not self.rights.to_create and facets.secrets > 0
            self.asked = "new-secret" if self._asked("new") == "secret" and may_add else ""
            self._offer(given, facets)
            self._canaries = await self._known_canaries(call, project)
            secrets = await self._list(call, project, given)
            self._show_use(call, project, secrets)
            self.to_rename = [rename_of(each, self.head.href) for each in facets.to_rename]
            await self._open(call, project, given, secrets)
        except StrongroomError:
            self.reset()  # Nothing from the previous project may remain.
            raise

    async def _known_canaries(self, call: Call, project: ProjectView) -> list[str]:
        """Return the IDs of the project's canaries, or an empty set for people who don't manage canaries."""
        if not self.head.sees_canaries:
            return []
        return [each.id for each in await list_canaries(call.core, call.caller, project.id)]

    def _has_feed(self) -> bool:
        shown = self.open
        return self.drawer and self.view == "activity" and shown.rights.see_audit_log

    async def _fill_feed(self, call: Call) -> None:
        activity = await activity_of(call, SecretId(self.open.id), self.open.name)
        self.open = replace(self.open, activity=activity)

    def _show_use(self, call: Call, project: ProjectView, listed: list[SecretView]) -> None:
        """Show how a machine uses these secrets, with one of them as an example."""
        example = variables_of(listed[0].name, listed[0].field_names)[0] if listed else None
        url = call.core.settings.public_url
        self.use = use_of_project(url, full_name_of(project), project.id, example)

    def _offer(self, given: dict[str, str], facets: Facets) -> None:
        """Show the filters, with the number of secrets for each option."""
        path = self.head.href
        kinds = filter_of(path, given, "kind", facets.kinds, KINDS)
        tags = filter_of(path, given, "tag", facets.tags)
        environments = filter_of(path, given, "environment", facets.environments)
        last_read = filter_of(path, given, "read", facets.last_read, LAST_READ)
        self.kinds, self.kind, self.any_kind = kinds.options, kinds.chosen, kinds.clear
        self.tags, self.tag, self.any_tag = tags.options, tags.chosen, tags.clear
        self.environments, self.environment = environments.options, environments.chosen
        self.any_environment = environments.clear
        self.last_read, self.read, self.any_read = (
            last_read.options,
            last_read.chosen,
            last_read.clear,
        )
        unused = unused_in(facets)
        self.unused = f"{unused:,} unused for 90 days" if unused else ""
        self.show_unused = link_to(path, {}, read=LastRead.UNUSED.value)
        self.all_secrets = path
        self.total = facets.secrets
        self.q = given["q"]

    async def _list(
        self, call: Call, project: ProjectView, given: dict[str, str]
    ) -> list[SecretView]:
        """Show one page of the table."""
        path, cursor, opened = self.head.href, self._asked("cursor"), self._asked("secret")
        sort = known_sort(given["sort"], SORTS)
        found = await list_secrets(
            call.core,
            call.caller,
            project.id,
            PageRequest.parse(limit=PAGE, cursor=cursor or None, sort=sort),
            environment=given["environment"] or None,
            kind=_one_of(SecretKind, given["kind"]),
            tag=given["tag"] or None,
            q=given["q"] or None,
            last_read=_one_of(LastRead, given["read"]),
        )
        now = call.core.clock.now()
        self.rows = [
            row_of(
                each,
                link_to(path, given, cursor=cursor, secret=each.id),
                now,
                selected=each.id == opened,
                canary=each.id in self._canaries,
            )
            for each in found.items
        ]
        filtered = any(given[name] for name in KEPT if name != "sort")
        self.everything = f"/api/projects/{project.id}/secrets?" + urlencode(
            {IN_API.get(name, name): given[name] for name in KEPT if given[name] and name != "sort"}
        )
        self.around = sorted_list(
            found,
            partial(link_to, path, given),
            sorts=SORTS,
            current=sort or SECRETS.default,
            nouns=("secret", "secrets"),
            everything=self.total if filtered else None,
        )
        return found.items

    async def _open(
        self, call: Call, project: ProjectView, given: dict[str, str], listed: list[SecretView]
    ) -> None:
        """Show the drawer for the secret in the URL, if there is one."""
        asked, view = self._asked("secret"), self._asked("view")
        self.drawer = asked != ""
        if not asked:
            self.open, self.view_links = OpenSecret(), {}
            return
        path, here = self.head.href, {**given, "cursor": self._asked("cursor")}
        self.view = view if view in VIEWS else VIEWS[0]
        self.close = link_to(path, here)
        opened = {**here, "secret": asked}
        self.view_links = {
            name: link_to(path, opened, view="" if name == VIEWS[0] else name) for name in VIEWS
        }
        ids = [each.id for each in listed]
        self.above, self.below = self._neighbors(ids, asked)
        if self.open.missing and self._is_known_absent(call):
            return
        try:
            secret = await read_secret(call.core, call.caller, SecretId(asked))
            _require_in(project, secret)
            rights = rights_of(call, project, secret.kind)
            is_canary = secret.id in self._canaries
            if is_canary:
                rights = replace(
                    rights, to_replace=RE_PLANT, to_rotate=RE_PLANT, to_roll_back=RE_PLANT
                )
            opened_secret = await open_secret(
                call, full_name_of(project), secret, rights, self.view, self._asked("from")
            )
            self.open = replace(opened_secret, kind=CANARY) if is_canary else opened_secret
        except NotFound:
            self._note_absent()
            self.open = OpenSecret(missing=True)
        self.more_readers = (
            link_to(path, opened, view="readers", **{"from": self.open.more_machines})
            if self.open.more_machines
            else ""
        )

    def _neighbors(self, ids: list[SecretId], asked: str) -> tuple[str, str]:
        hrefs = [row.href for row in self.rows]
        if asked not in ids:
            return "", ""
        at = ids.index(SecretId(asked))
        return (
            hrefs[at - 1] if at > 0 else "",
            hrefs[at + 1] if at + 1 < len(hrefs) else "",
        )


def _require_in(project: ProjectView, secret: SecretView) -> None:
    """Raise `NotFound` unless the secret is in the page's project."""
    if secret.project_id != project.id:
        raise NotFound("secret")


def _one_of(kind: type[Choice], text: str) -> Choice | None:
    """Return the member whose name is in a parameter. Unknown names are ignored."""
    return kind(text) if text in list(kind) else None
