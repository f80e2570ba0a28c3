"""Shares: what happened to each, and when (T-4)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import reflex as rx

from strongroom_core.kernel.authority import (
    Access,
    Place,
    ProjectCapability,
    VaultCapability,
)
from strongroom_core.kernel.ids import ProjectId
from strongroom_core.kernel.limits import FILTER_LENGTH
from strongroom_core.kernel.page import PageRequest
from strongroom_core.projects.listing import read_project
from strongroom_core.shares.listing import SHARES, count_shares, list_shares
from strongroom_core.shares.views import ShareKind, ShareState
from strongroom_dashboard.screens.project_head import full_name_of
from strongroom_dashboard.screens.screen import Screen
from strongroom_dashboard.screens.sorted_list import (
    SortedList,
    known_sort,
    sorted_list,
    unknown_list,
)
from strongroom_dashboard.screens.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from strongroom_core.projects.views import ProjectView
    from strongroom_core.shares.views import ShareView
    from strongroom_dashboard.event_session import Call

PAGE = 50
SORTS = ("-createdAt", "-expiresAt", "state")
WORDS = {
    ShareState.PENDING: ("Not opened yet", "wait"),
    ShareState.OPENED: ("Opened", "ok"),
    ShareState.DESTROYED: (ShareState.DESTROYED.value.capitalize(), "bad"),
    ShareState.EXPIRED: ("Expired", "off"),
    ShareState.REVOKED: ("Revoked", "off"),
}


@dataclass(frozen=True)
class ShareRow:
    """A share. `why` and `at` say how and when it ended; `where` is the address and country of that request.

    `named` is its name for use in a sentence, and `unnamed` is true if it has none.
    """

    id: str
    name: str
    named: str
    unnamed: bool
    kind: str
    state: str
    tone: str
    why: str
    at: str
    where: str
    pending: bool
    project: str
    href: str
    created: str
    by: str
    expires: str


class Shares(Screen, rx.State):
    """The shares that the person can see, newest first: all of them, or those of a project.

    `project` is the project's name. `why_not` is the reason the person can't create a share here, or empty.
    """

    sentence: str = ""
    rows: list[ShareRow] = []
    q: str = ""
    why_not: str = ""
    action: str = "/api/shares"
    project: str = ""
    around: SortedList = unknown_list(SORTS)

    async def _fill(self, call: Call) -> None:
        asked = {name: text for name in ("q", "sort", "project") if (text := self._asked(name))}
        self.q = asked.get("q", "")[:FILTER_LENGTH]
        sort = known_sort(asked.get("sort", ""), SORTS)
        wanted = PageRequest.parse(limit=PAGE, cursor=self._asked("cursor") or None, sort=sort)
        project = ProjectId(asked["project"]) if "project" in asked else None
        page = await list_shares(call.core, call.caller, wanted, project=project, q=self.q)
        counts = await count_shares(call.core, call.caller, project=project)
        self.rows = [row_of(share) for share in page.items]
        found = None if project is None else await read_project(call.core, call.caller, project)
        self.project = "" if found is None else full_name_of(found)
        self.why_not = _why_not(call, found)
        self.action = "/api/shares" if project is None else f"/api/projects/{project}/shares"
        self.around = sorted_list(
            page,
            partial(_href, asked),
            sorts=SORTS,
            current=sort or SHARES.default,
            nouns=("matching share", "matching shares") if self.q else ("share", "shares"),
        )
        self.sentence = (
            f"{counted(counts.pending, 'share')} can still be opened."
            if counts.pending
            else "No shares are waiting to be opened."
        )


def _why_not(call: Call, project: ProjectView | None) -> str:
    if project is None:
        can = VaultCapability.SHARES_CREATE in call.caller.authority.vault
        return "" if can else "You need shares.create. Ask a vault owner."
    access = call.caller.authority.access or Access()
    place = Place(project.id, project.application_id, project.environment)
    if access.kinds(ProjectCapability.SHARES_CREATE, place):
        return ""
    return "You need shares.create in this project. Ask a vault owner."


def row_of(share: ShareView) -> ShareRow:
    """Return one row."""
    state, tone = WORDS[share.state]
    where = ", ".join(part for part in (share.ended_from, share.ended_country) if part)
    return ShareRow(
        id=share.id,
        name=share.label or "Unnamed share",
        named=share.label or "this share",
        unnamed=share.label is None,
        kind="File" if share.kind is ShareKind.FILE else "Text",
        state=state,
        tone=tone,
        why=_why(share),
        at=(share.ended_at or share.expires_at).isoformat(),
        where=f"from {where}" if where else "",
        pending=share.state is ShareState.PENDING,
        project=share.project_name or "",
        href=f"/projects/{share.project_id}" if share.project_id else "",
        created=share.created_at.isoformat(),
        by="you" if share.mine else share.created_by,
        expires=share.expires_at.isoformat(),
    )


def _why(share: ShareView) -> str:
    match share.state:
        case ShareState.PENDING:
            left = share.tries_left
            return f"{left} {'try' if left == 1 else 'tries'} left" if share.tries > 1 else ""
        case ShareState.DESTROYED:
            return "wrong passphrase" if share.tries == 1 else "wrong passphrases"
        case ShareState.EXPIRED:
            return "nobody opened it"
        case _:
            return ""


def _href(asked: Mapping[str, str], **changes: str | None) -> str:
    query = {name: value for name, value in {**asked, **changes}.items() if value}
    return f"/shares?{urlencode(query)}" if query else "/shares"
