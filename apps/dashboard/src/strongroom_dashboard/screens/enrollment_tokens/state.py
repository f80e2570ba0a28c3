"""The enrollment tokens, newest first (M-5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import reflex as rx

from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.limits import NEARLY_USED
from strongroom_core.kernel.page import PageRequest
from strongroom_core.machines.enrollment import TOKENS, list_enrollment_tokens
from strongroom_core.machines.views import TokenState
from strongroom_dashboard.components.dialog import Consequence
from strongroom_dashboard.screens.screen import Screen
from strongroom_dashboard.screens.sorted_list import (
    SortedList,
    known_sort,
    sorted_list,
    unknown_list,
)
from strongroom_dashboard.screens.wording import counted, why_not

if TYPE_CHECKING:
    from strongroom_core.machines.views import EnrollmentTokenView
    from strongroom_dashboard.event_session import Call

ROWS = 50
SORTS = ("name", "-uses", "-expiresAt", "-createdAt")

STATES = {
    TokenState.ACTIVE: "Active",
    TokenState.USED_UP: "Used up",
    TokenState.EXPIRED: "Expired",
    TokenState.REVOKED: "Revoked",
}


@dataclass(frozen=True)
class TokenRow:
    """One token in the table."""

    id: str = ""
    name: str = ""
    state: str = ""
    tone: str = "off"
    active: bool = False
    uses: str = ""
    nearly: bool = False
    access: str = ""
    limits: str = ""
    expires: str = ""
    created: str = ""
    created_by: str = ""
    consequences: list[Consequence] = field(default_factory=list[Consequence])


class EnrollmentTokens(Screen, rx.State):
    """A vault's enrollment tokens."""

    rows: list[TokenRow] = []
    around: SortedList = unknown_list(SORTS)
    may_not: str = ""

    async def _fill(self, call: Call) -> None:
        self.may_not = why_not(call, VaultCapability.ENROLLMENT_MANAGE)
        sort = known_sort(self._asked("sort"), SORTS)
        page = PageRequest.parse(limit=ROWS, cursor=self._asked("cursor") or None, sort=sort)
        found = await list_enrollment_tokens(call.core, call.caller, page)
        self.rows = [row_of(token) for token in found.items]
        asked = {} if sort is None else {"sort": sort}
        self.around = sorted_list(
            found,
            partial(_href, asked),
            sorts=SORTS,
            current=sort or TOKENS.default,
            nouns=("token", "tokens"),
        )


def row_of(token: EnrollmentTokenView) -> TokenRow:
    """Return a token's row."""
    active = token.state is TokenState.ACTIVE
    limits = [
        *(["from " + ", ".join(token.source_cidrs)] if token.source_cidrs else []),
        *(["hostname " + token.hostname_pattern] if token.hostname_pattern else []),
    ]
    places = ", ".join(token.project_names)
    return TokenRow(
        id=token.id,
        name=token.name,
        state=STATES[token.state],
        tone="ok" if active else "off",
        active=active,
        uses=f"{token.uses:,} of {token.max_uses:,}",
        nearly=active and token.uses >= NEARLY_USED * token.max_uses,
        access=f"{counted(token.secrets, 'secret')} in {places}" if places else "",
        limits="; ".join(limits),
        expires=token.expires_at.isoformat(),
        created=token.created_at.isoformat(),
        created_by=token.created_by,
        consequences=[
            Consequence(
                number=f"{token.max_uses - token.uses:,}", text="more machines could enroll now"
            ),
            Consequence(
                number=f"{token.uses:,}",
                text="enrolled machines keep their access until they expire",
            ),
        ],
    )


def _href(asked: dict[str, str], **changes: str | None) -> str:
    query = {name: value for name, value in {**asked, **changes}.items() if value}
    return f"/machines/tokens?{urlencode(query)}" if query else "/machines/tokens"
