"""The installation as its administrator sees it: vaults, counts, queue and mail, and the log (Q-3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.operator import (
    MAIL_TEST,
    OPERATION_VIEW,
    OPERATOR_LOG_VIEW,
    OPERATOR_VAULTS_VIEW,
)
from strongroom_core.audit.list import entry_rows, page_of
from strongroom_core.db.conditions import Conditions
from strongroom_core.db.listing import Key, Listing, fetch_counted
from strongroom_core.kernel.authority import Authority, VaultCapability
from strongroom_core.kernel.errors import Conflict, Refused
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.kernel.names import require_searchable
from strongroom_core.mail.state import NOT_SET_UP, mail_state, send_test_mail, sends_mail
from strongroom_core.operator.background_work import read_background_work
from strongroom_core.operator.views import InstallationState, OverseenVault, QueueState
from strongroom_wire.errors import Code

if TYPE_CHECKING:
    from strongroom_core.audit.filter import EntryFilter
    from strongroom_core.audit.views import EntryView
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Row
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.page import CountedPage, Page, PageRequest

SINCE = timedelta(hours=24)

VAULTS = Listing(
    columns="v.id",
    source="vaults_to_list({counted}) v",
    name=(Key("v.name_folded"),),
    id=Key("v.id"),
    sorts={
        "name": (),
        "createdAt": (Key("v.created_at", "timestamptz"),),
        "machines": (Key("v.machines", "bigint"),),
        "secrets": (Key("v.secrets", "bigint"),),
        "members": (Key("v.members", "bigint"),),
    },
    default="name",
)

_COUNTS = ("machines", "secrets", "members")

_OVERSEEN = "select * from vaults_overseen($1)"

_READER = Authority(
    "operator", frozenset({VaultCapability.AUDIT_VIEW, VaultCapability.AUDIT_VIEW_OTHERS}), None
)


def in_installation(caller: Human) -> Human:
    """Return the administrator as the reader of the installation's log. Raises `Refused` for anyone else."""
    if not caller.operator:
        raise Refused(Code.NO_CAPABILITY, "only the server's administrator can do this")
    return replace(caller, vault=INSTALLATION, authority=_READER)


async def read_installation(core: Core, caller: Human) -> InstallationState:
    """Return the installation's counts, and the state of its queue and emails."""
    async with gate.perform(core, caller, OPERATION_VIEW) as act:
        row = await act.connection.fetchrow(
            "select * from installation_counts($1, $2)", act.at, act.at - SINCE
        )
        work = await read_background_work(act.connection, act.at)
        mail = await mail_state(core, act.connection)
    if row is None:
        raise ValueError("the counts are one row")
    queue = {name: row[name] for name in ("waiting", "retrying", "oldest_at")}
    return InstallationState.of_row(
        row,
        without=tuple(queue),
        version=version("strongroom-core"),
        queue=QueueState(**queue),
        work=work,
        mail=mail,
    )


async def list_vaults(
    core: Core, caller: Human, page: PageRequest, *, search: str | None = None
) -> CountedPage[OverseenVault]:
    """Return the installation's vaults, by name unless `page` has another order."""
    conditions = Conditions()
    if search:
        conditions.add(
            "position({0}::text in v.name_folded) > 0"
            " or v.id in (select o from vaults_owned_by({0}) o)",
            require_searchable(search, field="q").lower(),
        )
    listing = VAULTS.filled(counted=str(page.is_sorted_by(*_COUNTS)))
    async with gate.perform(core, caller, OPERATOR_VAULTS_VIEW) as act:
        found = await fetch_counted(act.connection, listing, page, conditions, _id)
        rows = await act.connection.fetch(_OVERSEEN, found.items)
    return found.of([OverseenVault.of_row(row) for row in rows])


def _id(row: Row) -> str:
    return row["id"]


async def list_installation_entries(
    core: Core,
    caller: Human,
    page: PageRequest,
    wanted: EntryFilter,
    *,
    oldest_first: bool = False,
) -> Page[EntryView]:
    """Return the events of the installation's own log, newest first by default."""
    async with gate.perform(core, caller, OPERATOR_LOG_VIEW) as act:
        found = await entry_rows(
            act.connection, in_installation(caller), page, wanted, oldest_first=oldest_first
        )
    return page_of(found)


async def send_operator_test_mail(core: Core, caller: Human) -> str:
    """Send a test email to the administrator's own address, and return the address.

    Raises `Conflict` with the reason if the mail server didn't accept it.
    """
    async with gate.perform(core, caller, MAIL_TEST) as act:
        if not sends_mail(core):
            raise Conflict(f"the email couldn't be sent: {NOT_SET_UP}")
        address = await act.connection.fetchval(
            "select email from account where id = $1", caller.account
        )
    problem = await send_test_mail(core, address)
    if problem is not None:
        raise Conflict(f"the email couldn't be sent: {problem}")
    return address
