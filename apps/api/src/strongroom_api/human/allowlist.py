"""The vault's IP allowlist (R-8)."""

from typing import Any

from litestar import delete, get, post
from litestar.params import FromPath, JSONBody

from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_core.access.actions.machines import (
    ALLOWLIST_ADD,
    ALLOWLIST_DISABLE,
    ALLOWLIST_ENABLE,
    ALLOWLIST_REMOVE,
    ALLOWLIST_VIEW,
)
from strongroom_core.access.operations import people
from strongroom_core.machines.allowlist import (
    create_allowlist_entry,
    delete_allowlist_entry,
    disable_allowlist,
    enable_allowlist,
    read_allowlist,
)
from strongroom_core.machines.views import Allowlist


class NewEntry(Body, kw_only=True, frozen=True):
    """A network such as `203.0.113.0/24` or `2001:db8::/32`, or a single address, with a description."""

    network: str
    note: str | None = None


class Enabling(Body, kw_only=True, frozen=True):
    """`allowEmpty` confirms that an empty list blocks every machine."""

    allow_empty: bool = False


@get("/ip-allowlist", operation_id="readAllowlist", opt={"operation": people(ALLOWLIST_VIEW)})
async def read(request: ApiRequest) -> Allowlist:
    """Return the IP allowlist, and the machines seen this week that it doesn't contain."""
    return await read_allowlist(request.core, request.person)


@post(
    "/ip-allowlist/entries",
    operation_id="createAllowlistEntry",
    opt={"operation": people(ALLOWLIST_ADD)},
    status_code=201,
)
async def add(request: ApiRequest, data: JSONBody[NewEntry]) -> Allowlist:
    """Add a network to the IP allowlist."""
    return await create_allowlist_entry(
        request.core, request.person, network=data.network, note=data.note
    )


@delete(
    "/ip-allowlist/entries/{allowlist_entry_id:str}",
    operation_id="deleteAllowlistEntry",
    opt={"operation": people(ALLOWLIST_REMOVE)},
    status_code=200,
)
async def remove(request: ApiRequest, allowlist_entry_id: FromPath[str]) -> Allowlist:
    """Remove a network from the IP allowlist. While the list is on, this blocks the network's machines."""
    return await delete_allowlist_entry(request.core, request.person, allowlist_entry_id)


@post(
    "/ip-allowlist/enable",
    operation_id="enableAllowlist",
    opt={"operation": people(ALLOWLIST_ENABLE)},
    status_code=200,
)
async def enable(request: ApiRequest, data: JSONBody[Enabling]) -> Allowlist:
    """Turn the IP allowlist on. Machines can then connect and enroll only from its networks."""
    return await enable_allowlist(request.core, request.person, allow_empty=data.allow_empty)


@post(
    "/ip-allowlist/disable",
    operation_id="disableAllowlist",
    opt={"operation": people(ALLOWLIST_DISABLE)},
    status_code=200,
)
async def disable(request: ApiRequest) -> Allowlist:
    """Turn the IP allowlist off. Its networks are kept."""
    return await disable_allowlist(request.core, request.person)


HANDLERS: list[Any] = [read, add, remove, enable, disable]
