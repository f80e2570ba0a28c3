"""The state of the page *Server administration*. It contains nothing from inside a vault (Q-3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import reflex as rx

from strongroom_core.access.looking import looking
from strongroom_core.audit.filter import EntryFilter
from strongroom_core.kernel.page import PageRequest
from strongroom_core.limits.caps import NAMES
from strongroom_core.limits.plans import list_plans
from strongroom_core.operator.accounts import ACCOUNTS, list_accounts, read_overseen_account
from strongroom_core.operator.background_work import MOST
from strongroom_core.operator.installation import (
    VAULTS,
    in_installation,
    list_installation_entries,
    list_vaults,
    read_installation,
)
from strongroom_core.operator.views import AccountStatus
from strongroom_dashboard.components.dialog import Consequence
from strongroom_dashboard.components.feed import FeedEntry
from strongroom_dashboard.components.fields import Option
from strongroom_dashboard.screens.screen import Screen
from strongroom_dashboard.screens.sorted_list import (
    SortedList,
    known_sort,
    sorted_list,
    unknown_list,
)
from strongroom_dashboard.screens.wording import counted, feed_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from strongroom_core.kernel.page import CountedPage
    from strongroom_core.limits.views import PlanView
    from strongroom_core.operator.views import (
        AccountInDetail,
        InstallationState,
        OverseenAccount,
        OverseenVault,
    )
    from strongroom_dashboard.event_session import Call
    from strongroom_dashboard.live import Seen
    from strongroom_dashboard.screens.shell import Shell

SHOWN = 50
EVENTS = 10

VAULT_SORTS = ("name", "-machines", "-secrets", "-members")
ACCOUNT_SORTS = ("username", "email", "-lastActiveAt")

ADDRESS = "/operator"
PARAMETERS = (
    "vaults",
    "vaults-sort",
    "vaults-cursor",
    "accounts",
    "accounts-sort",
    "accounts-cursor",
)
"""What the URL says about the two lists: what is searched, the order, and the page."""

ACCOUNT, RECOVERY = "new-account", "new-recovery"
"""The dialogs about an account, as `new=` in the URL names them."""


@dataclass(frozen=True)
class VaultRow:
    """A vault."""

    id: str
    name: str
    owners: str
    plan: str
    machines: str
    secrets: str
    members: str
    state: str
    tone: str


@dataclass(frozen=True)
class AccountRow:
    """An account. The links open its dialogs. `recovery` is when its recovery ends."""

    id: str
    username: str
    email: str
    state: str
    tone: str
    active: str
    can_suspend: bool
    href: str
    can_recover: bool
    recovery: str
    recover_href: str


@dataclass(frozen=True)
class PlanRow:
    """A plan, and its limits as text."""

    id: str
    name: str
    machines: str
    vaults: str
    self_service: bool
    revision: int
    limits: dict[str, str]


@dataclass(frozen=True)
class HealthRow:
    """A line of the card *Health*."""

    name: str
    text: str
    tone: str


@dataclass(frozen=True)
class WorkRow:
    """A kind of background work, and for how many objects it is due."""

    name: str
    due: str
    is_due: bool


class Operator(Screen, rx.State):
    """Accounts, vaults, plans, queue and mail, and the installation's log."""

    summary: str = ""
    figures: list[tuple[str, str, str]] = []
    sign_up_closed: bool = False
    vaults: list[VaultRow] = []
    vaults_around: SortedList = unknown_list(VAULT_SORTS)
    vault_search: str = ""
    vault_options: list[Option] = []
    accounts: list[AccountRow] = []
    accounts_around: SortedList = unknown_list(ACCOUNT_SORTS)
    account_search: str = ""
    plans: list[PlanRow] = []
    plan_options: list[Option] = []
    health: list[HealthRow] = []
    work: list[WorkRow] = []
    worker_ran: str = ""
    counted_until: str = ""
    log: list[FeedEntry] = []
    chosen: str = ""
    dialog: str = ACCOUNT
    chosen_name: str = ""
    chosen_suspended: bool = False
    chosen_stops: list[Consequence] = []
    here: str = ADDRESS

    async def _fill(self, call: Call) -> None:
        """Do nothing: everything on this screen is from outside the vault."""

    async def _refresh(self, shell: Shell, call: Call) -> Seen | None:
        """Fill the frame from the vault, and then the screen from the installation."""
        seen = await Screen._refresh(self, shell, call)  # noqa: SLF001 -- the base class
        try:
            caller = in_installation(call.caller)
            async with looking(call.core, caller) as core:
                await self._fill_installation(replace(call, core=core, caller=caller))
        except Exception as error:  # noqa: BLE001 -- a screen that fails shows the error
            self._show_problem(error)
        return seen

    async def _fill_installation(self, call: Call) -> None:
        core, caller = call.core, call.caller
        state = await read_installation(core, caller)
        self.summary = (
            f"{counted(state.vaults, 'vault')}, {counted(state.accounts, 'account')}."
            " You can't see secret names or values, or what members do."
        )
        self.figures = figures(state)
        self.health = health(state)
        self.work = work(state)
        self.worker_ran = _iso(state.work.worker_ran_at)
        self.counted_until = _iso(state.work.counted_until)
        self.sign_up_closed = state.sign_up_closed
        self.vault_search, self.account_search = self._asked("vaults"), self._asked("accounts")
        self.here = address(self._lists())
        vaults = await list_vaults(
            core, caller, self._page("vaults", VAULT_SORTS), search=self.vault_search or None
        )
        self.vaults = [vault_row(each) for each in vaults.items]
        self.vaults_around = self._around(
            vaults, "vaults", VAULT_SORTS, VAULTS.default, ("vault", "vaults")
        )
        # Names aren't unique, and their owners chose them.
        self.vault_options = [
            Option(value=each.id, text=f"{each.name} ({', '.join(each.owners)})")
            for each in vaults.items
        ]
        accounts = await list_accounts(
            core, caller, self._page("accounts", ACCOUNT_SORTS), search=self.account_search or None
        )
        link = partial(address, self._lists())
        self.accounts = [account_row(each, link) for each in accounts.items]
        self.accounts_around = self._around(
            accounts, "accounts", ACCOUNT_SORTS, ACCOUNTS.default, ("account", "accounts")
        )
        plans = await list_plans(core, caller)
        self.plans = [plan_row(each) for each in plans]
        self.plan_options = [Option(value=each.id, text=each.name) for each in plans]
        self.chosen = self._asked("account")
        self.dialog = RECOVERY if self._asked("new") == "recovery" else ACCOUNT
        if self.chosen:
            self._choose(await read_overseen_account(core, caller, self.chosen))
        entries = await list_installation_entries(core, caller, PageRequest(EVENTS), EntryFilter())
        self.log = feed_of(entries.items, caller, most=EVENTS)

    def _lists(self) -> dict[str, str]:
        return {name: self._asked(name) for name in PARAMETERS}

    def _page(self, name: str, sorts: tuple[str, ...]) -> PageRequest:
        """Return the page of one of the two lists that the URL asks for."""
        return PageRequest.parse(
            limit=SHOWN,
            cursor=self._asked(f"{name}-cursor") or None,
            sort=known_sort(self._asked(f"{name}-sort"), sorts),
        )

    def _around(
        self,
        page: CountedPage[Any],
        name: str,
        sorts: tuple[str, ...],
        default: str,
        nouns: tuple[str, str],
    ) -> SortedList:
        """Return the head and foot of one of the two lists. Their links leave the other list as it is."""
        asked = self._lists() | {f"{name}-cursor": ""}

        def link(**changes: str | None) -> str:
            return address(asked, **{f"{name}-{each}": text for each, text in changes.items()})

        current = known_sort(self._asked(f"{name}-sort"), sorts) or default
        return sorted_list(page, link, sorts=sorts, current=current, nouns=nouns)

    def _choose(self, detail: AccountInDetail) -> None:
        self.chosen_name = detail.account.username
        self.chosen_suspended = detail.account.status is AccountStatus.SUSPENDED
        self.chosen_stops = stopping(detail)


def address(asked: dict[str, str], **changes: str | None) -> str:
    """Return the screen's URL with these parameters, some of them changed."""
    query = {name: value for name, value in {**asked, **changes}.items() if value}
    return f"{ADDRESS}?{urlencode(query)}" if query else ADDRESS


def figures(state: InstallationState) -> list[tuple[str, str, str]]:
    """Return the counts at the top: a label, a number and one more fact each."""
    return [
        ("Vaults", f"{state.vaults:,}", counted(state.organizations, "organization")),
        ("Accounts", f"{state.accounts:,}", f"{state.suspended:,} suspended"),
        ("Machines", f"{state.machines:,}", f"{state.machines_seen:,} seen in 24 hours"),
        ("Reads", f"{state.reads:,}", "in 24 hours"),
        ("Version", state.version, "of this server"),
    ]


def health(state: InstallationState) -> list[HealthRow]:
    """Return the state of queue, mail and clock."""
    queue, mail = state.queue, state.mail
    sent = f"{mail.sent:,} sent, {mail.failed:,} failed in the last 24 hours"
    mail_text = sent if mail.configured else "No mail server is set up"
    if mail.problem is not None:
        mail_text = f"{mail_text}. Last problem: {mail.problem}"
    return [
        HealthRow(
            "Queue",
            f"{queue.waiting:,} waiting, {queue.retrying:,} retrying",
            "warn" if queue.retrying else "ok",
        ),
        HealthRow("Email queue", f"{mail.queued:,} waiting", "warn" if mail.retrying else "ok"),
        HealthRow("Email", mail_text, "warn" if mail.problem or not mail.configured else "ok"),
        HealthRow(
            "Clock",
            "May be wrong; run strongroom-server clock" if state.clock_in_doubt else "OK",
            "warn" if state.clock_in_doubt else "ok",
        ),
    ]


WORK = {
    "purge_project": "Delete projects after 30 days in the trash",
    "purge_secret": "Delete secrets after 30 days in the trash",
    "destroy_secret": "Delete secrets whose time to live has expired",
    "rotate_secret": "Perform queued rotations",
    "expire_share": "Delete the content of expired shares",
    "expire_machine": "End expired machines",
    "delete_machine": "Delete machines that expired or were revoked long ago",
    "destroy_machine": "Permanently delete key files that weren't downloaded",
    "follow_commit": "Finish work left over from changes",
}


def work(state: InstallationState) -> list[WorkRow]:
    """Return the background work that is due, by kind."""
    return [
        WorkRow(
            WORK[each.work],
            f"{each.due:,}{' or more' if each.due >= MOST else ''}",
            each.due > 0,
        )
        for each in state.work.due
    ]


def _iso(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()


def vault_row(vault: OverseenVault) -> VaultRow:
    """Return a vault as a row."""
    most = "" if vault.most_machines is None else f" of {vault.most_machines:,}"
    state, tone = ("Active", "ok") if vault.active else ("No active owner", "off")
    if vault.deleted_at is not None:
        state, tone = "Deleted", "off"
    return VaultRow(
        vault.id,
        vault.name,
        ", ".join(vault.owners),
        vault.plan_name,
        f"{vault.machines:,}{most}",
        f"{vault.secrets:,}",
        f"{vault.members:,}",
        state,
        tone,
    )


def account_row(account: OverseenAccount, link: Callable[..., str]) -> AccountRow:
    """Return an account as a row. `link` returns the screen's URL with these parameters added."""
    return AccountRow(
        account.id,
        account.username,
        account.email,
        account.status.value.capitalize(),
        "ok" if account.status is AccountStatus.ACTIVE else "off",
        account.last_active_at.isoformat() if account.last_active_at else "",
        account.status is AccountStatus.ACTIVE and not account.operator,
        link(account=account.id, new="account"),
        account.status is AccountStatus.ACTIVE
        and account.second_factor
        and account.recovery_due_at is None,
        account.recovery_due_at.isoformat() if account.recovery_due_at else "",
        link(account=account.id, new="recovery"),
    )


def plan_row(plan: PlanView) -> PlanRow:
    """Return a plan as a row."""
    limits = {name: getattr(plan.limits, name) for name in NAMES}
    return PlanRow(
        plan.id,
        plan.name,
        "no limit" if plan.limits.machines is None else f"{plan.limits.machines:,}",
        f"{plan.vaults:,}",
        plan.self_service,
        plan.revision,
        {name: "" if value is None else str(value) for name, value in limits.items()},
    )


def stopping(detail: AccountInDetail) -> list[Consequence]:
    """Return which vaults' machines stop working when the account is suspended (A-9)."""
    return [
        Consequence(number=f"{each.machines:,}", text=f"machines in {each.name} stop working")
        for each in detail.vaults
        if each.last_owner
    ]
