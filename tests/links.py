"""The one-time links about an account, as emails contain them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access.callers import system
from strongroom_core.accounts.recovery import LASTS
from strongroom_core.accounts.sign_up import make_sign_up_link, sign_up
from strongroom_core.crypto.random import random_bytes
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.mail.link import Purpose, put_account_link
from strongroom_core.members.invite import invite_member
from strongroom_testkit.members import organize
from strongroom_testkit.people import make_person, visitor
from strongroom_testkit.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from strongroom_core.core import Core
    from strongroom_testkit.markers import Markers
    from strongroom_testkit.people import Person

WORDS: Mapping[Purpose, str] = {
    Purpose.VERIFY: "verify_token",
    Purpose.RESET: "reset_token",
    Purpose.EMAIL: "email_token",
    Purpose.NOT_ME: "not_me_token",
    Purpose.CANCEL_RECOVERY: "cancel_token",
}


async def link_words(core: Core, markers: Markers) -> tuple[Person, dict[str, str]]:
    """Create an account with an organization, and one link of each kind; return them."""
    tag = random_bytes(5).hex()
    person = await make_person(core, f"guest-{tag}", markers)
    password = markers.password()
    words = {WORDS[Purpose.VERIFY]: await signed_up(core, tag, password)}
    async with core.database.transaction(INSTALLATION) as connection:
        await connection.execute(
            "insert into recovery (vault, account, started_at, due_at) values ($1, $2, $3, $4)",
            INSTALLATION,
            person.account,
            core.clock.now(),
            core.clock.now() + LASTS,
        )
        for purpose in (Purpose.RESET, Purpose.EMAIL, Purpose.NOT_ME, Purpose.CANCEL_RECOVERY):
            new = purpose is Purpose.EMAIL
            words[WORDS[purpose]] = await put_account_link(
                connection,
                purpose,
                at=core.clock.now(),
                account=person.account,
                subject="ses_aaaaaaaaaaaaaaaa",
                email=f"new-{tag}@example.org" if new else person.email,
            )
    guests = World(core, person, markers)
    await organize(guests)
    sent = await invite_member(
        core, guests.owner, address=f"{tag}@example.org", vault_role="developer"
    )
    words["invitation_token"] = sent.token or ""
    for token in words.values():
        markers.note(token)
    return person, words | {"sign_up_password": password}


async def signed_up(core: Core, tag: str, password: str) -> str:
    """Sign up, and return the token of the link."""
    await sign_up(
        core,
        visitor(f"127.99.{int(tag[:2], 16)}.{int(tag[2:4], 16)}"),
        email=f"{tag}@example.org",
        username=f"new-{tag}",
        password=password,
    )
    made = await make_sign_up_link(core, system("sign-up-link"), f"{tag}@example.org")
    return made.token
