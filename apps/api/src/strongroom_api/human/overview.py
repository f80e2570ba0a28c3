"""A vault's overview, and search (U-1, V-6)."""

from typing import Annotated, Any

from litestar import get
from litestar.params import QueryParameter

from strongroom_api.callers import ApiRequest
from strongroom_core.access.actions.audit import OVERVIEW_VIEW, VAULT_SEARCH
from strongroom_core.access.operations import people
from strongroom_core.kernel.limits import SEARCH_LENGTH
from strongroom_core.kernel.page import Items
from strongroom_core.overview.overview import read_overview
from strongroom_core.overview.search import search
from strongroom_core.overview.signals import read_signals
from strongroom_core.overview.views import Found, Overview, Signals

Typed = Annotated[
    str,
    QueryParameter(
        max_length=SEARCH_LENGTH,
        description="Any part of a name, note or tag, or the beginning of an ID. One or two characters"
        " match only the beginning of a word.",
    ),
]


@get("/overview", operation_id="readOverview", opt={"operation": people(OVERVIEW_VIEW)})
async def read(request: ApiRequest) -> Overview:
    """Return the vault's totals, the items that need attention, and which first steps are done."""
    return await read_overview(request.core, request.person)


@get("/overview/signals", operation_id="readSignals", opt={"operation": people(OVERVIEW_VIEW)})
async def read_needs(request: ApiRequest) -> Signals:
    """Return only the items that need attention: the number of pending machines, and the frozen projects."""
    return await read_signals(request.core, request.person)


@get("/search", operation_id="search", opt={"operation": people(VAULT_SEARCH)})
async def find(request: ApiRequest, q: Typed) -> Items[Found]:
    """Find applications, projects, secrets and machines by any part of a word."""
    found = await search(request.core, request.person, q)
    return Items(items=found)


HANDLERS: list[Any] = [read, read_needs, find]
