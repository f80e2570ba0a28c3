"""Enrollment by workload identity over HTTP, and ID tokens with every kind of mistake (M-11, WIRE 8)."""

from __future__ import annotations

import asyncio
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from strongroom_api.process import Process
from strongroom_core.core import Core
from strongroom_core.crypto.issuer_key import IssuerKey
from strongroom_core.crypto.random import random_bytes
from strongroom_testkit.app import make_app
from strongroom_testkit.issuer import Issuer, new_key, public_key_of, trust
from strongroom_testkit.raw_requests import Answer, send
from strongroom_testkit.world import World

if TYPE_CHECKING:
    from litestar import Litestar
    from nacl.signing import SigningKey

MUTATIONS = int(os.environ.get("STRONGROOM_TOKEN_MUTATIONS", "150"))

_addresses = count(1)


@pytest.fixture
def app(core: Core) -> Litestar:
    return make_app(Process(core))


async def post(
    app: Litestar, vault: str, token: Any, key: SigningKey, *, address: str | None = None
) -> Answer:
    number = next(_addresses)
    body = {"idToken": token, "publicKey": public_key_of(key), "hostname": "runner-1"}
    return await send(
        app,
        "POST",
        f"/v1/{vault}/enroll/oidc".encode(),
        [(b"content-type", b"application/json")],
        json.dumps(body).encode(),
        address=address or f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
    )


async def test_a_job_registers_and_reads_the_audience(world: World, app: Litestar) -> None:
    """WIRE 8: the call responds like `enroll/register`; the audience call takes the trust in its query."""
    issuer, key = Issuer(), new_key()
    trusted = await trust(world, issuer)
    vault = world.person.vault
    path = f"/v1/{vault}/enroll/oidc".encode()

    made = await post(app, vault, issuer.token(world, key), key)
    form = await send(app, "GET", path + f"?trust={trusted.id}".encode(), [])
    wrong = await send(app, "GET", path + b"?x=1", [])

    assert made.status == 201
    assert set(made.json()) == {"machineId", "machineName", "vaultId", "apiUrl", "expiresAt"}
    assert (form.status, form.json()) == (
        200,
        {"audience": f"strongroom:{vault}:{{fingerprint}}", "bound": True},
    )
    assert wrong.status == 400


async def test_one_token_fifty_times_makes_one_machine(world: World, app: Litestar) -> None:
    """M-11: parallel requests with the same key enroll one machine; those with another key get 409."""
    issuer, key, other = Issuer(), new_key(), new_key()
    await trust(world, issuer, audience="fixed")
    token = issuer.token(world, key, aud="fixed")
    vault = world.person.vault

    made = await asyncio.gather(*(post(app, vault, token, key) for _ in range(50)))

    assert {each.status for each in made} == {201}
    assert len({each.json()["machineId"] for each in made}) == 1
    assert (await post(app, vault, token, other)).status == 409


async def test_no_wrong_token_is_accepted(world: World, app: Litestar) -> None:
    """M-11: no wrong token is accepted or causes a server error, and responses never say what was wrong."""
    issuers = [Issuer(keys=[IssuerKey.generate(each)]) for each in ("RS256", "ES256", "EdDSA")]
    vault, answers = world.person.vault, Counter[tuple[int, str]]()
    for number, issuer in enumerate(issuers):
        issuer.url = f"https://issuer-{number}.example"
        await trust(world, issuer, name=f"trust-{number}")
    for issuer in issuers:
        for mutation in mutations(world, issuer, MUTATIONS // len(issuers) + 1):
            key = new_key()
            answer = await post(app, vault, mutation(key), key)
            text = answer.json().get("error", "")
            answers[answer.status, text if answer.status == 401 else ""] += 1

    print(f"{sum(answers.values())} wrong tokens: {dict(answers)}")
    assert set(answers) <= {(400, ""), (401, "authentication failed"), (413, "")}
    async with world.core.database.transaction(vault) as connection:
        assert await connection.fetchval("select count(*) from machine") == 0
        reasons = await connection.fetch(
            "select distinct reason from audit_entry where action = 'machine_identify'"
        )
    assert {row["reason"] for row in reasons} >= {
        "token_audience",
        "token_condition",
        "token_expired",
    }
    for issuer in issuers:  # The tokens differ from good ones only in what was changed.
        key = new_key()
        assert (await post(app, vault, issuer.token(world, key), key)).status == 201


Mutation = Callable[["SigningKey"], Any]


def mutations(world: World, issuer: Issuer, number: int) -> Iterator[Mutation]:
    """Yield functions that create wrong tokens: all kinds of mistakes, or every nth, then random changes."""
    kinds = [*_claims(world, issuer), *_headers(world, issuer), *_forms(world, issuer)]
    kinds = kinds[:: max(1, len(kinds) // number)][:number]
    yield from kinds
    for _ in range(number - len(kinds)):
        if random_bytes(1)[0] % 2:
            yield lambda key: _flipped(issuer.token(world, key))
        else:
            yield lambda key: _respelled(issuer, issuer.claims(world, key))


def _claims(world: World, issuer: Issuer) -> Iterator[Mutation]:
    """Correctly signed tokens with wrong claims: wrong values, types or nesting, or missing claims."""
    now = int(world.core.clock.now().timestamp())
    strange: list[Any] = [None, "", " ", 0, 1, -1, 1.5, True, False, [], {}, [[]], {"a": {"b": []}}]
    strange += [
        "x" * 10_000,
        10**30,
        1e300,
        "\u0000",
        "\ud800",
        "\u202e",
        ["a", "b"],
        [1],
        [None],
        {"": ""},
    ]
    for name in ("iss", "aud", "exp", "iat", "repository", "sub", "jti", "nbf"):
        for value in strange:
            optional = name in ("jti", "nbf") and value is None
            harmless = name == "jti" and value in (" ", "x" * 10_000, "\u202e")
            harmless |= (
                name in ("nbf", "iat") and not isinstance(value, bool) and value in (0, 1, 1.5)
            )
            if not (optional or harmless):
                yield lambda key, n=name, v=value: issuer.token(world, key, **{n: v})
    wrong: dict[str, list[Any]] = {
        "iss": ["https://issuer.example/", "https://ISSUER.example", "https://evil.example"],
        "aud": ["strongroom", "*", f"strongroom:{world.person.vault}", [world.person.vault]],
        "exp": [now, now - 1, now - 10**6, str(now + 600), 10**15, "9999999999"],
        "iat": [now + 1000, now + 10**6, str(now)],
        "nbf": [now + 1000, now + 10**6, str(now)],
        "repository": ["acme/shop ", "ACME/shop", "acme/shopx", "*", "acme/*", ["acme/shop"]],
        "sub": ["repo:other/x", "xrepo:acme/x", {"repo:acme/": 1}],
    }
    for name, values in wrong.items():
        for value in values:
            yield lambda key, n=name, v=value: issuer.token(world, key, **{n: v})
    yield lambda key: issuer.token(
        world, key, aud=[issuer.claims(world, key)["aud"], "another audience"]
    )
    yield lambda _key: issuer.token(world, new_key())


def _headers(world: World, issuer: Issuer) -> Iterator[Mutation]:
    """Tokens with algorithm confusion, `none`, HMAC with the public key, other keys, or keys in headers."""
    own = issuer.keys[0]

    def signed(key: SigningKey, algorithm: str, secret: bytes, **header: Any) -> str:
        head = _part({"alg": algorithm, "kid": own.key_id, "typ": "JWT", **header})
        body = f"{head}.{_part(issuer.claims(world, key))}"
        digest = jwt.get_algorithm_by_name("HS256")
        signature = b"" if algorithm.lower() == "none" else digest.sign(body.encode(), secret)
        return f"{body}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"

    for algorithm in (
        "none",
        "None",
        "NONE",
        "nOnE",
        "HS256",
        "HS384",
        "HS512",
        "RS256",
        "ES256",
        "EdDSA",
    ):
        for secret in (own.public_pem(), issuer.key_set(), b"", b"secret", own.key_id.encode()):
            yield lambda key, a=algorithm, s=secret: signed(key, a, s)
    for algorithm in (
        "PS256",
        "RS384",
        "RS512",
        "ES384",
        "ES256K",
        "Ed25519",
        "",
        "rs256",
        "RS256 ",
    ):
        yield lambda key, a=algorithm: _reheaded(issuer.token(world, key), alg=a)
    for other in ("RS256", "ES256", "EdDSA"):
        stranger = IssuerKey.generate(other, own.key_id)
        yield lambda key, k=stranger: k.sign(issuer.claims(world, key))
        yield lambda key, k=stranger: k.sign(issuer.claims(world, key), jwk=k.jwk())
        yield lambda key, k=stranger: k.sign(issuer.claims(world, key), jku="https://evil.example")
    for kid in ("2", "", "../../etc/passwd", "' or 1=1 --", "x" * 300, "\u0000"):
        yield lambda key, k=kid: own.sign(issuer.claims(world, key), kid=k)
    kids: list[Any] = [1, None, [], {}, True]
    for kid in kids:
        yield lambda key, k=kid: _reheaded(issuer.token(world, key), kid=k)
    extras: list[dict[str, Any]] = [{"crit": ["exp"]}, {"b64": False}, {"crit": []}, {"b64": True}]
    for extra in [*extras, {"zip": "DEF"}]:
        yield lambda key, e=extra: _reheaded(issuer.token(world, key), **e)


def _forms(world: World, issuer: Issuer) -> Iterator[Mutation]:
    """Texts that aren't tokens, or are tokens in another form."""

    def good(key: SigningKey) -> str:
        return issuer.token(world, key)

    forms: list[Mutation] = [
        lambda key: good(key) + "=",
        lambda key: good(key) + ".",
        lambda key: "." + good(key),
        lambda key: good(key).replace(".", "..", 1),
        lambda key: " " + good(key),
        lambda key: good(key) + "\n",
        lambda key: "Bearer " + good(key),
        lambda key: good(key).rpartition(".")[0] + ".",
        lambda key: good(key).rpartition(".")[0],
        lambda key: good(key).split(".")[1],
        lambda key: [good(key)],
        lambda key: {"token": good(key)},
        lambda _key: None,
        lambda _key: 7,
        lambda _key: "",
        lambda _key: "..",
        lambda _key: "a.b.c",
        lambda _key: "a.b.c.d.e",
        lambda _key: "x" * 17_000,
        lambda _key: "x" * 1_000_000,
        lambda key: good(key) + "A" * 16_000,
        lambda key: _resigned(issuer, "{" + _json(issuer.claims(world, key))[1:-1] + ',"iss":"x"}'),
        lambda key: _resigned(issuer, '{"aud":"x",' + _json(issuer.claims(world, key))[1:]),
        lambda key: _resigned(
            issuer, _json(issuer.claims(world, key))[:-1] + ',"sub":"repo:acme/x"}'
        ),
        lambda key: _resigned(issuer, "[" * 5000 + "]" * 5000),
        lambda key: _resigned(issuer, '{"a":' * 2000 + "1" + "}" * 2000),
        lambda key: _resigned(issuer, _json([issuer.claims(world, key)])),
        lambda key: _resigned(issuer, _json(issuer.claims(world, key)) + " {}"),
        lambda key: _resigned(
            issuer, _json(issuer.claims(world, key)).replace('"exp":', '"exp":NaN,"x":')
        ),
        lambda key: _resigned(
            issuer, _json(issuer.claims(world, key)).replace('"exp":', '"exp":1e999,"x":')
        ),
        lambda _key: _resigned(issuer, ""),
        lambda _key: _resigned(issuer, "null"),
        lambda _key: _resigned(issuer, '"text"'),
    ]
    yield from forms


def _flipped(token: str) -> str:
    """Return a token with one character changed to another from the alphabet, at any position."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
    place, letter = (int.from_bytes(random_bytes(4), "big") for _ in range(2))
    at = place % len(token)
    others = [each for each in alphabet if each != token[at]]
    return token[:at] + others[letter % len(others)] + token[at + 1 :]


def _respelled(issuer: Issuer, claims: dict[str, Any]) -> str:
    """Return a token with other claims and the original signature."""
    real = issuer.keys[0].sign(claims)
    head, _, signature = real.split(".")
    names = list(claims)
    name = names[random_bytes(1)[0] % len(names)]
    changed = {**claims, name: random_bytes(4).hex()}
    return f"{head}.{_part(changed)}.{signature}"


def _reheaded(token: str, **header: Any) -> str:
    """Return a token with another header, and the original signature."""
    head, body, signature = token.split(".")
    old = json.loads(urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    return f"{_part({**old, **header})}.{body}.{signature}"


def _resigned(issuer: Issuer, payload: str) -> str:
    """Return a correctly signed token with this payload, which may be invalid JSON."""
    key = issuer.keys[0]
    signer = jwt.PyJWS()
    return signer.encode(payload.encode(), key.private, key.algorithm, headers={"kid": key.key_id})


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _part(value: Any) -> str:
    return urlsafe_b64encode(_json(value).encode()).rstrip(b"=").decode()
