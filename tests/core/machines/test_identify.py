"""Enrollment by workload identity (M-11)."""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from nacl.signing import SigningKey

from strongroom_core.crypto import issuer_keys
from strongroom_core.crypto.issuer_key import IssuerKey
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import (
    AuthenticationFailed,
    Conflict,
    Invalid,
    NotFound,
    Refused,
    TooMany,
)
from strongroom_core.kernel.ids import VaultId
from strongroom_core.machines import identify
from strongroom_core.machines.allowlist import enable_allowlist
from strongroom_core.machines.claims import Condition, Template, is_match, require_conditions
from strongroom_core.machines.identify import audience_form, enroll_job
from strongroom_core.machines.trusts import check_token, revoke_trust
from strongroom_core.machines.views import Registered
from strongroom_testkit.issuer import Issuer, new_key, public_key_of, trust
from strongroom_testkit.outside import Outside, answer, silence
from strongroom_testkit.people import visitor
from strongroom_testkit.world import World


async def enroll(
    world: World,
    token: str,
    key: SigningKey,
    *,
    address: str = "127.9.9.30",
    vault: str | None = None,
    **options: Any,
) -> Registered:
    return await enroll_job(
        world.core,
        visitor(address),
        vault or world.person.vault,
        id_token=token,
        public_key=public_key_of(key),
        hostname="runner-1",
        **options,
    )


async def reasons(world: World) -> list[object]:
    """Return why jobs were turned away, according to the vault's log."""
    entries = await world.entries("machine_identify")
    return [each["reason"] for each in entries if each["outcome"] == "refused"]


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
async def outside(tmp_path: Path) -> AsyncIterator[Outside]:
    async with Outside(tmp_path) as outside:
        yield outside


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
async def test_a_job_gets_a_machine_with_the_trusts_access(world: World, algorithm: str) -> None:
    """M-11: the machine has its access until the end of its lifetime; the event shows what it got."""
    issuer = Issuer(keys=[IssuerKey.generate(algorithm)])
    project = await world.project("shop")
    secret = await world.secret(project, "KEY")
    trusted = await trust(world, issuer, projects=(project.id,), secrets=(secret.id,))
    key = new_key()

    made = await enroll(world, issuer.token(world, key), key)

    async with world.core.database.transaction(world.person.vault) as connection:
        row = await connection.fetchrow("select * from machine where id = $1", made.machine)
        granted = await connection.fetchval("select secret from secret_grant")
    assert row is not None
    assert (row["enrolled_by"], row["enrolled_with"]) == ("ephemeral", trusted.id)
    assert row["approved_at"] is not None
    assert row["expires_at"] == row["registered_at"] + timedelta(hours=1)
    assert granted == secret.id
    assert made.name.startswith("ci-")
    (entry,) = await world.entries("machine_identify")
    detail = msgspec.json.decode(str(entry["detail"]))
    assert (detail["issuer"], detail["subject"]) == (
        issuer.url,
        "repo:acme/shop:ref:refs/heads/main",
    )
    assert detail["source"] == trusted.id


async def test_fifty_presentations_with_one_key_make_one_machine(
    world: World, issuer: Issuer
) -> None:
    """M-11: a token enrolls one machine; another key causes a conflict."""
    await trust(world, issuer)
    key = new_key()
    token = issuer.token(world, key)

    made = await asyncio.gather(*(enroll(world, token, key) for _ in range(50)))

    assert len({each.machine for each in made}) == 1
    async with world.core.database.transaction(world.person.vault) as connection:
        assert await connection.fetchval("select count(*) from machine") == 1


@pytest.mark.parametrize("identified", [True, False])
async def test_a_token_with_another_key_is_a_conflict(
    world: World, issuer: Issuer, identified: bool
) -> None:
    """M-11: the same applies to a token without an ID, which is identified by its signed content."""
    await trust(world, issuer, audience="strongroom")
    first, second = new_key(), new_key()
    jti = {} if identified else {"jti": None}
    token = issuer.token(world, first, aud="strongroom", **jti)
    await enroll(world, token, first)

    with pytest.raises(Conflict, match="another key"):
        await enroll(world, token, second)
    again = issuer.keys[0].sign(msgspec.json.decode(_payload(token)))
    assert again != token  # an ECDSA signature differs each time
    with pytest.raises(Conflict, match="another key"):
        await enroll(world, again, second)


async def test_a_bound_token_is_of_no_use_with_another_key(world: World, issuer: Issuer) -> None:
    """M-11: the audience contains the key's fingerprint, so a stolen token can't be used."""
    await trust(world, issuer)
    token = issuer.token(world, new_key())

    with pytest.raises(AuthenticationFailed):
        await enroll(world, token, new_key())
    assert await reasons(world) == ["token_audience"]


WRONG: dict[str, dict[str, Any]] = {
    "token_unknown_issuer": {"iss": "https://other.example"},
    "token_audience": {"aud": "strongroom:other"},
    "token_expired": {"exp": 1_000_000_000},
    "token_not_yet_valid": {"nbf": 4_000_000_000},
    "token_missing_claim": {"exp": None},
    "token_claim_type": {"iat": "1"},
    "token_condition": {"repository": "acme/other"},
}


@pytest.mark.parametrize("reason", WRONG)
async def test_the_reason_is_in_the_log_and_not_in_the_answer(
    world: World, issuer: Issuer, reason: str
) -> None:
    """M-11: the job gets the same message, no matter what is wrong with its token."""
    await trust(world, issuer)
    key = new_key()

    with pytest.raises(AuthenticationFailed, match=r"\Aauthentication failed\Z"):
        await enroll(world, issuer.token(world, key, **WRONG[reason]), key)
    assert await reasons(world) == [reason]


async def test_expiry_is_exact(world: World, issuer: Issuer, clock: MovableClock) -> None:
    """M-11: a token is accepted until a microsecond before its expiry, and rejected at it."""
    await trust(world, issuer)
    exp = int(clock.now().timestamp()) + 100
    end = clock.now().replace(microsecond=0) + timedelta(seconds=100)
    for early, accepted in ((timedelta(microseconds=1), True), (timedelta(0), False)):
        clock.move(end - early - clock.now())
        key = new_key()
        token = issuer.token(world, key, exp=exp, iat=exp - 100)
        if accepted:
            await enroll(world, token, key)
        else:
            with pytest.raises(AuthenticationFailed):
                await enroll(world, token, key)


async def test_an_unknown_vault_answers_like_a_wrong_token(world: World, issuer: Issuer) -> None:
    """V-7: responses don't reveal whether a vault exists, or has any trusts."""
    key = new_key()
    token = issuer.token(world, key)
    for vault in ("vault_aaaaaaaaaaaaaaaa", "installation", "x", "", world.person.vault):
        with pytest.raises(AuthenticationFailed):
            await enroll(world, token, key, vault=vault or "nothing")


async def test_another_vaults_trust_does_not_count(
    world: World, other_world: World, issuer: Issuer
) -> None:
    """V-7: a trust admits jobs to its own vault only, even if the request gives its ID."""
    trusted = await trust(other_world, issuer)
    key = new_key()

    for named in (None, trusted.id):
        with pytest.raises(AuthenticationFailed):
            await enroll(world, issuer.token(world, key), key, trust=named)


async def test_a_revoked_trust_lets_nobody_in(world: World, issuer: Issuer) -> None:
    """M-11: revoking a trust takes effect immediately, and doesn't affect machines."""
    trusted = await trust(world, issuer)
    first, second = new_key(), new_key()
    await enroll(world, issuer.token(world, first), first)
    await revoke_trust(world.core, world.owner, trusted.id)

    with pytest.raises(AuthenticationFailed):
        await enroll(world, issuer.token(world, second), second)
    async with world.core.database.transaction(world.person.vault) as connection:
        assert await connection.fetchval("select enabled from machine")


async def test_the_cap_is_exact_and_counts_what_exists(
    world: World, issuer: Issuer, clock: MovableClock
) -> None:
    """M-11: of 30 simultaneous jobs for 5 places, 5 get machines; an expired machine frees its place."""
    await trust(world, issuer, max_machines=5)

    async def one() -> bool:
        key = new_key()
        try:
            await enroll(world, issuer.token(world, key), key)
        except TooMany:
            return False
        return True

    assert sum(await asyncio.gather(*(one() for _ in range(30)))) == 5
    assert (await reasons(world)) == ["too_many"] * 25
    clock.move(timedelta(hours=1))
    assert await one()


async def test_a_wrong_address_is_rejected(world: World, issuer: Issuer) -> None:
    """M-11, R-8: outside the trust's networks tokens are rejected; outside the allowlist they get 403."""
    await trust(world, issuer, source_cidrs=("10.0.0.0/8",))
    key = new_key()
    token = issuer.token(world, key)

    with pytest.raises(AuthenticationFailed):
        await enroll(world, token, key)
    await enable_allowlist(world.core, world.owner, allow_empty=True)
    with pytest.raises(Refused, match="Access denied"):
        await enroll(world, token, key, address="10.1.2.3")
    with pytest.raises(Refused, match="Access denied"):
        await enroll(world, "not a token", key, address="10.1.2.3")
    assert await reasons(world) == ["token_address", "address_denied", "address_denied"]


async def test_strangers_cannot_fill_the_log(world: World, issuer: Issuer) -> None:
    """L-1: unsigned tokens cause at most three events per address in half an hour."""
    await trust(world, issuer)
    for _ in range(10):
        with pytest.raises(AuthenticationFailed):
            await enroll(world, "a.b.c", new_key())

    assert len(await reasons(world)) == 3


async def test_jobs_of_strangers_cannot_fill_the_log(world: World, issuer: Issuer) -> None:
    """L-1: GitHub signs tokens for everyone's jobs, so a valid signature alone doesn't cause an event."""
    await trust(world, issuer)
    for wrong in ({"repository": "evil/shop"}, {"exp": 1}, {"aud": "x"}) * 3:
        key = new_key()
        with pytest.raises(AuthenticationFailed):
            await enroll(world, issuer.token(world, key, **wrong), key)

    assert len(await reasons(world)) == 3


async def test_an_unknown_key_id_does_not_forget_the_keys(
    world: World, issuer: Issuer, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M-11: an unsigned token can cause keys to be fetched; if that fails, the known ones still work."""
    monkeypatch.setattr(issuer_keys, "AGAIN_SECONDS", 0.0)
    answers = issuer.answers()
    await outside.serve("issuer.example", "8.8.4.4", answers)
    world.core.sender = outside.sender()
    await trust(world, issuer, pasted=False)
    first, second, key = new_key(), new_key(), new_key()
    await enroll(world, issuer.token(world, first), first)
    answers["/keys"] = answer(500)

    stranger = Issuer(keys=[IssuerKey.generate(key_id="unknown")])
    with pytest.raises(AuthenticationFailed):
        await enroll(world, stranger.token(world, key), key)
    await enroll(world, issuer.token(world, second), second)

    assert outside.requested.count("/keys") == 2
    assert await reasons(world) == ["token_unknown_key"]


async def test_one_vaults_slow_issuers_leave_room_for_others(
    outside: Outside, issuer: Issuer
) -> None:
    """M-11: a vault has a limited share of key requests; a request above it isn't cached as a failure."""
    path = "/.well-known/openid-configuration"
    await outside.serve("issuer.example", "8.8.4.4", issuer.answers())
    await outside.serve(
        "slow.example", "8.8.4.5", {f"/{each}{path}": silence() for each in range(4)}
    )
    sender, keys = outside.sender(), issuer_keys.IssuerKeys()
    slow, other = VaultId("vault_aaaaaaaaaaaaaaaa"), VaultId("vault_bbbbbbbbbbbbbbbb")
    urls = [f"https://slow.example/{each}" for each in range(issuer_keys.AT_ONCE_OF_VAULT)]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(keys.keys_of(sender, slow, url)) for url in urls]
        while len(outside.requested) < len(urls):
            await asyncio.sleep(0.01)
        with pytest.raises(issuer_keys.KeysUnavailable, match="crowded"):
            await keys.keys_of(sender, slow, issuer.url)
        assert (await keys.keys_of(sender, other, issuer.url)).keys
        for task in tasks:
            task.cancel()
    assert (await keys.keys_of(sender, slow, issuer.url)).keys


async def test_entered_keys_are_parsed_once(
    world: World, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M-11: anyone can send tokens, so each must cost little; key sets entered by hand are limited."""
    await trust(world, issuer)
    for _ in range(2):
        key = new_key()
        await enroll(world, issuer.token(world, key), key)
        monkeypatch.setattr(identify, "parse_key_set", None)
    with pytest.raises(Invalid, match="16 KiB"):
        await trust(world, Issuer(keys=[IssuerKey.generate(key_id="x" * 255)] * 60))


async def test_keys_are_found_by_discovery(
    world: World, issuer: Issuer, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M-11: keys are fetched once, and once more for an unknown key ID, but not for every such ID."""
    await outside.serve("issuer.example", "8.8.4.4", issuer.answers())
    world.core.sender = outside.sender()
    await trust(world, issuer, pasted=False)
    key = new_key()
    for _ in range(3):
        key = new_key()
        await enroll(world, issuer.token(world, key), key)
    assert outside.requested.count("/keys") == 1

    stranger = Issuer(keys=[IssuerKey.generate(key_id="unknown")])
    for _ in range(5):
        key = new_key()
        with pytest.raises(AuthenticationFailed):
            await enroll(world, stranger.token(world, key), key)
    assert outside.requested.count("/keys") == 1
    monkeypatch.setattr(issuer_keys, "AGAIN_SECONDS", 0.0)
    with pytest.raises(AuthenticationFailed):
        await enroll(world, stranger.token(world, key), key)
    assert outside.requested.count("/keys") == 2


@pytest.mark.parametrize("fault", ["away", "slow", "redirect", "private", "other issuer", "status"])
async def test_a_failing_issuer_delays_nothing_else(
    world: World, issuer: Issuer, outside: Outside, fault: str
) -> None:
    """M-11: if an issuer is down, slow or wrong, its jobs fail in time, and nothing else waits."""
    served, path = issuer.answers(), "/.well-known/openid-configuration"
    if fault == "slow":
        served[path] = silence()
    if fault == "redirect":
        served[path] = answer(302, b"", ("Location", "https://169.254.169.254/"))
    if fault == "other issuer":
        served[path] = answer(200, b'{"issuer":"https://evil.example","jwks_uri":"x"}')
    if fault == "status":
        served[path] = answer(500)
    if fault != "away":
        await outside.serve("issuer.example", "8.8.4.4", served)
    if fault == "private":
        outside.names["issuer.example"] = [["10.0.0.1"]]
    world.core.sender = outside.sender(total_seconds=0.5)
    await trust(world, issuer, pasted=False)
    key = new_key()
    async with asyncio.timeout(10):
        with pytest.raises(AuthenticationFailed):
            await enroll(world, issuer.token(world, key), key)

    assert await reasons(world) == ["token_keys_unavailable"]
    assert "10.0.0.1" not in outside.connected


_GITHUB, _GITLAB = "https://token.actions.githubusercontent.com", "https://gitlab.com"
_OWN = "https://issuer.example"


@pytest.mark.parametrize(
    ("template", "issuer", "conditions", "limited"),
    [
        ("github", _OWN, {}, False),
        ("github", _OWN, {"ref": "refs/heads/main"}, False),
        ("github", _OWN, {"repository": "*"}, False),
        ("github", _OWN, {"repository": "acme*"}, False),
        ("github", _OWN, {"repository": "/*"}, False),
        ("github", _OWN, {"repository": "*/shop"}, False),
        ("github", _OWN, {"repository": "acme/*"}, True),
        ("github", _OWN, {"repository": "acme/shop"}, True),
        ("github", _OWN, {"repository_owner": "acme*"}, False),
        ("github", _OWN, {"repository_owner": "acme"}, True),
        ("github", _OWN, {"repository_owner_id": "1*"}, False),
        ("github", _OWN, {"sub": "repo:*"}, False),
        ("github", _OWN, {"sub": "repo:acme*"}, False),
        ("github", _OWN, {"sub": "repo:*/shop:ref:refs/heads/main"}, False),
        ("github", _OWN, {"sub": "xrepo:acme/*"}, False),
        ("github", _OWN, {"sub": "repo:acme/*"}, True),
        ("github", _OWN, {"sub": "repo:*", "repository_id": "17"}, True),
        ("gitlab", _OWN, {"sub": "project_path:*"}, False),
        ("gitlab", _OWN, {"sub": "project_path:acme/*"}, True),
        ("gitlab", _OWN, {"project_path": "acme*"}, False),
        ("gitlab", _OWN, {"project_path": "acme/*"}, True),
        ("gitlab", _OWN, {"namespace_path": "acme*"}, False),
        ("gitlab", _OWN, {"project_id": "1*"}, False),
        ("kubernetes", _OWN, {"sub": "system:serviceaccount:*"}, False),
        ("kubernetes", _OWN, {"sub": "system:serviceaccount:shop*"}, False),
        ("kubernetes", _OWN, {"sub": "system:serviceaccount:shop:*"}, True),
        ("other", _OWN, {}, False),
        ("other", _OWN, {"email": "*@acme.example"}, False),
        ("other", _OWN, {"email": "a*"}, False),
        ("other", _OWN, {"email": "ci@acme.example"}, True),
        ("other", _GITHUB, {"ref": "refs/heads/main"}, False),
        ("other", _GITHUB + "/acme", {"ref": "refs/heads/main"}, False),
        ("other", _GITHUB, {"sub": "repo:acme/*"}, True),
        ("kubernetes", _GITLAB, {"sub": "system:serviceaccount:shop:*"}, False),
        ("other", _GITLAB, {"ref_protected": "true"}, False),
    ],
)
def test_a_condition_must_say_whose_jobs(
    template: str, issuer: str, conditions: dict[str, str], limited: bool
) -> None:
    """M-11: anyone can get a token from a public issuer, so a condition must say whose tokens count."""
    listed = [Condition(*each) for each in conditions.items()]
    if limited:
        require_conditions(Template(template), issuer, listed)
    else:
        with pytest.raises(Invalid, match="otherwise anyone"):
            require_conditions(Template(template), issuer, listed)


async def test_an_unusable_trust_is_rejected(world: World, issuer: Issuer) -> None:
    """M-11: a trust needs reachable keys, and conditions that limit something and aren't checked anyway."""
    for conditions in ({"aud": "x", "sub": "repo:acme/*"}, {"sub": "repo:*"}):
        with pytest.raises(Invalid, match=r"otherwise anyone|is checked"):
            await trust(world, issuer, conditions=conditions)
    with pytest.raises(Invalid):
        await trust(world, Issuer(url="https://127.0.0.1"), pasted=False)
    with pytest.raises(Invalid):
        await trust(world, Issuer(url="ftp://issuer.example"))


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("a", "a", True),
        ("a", "A", False),
        ("a*", "a", True),
        ("*", "", True),
        ("a*c", "abc", True),
        ("a*c", "ac", True),
        ("a*a", "a", False),
        ("a*b*c", "axxbyyc", True),
        ("a*b*c", "axxcyyb", False),
        ("*b*", "abc", True),
        ("a.c", "abc", False),
        ("a*", "a\nb", True),
        ("refs/heads/*", "refs/tags/v1", False),
        ("**", "x", True),
    ],
)
def test_globs(pattern: str, text: str, matches: bool) -> None:
    """M-11: `*` matches any characters, and nothing else is special."""
    assert is_match(pattern, text) is matches


async def test_the_tester_says_which_condition_fails(world: World, issuer: Issuer) -> None:
    """M-11: a pasted token, or its claims, is compared condition by condition; no machine is created."""
    trusted = await trust(world, issuer)
    token = issuer.token(world, new_key(), repository="acme/other")

    shown = await check_token(world.core, world.owner, trusted.id, token)
    claims = msgspec.json.encode(issuer.claims(world, new_key())).decode()
    unsigned = await check_token(world.core, world.owner, trusted.id, claims)

    assert [(each.name, each.passes) for each in shown.checks] == [
        ("Signature", True),
        ("Issuer", True),
        ("Not expired", True),
        ("Audience is bound to the key", True),
        ("sub", True),
        ("repository", False),
    ]
    assert not shown.accepted
    assert "✗ repository: got acme/other, expected acme/shop" in shown.summary
    assert unsigned.accepted
    assert "signature wasn't checked" in unsigned.summary
    with pytest.raises(Invalid):
        await check_token(world.core, world.owner, trusted.id, "nonsense")
    async with world.core.database.transaction(world.person.vault) as connection:
        assert await connection.fetchval("select count(*) from machine") == 0


async def test_a_job_can_ask_which_audience_it_needs(world: World, issuer: Issuer) -> None:
    """WIRE 8, R-8: without a known trust or from outside the allowlist, the audience has the usual form."""
    fixed = await trust(world, issuer, audience="strongroom")
    vault = world.person.vault

    form = await audience_form(world.core, visitor(), vault, fixed.id)
    assert (form.audience, form.bound) == ("strongroom", False)
    usual = [(vault, None), (vault, "trust_aaaaaaaaaaaaaaaa"), ("vault_aaaaaaaaaaaaaaaa", fixed.id)]
    await enable_allowlist(world.core, world.owner, allow_empty=True)
    for asked in (*usual, (vault, fixed.id)):
        form = await audience_form(world.core, visitor("10.1.2.3"), *asked)
        assert (form.audience, form.bound) == (f"strongroom:{asked[0]}:{{fingerprint}}", True)


async def test_the_owner_must_be_able_to_give_what_the_trust_gives(
    world: World, other_world: World, issuer: Issuer
) -> None:
    """V-7: a trust can't give access to another vault's projects."""
    project = await other_world.project("theirs")

    with pytest.raises(NotFound):
        await trust(world, issuer, projects=(project.id,))


def _payload(token: str) -> bytes:
    part = token.split(".")[1]
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
