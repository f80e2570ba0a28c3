"""Queues an email in the current transaction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from strongroom_core.crypto.random import new_uuid
from strongroom_core.kernel.ids import INSTALLATION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.ids import AccountId, VaultId
    from strongroom_core.mail.kinds import MailKind

SINCE = "since"
"""The fact with the start of the session or change that the email is about, for its link. It isn't shown."""

_PUT = """
insert into mail (vault, id, kind, account, address, subject, facts, state, created_at, due_at)
values ($1, $2, $3, $4, $5, $6, $7::text::jsonb, 'queued', $8, $8)
"""


async def put_mail(
    connection: Connection,
    kind: MailKind,
    *,
    at: datetime,
    account: AccountId | str | None = None,
    address: str | None = None,
    subject: str | None = None,
    facts: Mapping[str, str] | None = None,
    vault: VaultId = INSTALLATION,
) -> UUID:
    """Send an email as soon as this transaction has committed. Return the email's ID.

    The recipient is `address`, or the address that the `account` has when the email is sent. `subject` is the
    ID of the object that the email's link is about. `facts` are the words that the kind's text needs: names,
    times and addresses, but never a value, a token or a key. The transaction's scope must be `vault`.
    """
    mail = new_uuid(at)
    await connection.execute(
        _PUT,
        vault,
        mail,
        kind.value,
        account,
        address,
        subject,
        json.dumps(dict(facts or {})),
        at,
    )
    return mail
