"""The addresses of an account, and notices that go to all of them (A-12).

Anyone who knows the password can change the address. So for 30 days, the old address also gets the account's
notices, and the links in them work.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.accounts.identity import fold
from strongroom_core.accounts.mailing import facts_of
from strongroom_core.crypto.random import new_id
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.mail.put import SINCE, put_mail
from strongroom_core.schema.accounts import FormerAddress

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.access import gate
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.mail.kinds import MailKind

KEPT = timedelta(days=30)
"""How long the address that was replaced is kept. The links in notices work for a shorter time."""

_ALL = """
select email, replaced_at, returned_from from former_address where account = $1 and replaced_at > $2
union all select email, null, false from account where id = $1
order by replaced_at nulls last
"""

_RETURN = """
update former_address set returned_from = true where account = $1 and replaced_at >= (
    select min(f.replaced_at) from former_address f
    where f.account = $1 and f.email_folded = $2 and not f.returned_from
) returning true
"""

_FORGET = "delete from former_address where account = $1 and email_folded = $2"


async def addresses_of(act: gate.Act, account: str) -> list[str]:
    """Return the account's address and those that it had in the last 30 days, without duplicates."""
    rows = await act.connection.fetch(_ALL, account, act.at - KEPT)
    return list({fold(row["email"]): row["email"] for row in rows}.values())


async def addresses_at(act: gate.Act, account: str, since: datetime) -> list[str]:
    """Return the addresses that the account had up to a time. The last one was its address at that time.

    Addresses between two uses of the same one don't count.
    """
    rows = await act.connection.fetch(_ALL, account, act.at - KEPT)
    known: list[str] = []
    for row in rows:
        if row["returned_from"]:
            continue
        known.append(row["email"])
        if row["replaced_at"] is None or row["replaced_at"] >= since:
            break
    return known


async def remember_address(act: gate.Act, account: str, old: str, new: str) -> None:
    """Keep the address that is being replaced.

    After a return to an earlier address, those in between still get notices, but lose their right to undo
    changes. Otherwise, someone who took over an account and gave it their address could do so again.
    """
    returns = await act.connection.fetch(_RETURN, account, fold(new))
    await act.connection.execute(_FORGET, account, fold(new))
    former = FormerAddress(
        vault=INSTALLATION,
        id=new_id("fad"),
        account=account,
        email=old,
        email_folded=fold(old),
        replaced_at=act.at,
        returned_from=bool(returns),
    )
    await act.run(FormerAddress.insert(former))


async def put_notice(
    core: Core,
    act: gate.Act,
    kind: MailKind,
    account: str,
    username: str,
    *,
    since: datetime | None = None,
    subject: str | None = None,
    **facts: str,
) -> None:
    """Send a notice to all of the account's addresses of the last 30 days.

    Its link *That wasn't me* can undo changes made since `since`, which is now by default.
    """
    known = facts_of(core, act.caller.origin, act.at, username) | facts
    known[SINCE] = (since or act.at).isoformat()
    for address in await addresses_of(act, account):
        await put_mail(
            act.connection,
            kind,
            at=act.at,
            account=account,
            address=address,
            subject=subject,
            facts=known,
        )


async def begin_of(act: gate.Act, caller: Human) -> datetime:
    """Return when the person's session began. Anything that someone else did in it was later."""
    began = await act.connection.fetchval(
        "select created_at from session where id = $1", caller.session
    )
    return began or act.at
