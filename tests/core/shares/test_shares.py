"""Shares: creating, opening and ending them (T-1 to T-4, Q-1)."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from strongroom_core.access.callers import system
from strongroom_core.access.roles import FULL_ACCESS
from strongroom_core.crypto.password import PasswordHasher
from strongroom_core.kernel.authority import Access, Authority, ProjectCapability, SecretKind
from strongroom_core.kernel.caller import Human, Visitor
from strongroom_core.kernel.errors import CapReached, Conflict, Gone, Invalid, NotFound, Refused
from strongroom_core.kernel.ids import AccountId, VaultId
from strongroom_core.kernel.origin import Origin
from strongroom_core.kernel.page import PageRequest
from strongroom_core.shares.content import MOST_BYTES, NewContent
from strongroom_core.shares.create import create_share
from strongroom_core.shares.listing import (
    count_shares,
    due_shares,
    expire_share,
    list_shares,
    read_share,
    revoke_share,
)
from strongroom_core.shares.open import open_share
from strongroom_testkit.hashing import CountingQueue
from strongroom_testkit.plans import set_limits

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import OpenConnection
    from strongroom_core.shares.views import NewShare, OpenedShare
    from strongroom_testkit.world import World

FIRST = PageRequest.parse(limit=None, cursor=None, sort=None)
WRONG = "academic-academic-academic-academic-academic-academic-academic-academic"
_addresses = count(1)


def stranger() -> Visitor:
    """Return an unknown client with an unused address."""
    number = next(_addresses)
    return Visitor(Origin(f"10.9.{number >> 8}.{number & 255}", "req_share"))


async def share(world: World, **options: Any) -> tuple[NewShare, str]:
    """Create a share of a new value; return it with the value."""
    value = world.markers.value("share")
    made = await create_share(world.core, world.owner, NewContent(text=value), **options)
    for secret in (made.locator, made.key, made.passphrase):
        world.markers.note(secret)
    return made, value


async def opening(
    core: Core, made: NewShare, passphrase: str | None = None, by: Visitor | None = None
) -> OpenedShare:
    return await open_share(
        core,
        by or stranger(),
        locator=made.locator,
        key=made.key,
        passphrase=passphrase or made.passphrase,
    )


async def state(world: World, made: NewShare) -> tuple[str, int]:
    view = await read_share(world.core, world.owner, made.share.id)  # pyright: ignore[reportArgumentType]
    return view.state.value, view.tries_left


async def materials(administrator: OpenConnection) -> int:
    return await administrator.fetchval("select count(*) from share_material")


async def test_a_share_opens_once(world: World, administrator: OpenConnection) -> None:
    """T-1, T-2: the recipient sees the value once; then it is deleted, and the sender sees when and where."""
    made, value = await share(world, label="SFTP for Ada")
    shown = await opening(world.core, made)
    with pytest.raises(Gone):
        await opening(world.core, made)
    view = await read_share(world.core, world.owner, made.share.id)  # pyright: ignore[reportArgumentType]

    assert shown.value == value
    assert await materials(administrator) == 0
    assert (view.state, view.tries_left) == ("opened", 0)
    assert (view.ended_from or "").startswith("10.9.")
    [entry] = await world.entries("share_open")
    assert (entry["actor_kind"], entry["target_name"], entry["address"]) == (
        "system",
        "SFTP for Ada",
        view.ended_from,
    )


async def test_a_key_that_only_reads_causes_no_hashing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D-5, H-3: a share is denied before Argon2 runs, also for a key that can only read."""
    monkeypatch.setattr("strongroom_core.shares.create.derive_share_keys", None)
    looking = replace(world.owner, authority=replace(world.owner.authority, looking=True))
    with pytest.raises(Refused, match="this key can only read"):
        await create_share(world.core, looking, NewContent(text="a note"))


@pytest.mark.parametrize(
    "typed", ["{0}", " {0} ", "{1}", "{2}"], ids=["as is", "blanks", "spaces", "capitals"]
)
async def test_a_passphrase_is_typed_in_any_way(world: World, typed: str) -> None:
    """T-1: case, spaces and dashes in a passphrase make no difference."""
    made, value = await share(world)
    words = made.passphrase
    said = typed.format(words, words.replace("-", "  "), words.upper().replace("-", " – "))

    assert (await opening(world.core, made, said)).value == value


@pytest.mark.parametrize("tries", [1, 3, 5])
async def test_wrong_passphrases_destroy_it(
    world: World, administrator: OpenConnection, tries: int
) -> None:
    """T-1, T-2: a share is destroyed by as many wrong passphrases as its creator allowed."""
    made, _ = await share(world, tries=tries)
    seen: list[tuple[str, int]] = []
    for _ in range(tries):
        assert await materials(administrator) == 1
        with pytest.raises(Gone):
            await opening(world.core, made, WRONG)
        seen.append(await state(world, made))
    with pytest.raises(Gone):
        await opening(world.core, made)

    assert seen == [*(("pending", left) for left in range(tries - 1, 0, -1)), ("destroyed", 0)]
    assert await materials(administrator) == 0
    details = [entry["detail"] for entry in await world.entries("share_fail")]
    assert len(details) == tries + 1  # The last attempt, with the right passphrase, is too late.


async def test_a_wrong_key_is_a_wrong_passphrase(world: World) -> None:
    """T-3: the link's fragment is part of the key."""
    made, _ = await share(world)
    other, _ = await share(world)
    with pytest.raises(Gone):
        await open_share(
            world.core,
            stranger(),
            locator=made.locator,
            key=other.key,
            passphrase=made.passphrase,
        )

    assert await state(world, made) == ("destroyed", 0)


@pytest.mark.parametrize("passphrase", ["", "   ", " - – ", "x" * 1025, "ä" * 600])
async def test_invalid_input_uses_up_no_try(world: World, passphrase: str) -> None:
    """T-2: an empty or much too long passphrase is invalid input, and changes nothing."""
    made, value = await share(world)
    with pytest.raises(Invalid):
        await open_share(
            world.core, stranger(), locator=made.locator, key=made.key, passphrase=passphrase
        )

    assert (await opening(world.core, made)).value == value


@pytest.mark.parametrize("part", ["", "short", "A" * 21, "A" * 23, "+" * 22, "A" * 21 + "B"])
async def test_an_incomplete_link_uses_up_no_try(world: World, part: str) -> None:
    """T-2: opening a link without its fragment doesn't use up a try."""
    made, value = await share(world)
    with pytest.raises(Invalid):
        await open_share(
            world.core, stranger(), locator=made.locator, key=part, passphrase=made.passphrase
        )

    assert (await opening(world.core, made)).value == value


async def test_an_expired_share_cannot_be_opened(
    world: World, administrator: OpenConnection
) -> None:
    """T-1: the database's clock decides whether a share has expired; the job deletes its content."""
    made, _ = await share(world, lifetime=timedelta(minutes=1))
    other, value = await share(world)
    await administrator.execute(
        "update share set expires_at = clock_timestamp() where id = $1", made.share.id
    )
    with pytest.raises(Gone):
        await opening(world.core, made)
    assert await state(world, made) == ("expired", 1)
    assert await due_shares(world.core) == [(world.person.vault, made.share.id)]
    job = system("expire_share", VaultId(world.person.vault))
    await expire_share(world.core, job, made.share.id)  # pyright: ignore[reportArgumentType]
    with pytest.raises(NotFound):
        await expire_share(world.core, job, other.share.id)  # pyright: ignore[reportArgumentType]

    assert await materials(administrator) == 1
    assert await state(world, made) == ("expired", 1)
    assert [each["outcome"] for each in await world.entries("share_expire")] == ["done", "refused"]
    assert (await opening(world.core, other)).value == value


async def test_a_revoked_share_does_not_open(world: World, administrator: OpenConnection) -> None:
    """T-4: revoking deletes the content immediately; an ended share can't be revoked."""
    made, _ = await share(world)
    await revoke_share(world.core, world.owner, made.share.id)  # pyright: ignore[reportArgumentType]
    with pytest.raises(Gone):
        await opening(world.core, made)
    with pytest.raises(Conflict):
        await revoke_share(world.core, world.owner, made.share.id)  # pyright: ignore[reportArgumentType]

    assert await materials(administrator) == 0
    assert await state(world, made) == ("revoked", 1)


async def test_one_of_simultaneous_requests_gets_it(world: World) -> None:
    """T-2: if several clients open a share at the same time, one of them gets it."""
    for tries in (1, 5):
        made, value = await share(world, tries=tries)
        results = await asyncio.gather(
            *(opening(world.core, made) for _ in range(12)), return_exceptions=True
        )
        texts = [result.value for result in results if not isinstance(result, BaseException)]

        assert texts == [value]


async def test_races_take_each_try_once(world: World) -> None:
    """T-2: ten simultaneous wrong passphrases use up exactly a share's five tries."""
    made, _ = await share(world, tries=5)
    await asyncio.gather(
        *(opening(world.core, made, WRONG) for _ in range(10)), return_exceptions=True
    )
    taken = [
        entry for entry in await world.entries("share_fail") if "tries_left" in str(entry["detail"])
    ]

    assert await state(world, made) == ("destroyed", 0)
    assert len(taken) == 5


async def test_links_that_never_existed(world: World, administrator: OpenConnection) -> None:
    """L-1, T-3: an attempt with a link that never existed fails like all others, and isn't logged."""
    made, _ = await share(world)
    before = await administrator.fetchval("select count(*) from audit_entry")
    with pytest.raises(Gone):
        await open_share(
            world.core,
            stranger(),
            locator="A" * 22,
            key=made.key,
            passphrase=made.passphrase,
        )

    assert await administrator.fetchval("select count(*) from audit_entry") == before


async def test_late_attempts_cannot_fill_the_log(world: World) -> None:
    """L-1: only three attempts to open an ended share are logged per address in half an hour."""
    made, _ = await share(world)
    await opening(world.core, made)
    by = stranger()
    for _ in range(6):
        with pytest.raises(Gone):
            await opening(world.core, made, by=by)

    assert len(await world.entries("share_fail")) == 3


async def test_a_share_holds_a_file(world: World) -> None:
    """T-1: a share can hold one file instead of text."""
    content = b"\0\1\2" + world.markers.value("file").encode()
    new = NewContent(file_name="id_ed25519.key", file_content=base64.b64encode(content).decode())
    made = await create_share(world.core, world.owner, new)
    shown = await opening(world.core, made)

    assert (shown.value, shown.filename) == (None, "id_ed25519.key")
    assert base64.b64decode(shown.base64 or "") == content


@pytest.mark.parametrize(
    "content",
    [
        NewContent(),
        NewContent(text=""),
        NewContent(text="x" * (MOST_BYTES + 1)),
        NewContent(text="\ud800"),
        NewContent(text="a", file_name="b", file_content="YQ=="),
        NewContent(file_name="../etc/passwd", file_content="YQ=="),
        NewContent(file_name="", file_content="YQ=="),
        NewContent(file_name="a", file_content="no base64"),
        NewContent(file_name="a", file_content=""),
    ],
)
async def test_invalid_content(world: World, content: NewContent) -> None:
    """T-1: a share with no content, both kinds, over 100 KB or an invalid file name isn't stored."""
    with pytest.raises(Invalid):
        await create_share(world.core, world.owner, content)

    assert (await count_shares(world.core, world.owner)).pending == 0


async def test_the_largest_share(world: World) -> None:
    """T-1: 100 KB is allowed."""
    value = "ä" * (MOST_BYTES // 2)
    made = await create_share(world.core, world.owner, NewContent(text=value))

    assert (await opening(world.core, made)).value == value


@pytest.mark.parametrize(
    "options",
    [
        {"lifetime": timedelta(seconds=59)},
        {"lifetime": timedelta(hours=24, seconds=1)},
        {"tries": 0},
        {"tries": 6},
        {"label": "a\nb"},
    ],
)
async def test_limits_of_a_share(world: World, options: dict[str, Any]) -> None:
    """T-1: a share has a lifetime of one minute to 24 hours, and one to five tries."""
    with pytest.raises(Invalid):
        await create_share(world.core, world.owner, NewContent(text="x"), **options)


async def test_the_cap_is_exact(world: World) -> None:
    """Q-1, Q-2: the plan's limit per day is exact, even if shares are created at the same time."""
    await set_limits(world.core, shares_per_day=5)
    results = await asyncio.gather(
        *(create_share(world.core, world.owner, NewContent(text="x")) for _ in range(9)),
        return_exceptions=True,
    )

    assert sum(isinstance(each, CapReached) for each in results) == 4
    assert (await count_shares(world.core, world.owner)).pending == 5


@pytest.mark.parametrize("reason", ["denied", "capped", "invalid"])
async def test_what_is_refused_costs_no_argon2(
    world: World, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    """T-1, A-6: Argon2 runs only for a share that may be created at that moment; a denial is logged once."""
    queue = CountingQueue()
    monkeypatch.setattr(world.core, "passwords", PasswordHasher(queue))
    project = await world.project("billing")
    caller = world.owner if reason != "denied" else _member(world.owner, Access(everywhere=True))
    if reason == "capped":
        await set_limits(world.core, shares_per_day=0)
    text = "" if reason == "invalid" else "x"
    errors = []
    for named in (None, project.id):
        with pytest.raises((Refused, CapReached, Invalid)) as refusal:
            await create_share(world.core, caller, NewContent(text=text), project=named)
        errors.append(refusal.type)

    assert errors == [{"denied": Refused, "capped": CapReached, "invalid": Invalid}[reason]] * 2
    assert queue.computations == 0
    logged = [len(await world.entries(name)) for name in ("share_create", "project_share")]
    assert logged == ([1, 1] if reason == "denied" else [0, 0])


async def test_a_share_of_a_project_is_listed_there(world: World) -> None:
    """T-4, V-7: only the project's access roles determine who can create and see the share."""
    project = await world.project("billing")
    made, _ = await share(world, project=project.id)
    await share(world)
    listed = await list_shares(world.core, world.owner, FIRST, project=project.id)
    member = _member(world.owner, Access(projects=frozenset({project.id})))
    with pytest.raises(Refused):
        await create_share(world.core, member, NewContent(text="x"), project=project.id)
    with pytest.raises(Refused):
        await create_share(world.core, member, NewContent(text="x"))

    assert [each.id for each in listed.items] == [made.share.id]
    assert listed.items[0].project_name == "billing"
    [entry, denied] = await world.entries("project_share")
    assert (entry["project"], entry["target_id"]) == (project.id, made.share.id)
    assert denied["outcome"] == "refused"


async def test_others_see_a_share_only_in_a_project_where_they_can_share(world: World) -> None:
    """T-4, O-1: a member sees all their own shares, and those of projects where they can share."""
    project, other = await world.project("billing"), await world.project("other")
    made, _ = await share(world, project=project.id)
    hidden = [(await share(world, project=other.id))[0], (await share(world))[0]]
    rights = frozenset({(ProjectCapability.SHARES_CREATE, SecretKind.SINGLE)})
    member = _member(world.owner, Access(projects=frozenset({project.id}), rights=rights))
    seen = await list_shares(world.core, member, FIRST)
    for each in hidden:
        with pytest.raises(NotFound):
            await revoke_share(world.core, member, each.share.id)  # pyright: ignore[reportArgumentType]
    own = await create_share(world.core, member, NewContent(text="x"), project=project.id)
    everything = await list_shares(world.core, world.owner, FIRST)

    assert [each.id for each in seen.items] == [made.share.id]
    assert own.share.mine
    assert everything.total == 4
    assert (await count_shares(world.core, member)).pending == 2
    outside = _member(world.owner, Access())
    revoked = await revoke_share(world.core, outside, own.share.id)  # pyright: ignore[reportArgumentType]
    assert revoked.state == "revoked"


async def test_another_vaults_share_does_not_exist(world: World, other_world: World) -> None:
    """V-7: another vault's share can be neither listed nor revoked."""
    made, value = await share(world)
    with pytest.raises(NotFound):
        await revoke_share(other_world.core, other_world.owner, made.share.id)  # pyright: ignore[reportArgumentType]

    assert (await list_shares(other_world.core, other_world.owner, FIRST)).total == 0
    assert (await opening(world.core, made)).value == value


async def test_an_altered_share_does_not_open(world: World, administrator: OpenConnection) -> None:
    """E-1, T-3: moving content to another share's row is detected and logged, and uses nothing up."""
    made, _ = await share(world)
    other, _ = await share(world)
    await administrator.execute(
        "update share_material m set ciphertext = o.ciphertext from share_material o"
        " where m.share = $1 and o.share = $2",
        made.share.id,
        other.share.id,
    )
    with pytest.raises(Exception, match="couldn't be decrypted"):
        await opening(world.core, made)

    assert len(await world.entries("integrity_failure")) == 1


def _member(owner: Human, access: Access) -> Human:
    authority = Authority("member", frozenset(), access)
    return replace(owner, account=AccountId("acc_member"), username="bob", authority=authority)


def test_the_owner_can_share_everywhere() -> None:
    """O-1: full access includes shares."""
    assert (ProjectCapability.SHARES_CREATE, SecretKind.SINGLE) in FULL_ACCESS.rights
