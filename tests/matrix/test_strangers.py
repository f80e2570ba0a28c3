"""The matrix of public operations, which need no authentication (A-1, A-6, A-10, M-3, L-1)."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest
from nacl.signing import SigningKey

from strongroom_core.access.action import Plane
from strongroom_core.crypto.random import random_bytes
from strongroom_core.crypto.token import mint_token
from strongroom_core.grants.scope import Scope
from strongroom_core.kernel.ids import INSTALLATION, DropBoxId, SecretId, ShareId
from strongroom_core.machines.bootstrap import create_bootstrap_token
from strongroom_core.machines.enrollment import (
    NewToken,
    create_enrollment_token,
    revoke_enrollment_token,
)
from strongroom_core.machines.provision import provision_machine
from strongroom_core.machines.temporary import NewTemporary, create_temporary_token
from strongroom_core.machines.terms import Terms
from strongroom_core.machines.trusts import revoke_trust
from strongroom_core.shares.content import NewContent
from strongroom_core.shares.create import create_share
from strongroom_core.shares.drop_boxes import create_drop_box, revoke_drop_box
from strongroom_core.shares.listing import revoke_share
from strongroom_testkit.issuer import Issuer, new_key, public_key_of, trust
from strongroom_testkit.world import World
from tests.links import link_words
from tests.places import PlaceMaker, State
from tests.requests import REQUESTS, actions_of

from .expected import Who
from .matrix_world import MatrixWorld

STRANGERS = list(actions_of(Plane.PUBLIC))

Words = Mapping[str, str]
Entry = tuple[Any, Any, Any, Any]


async def _token(
    matrix: MatrixWorld, maker: PlaceMaker, *, used: bool = False, late: bool = False
) -> str:
    """Create a vault's registration token: new, used, or eleven minutes old."""
    world: World = maker.world
    made = await create_bootstrap_token(world.core, world.owner)
    world.markers.note(made.token)
    if used:
        words = _registration(maker, made.token)
        done = await _send(matrix.stranger(), "registerMachine", words)
        assert done.status_code == 201, done.text
    if late:
        await matrix.administrator.execute(
            "update machine_token set expires_at = $1"
            " where created_at = (select max(created_at) from machine_token) and used_at is null",
            world.core.clock.now() - timedelta(seconds=1),
        )
    return made.token


async def _send(client: httpx.AsyncClient, operation: str, words: Words) -> httpx.Response:
    request = REQUESTS[operation].fill(words)
    return await client.request(request.method, request.path, json=request.body)


def _registration(maker: PlaceMaker, token: str) -> Words:
    key = bytes(SigningKey(random_bytes(32)).verify_key)
    return {"token": token, "public_key": b64encode(key).decode(), "new": maker.name("host")}


async def _credentials(matrix: MatrixWorld, case: str) -> Words:
    person = (matrix.theirs if case == "other" else matrix.mine).world.person
    for table in ("passkey", "totp"):
        await matrix.administrator.execute(
            f"delete from {table} where account = $1", person.account
        )
    matrix.renew_places(person)
    wrong = matrix.mine.world.markers.password()
    return {
        "email": "nobody@example.org" if case == "absent" else person.email,
        "password": person.password if case in ("own", "other") else wrong,
    }


async def _factor(matrix: MatrixWorld, case: str) -> Words:
    del matrix, case
    names = ("code", "credential", "client_data", "authenticator_data", "signature")
    return dict.fromkeys(names, "")


async def _operator(matrix: MatrixWorld, case: str) -> Words:
    unknown = matrix.mine.world.markers.note(mint_token("srl")[0])
    return {
        "setup_token": matrix.setup_token if case == "used" else unknown,
        "password": matrix.mine.world.markers.password(),
        "username": "eve",
        "email": "eve@example.org",
    }


async def _sign_up(matrix: MatrixWorld, case: str) -> Words:
    words = await _operator(matrix, "absent")
    return words if case == "absent" else {**words, "email": matrix.mine.world.person.email}


async def _link(matrix: MatrixWorld, case: str, operation: str) -> Words:
    world = matrix.mine.world
    _, words = await link_words(world.core, world.markers)
    unknown = {word: world.markers.note(mint_token("srl")[0]) for word in words}
    words |= {"password": world.markers.password(), "username": f"x-{random_bytes(4).hex()}"}
    if case == "used":
        done = await _send(matrix.stranger(), operation, words)
        assert done.is_success, done.text
    return {**words, **unknown} if case == "absent" else words


async def _bootstrap(matrix: MatrixWorld, case: str) -> Words:
    if case == "absent":
        token = matrix.mine.world.markers.note(mint_token("srb")[0])
    else:
        maker = matrix.theirs if case == "other" else matrix.mine
        token = await _token(matrix, maker, used=case == "used", late=case == "late")
    return _registration(matrix.mine, token)


async def _enroll(matrix: MatrixWorld, case: str) -> Words:
    maker = matrix.theirs if case == "other" else matrix.mine
    world = maker.world
    wanted = NewToken(
        name=maker.name("token"), lifetime=86_400, terms=Terms(machine_lifetime=3600, max_uses=1)
    )
    made = await create_enrollment_token(world.core, world.owner, wanted)
    world.markers.note(made.token)
    if case == "revoked":
        await revoke_enrollment_token(world.core, world.owner, made.view.id)
    token = world.markers.note(mint_token("sre")[0]) if case == "absent" else made.token
    vault = (matrix.theirs if case == "elsewhere" else maker).world.person.vault
    words = _registration(matrix.mine, token)
    return {**words, "enrollment_secret": token, "vault": vault}


async def _identify(matrix: MatrixWorld, case: str) -> Words:
    maker = matrix.theirs if case == "other" else matrix.mine
    issuer, key = Issuer(url=f"https://{maker.name('issuer')}.example"), new_key()
    trusted = await trust(maker.world, issuer, name=maker.name("issuer"))
    if case == "revoked":
        await revoke_trust(maker.world.core, maker.world.owner, trusted.id)
    exp = {"exp": 1_000_000_000} if case == "late" else {}
    vault = maker.world.person.vault if case != "absent" else "vault_aaaaaaaaaaaaaaaa"
    return {
        "vault": vault,
        "id_token": maker.world.markers.note(issuer.token(maker.world, key, **exp)),
        "public_key": public_key_of(key),
        "trust": trusted.id,
    }


async def _share(matrix: MatrixWorld, case: str) -> Words:
    maker = matrix.theirs if case == "other" else matrix.mine
    world = maker.world
    made = await create_share(
        world.core, world.owner, NewContent(text=world.markers.value("share"))
    )
    words = {"locator": made.locator, "key": made.key, "passphrase": made.passphrase}
    if case == "used":
        assert (await _send(matrix.stranger(), "openShare", words)).status_code == 200
    if case == "revoked":
        await revoke_share(world.core, world.owner, ShareId(made.share.id))
    if case == "late":
        await matrix.administrator.execute(
            "update share set expires_at = created_at where id = $1", made.share.id
        )
    if case == "wrong":
        words["passphrase"] = "-".join(["academic"] * 8)
    return {**words, "locator": "A" * 22} if case == "absent" else words


async def _drop_box(matrix: MatrixWorld, case: str) -> Words:
    maker = matrix.theirs if case == "other" else matrix.mine
    world, place = maker.world, await matrix.place(State.LIVE, mine=case != "other")
    made = await create_drop_box(world.core, world.owner, SecretId(place.secret), overwrite=True)
    words = {"box_locator": made.locator, "box_key": made.key}
    if case == "used":
        assert (await _send(matrix.stranger(), "useDropBox", words)).status_code == 204
    if case == "revoked":
        box = DropBoxId(made.drop_box.id)
        await revoke_drop_box(world.core, world.owner, SecretId(place.secret), box)
    if case == "late":
        await matrix.administrator.execute(
            "update drop_box set expires_at = created_at where id = $1", made.drop_box.id
        )
    return {**words, "box_key": "A" * 22} if case == "absent" else words


async def _temporary(matrix: MatrixWorld, case: str) -> Words:
    maker = matrix.theirs if case == "other" else matrix.mine
    world = maker.world
    wanted = NewTemporary(lifetime=86_400, token_lifetime=3600)
    made = await create_temporary_token(world.core, world.owner, wanted)
    token = world.markers.note(mint_token("srb")[0] if case == "absent" else made.token)
    vault = (matrix.theirs if case == "elsewhere" else maker).world.person.vault
    words = {**_registration(maker, token), "temporary_token": token, "vault": vault}
    if case == "used":
        done = await _send(matrix.stranger(), "registerTemporaryMachine", words)
        assert done.status_code == 201, done.text
        words = {
            **_registration(maker, token),
            **{k: words[k] for k in ("temporary_token", "vault")},
        }
    return words


async def _key_file(matrix: MatrixWorld, case: str) -> Words:
    maker = matrix.theirs if case == "other" else matrix.mine
    world = maker.world
    made = await provision_machine(
        world.core, world.owner, name=maker.name("container"), scope=Scope()
    )
    world.markers.note(made.token)
    words = {"key_file_token": made.token}
    if case == "used":
        done = await _send(matrix.stranger(), "downloadKeyFile", words)
        assert done.status_code == 200, done.text
    return {"key_file_token": mint_token("srp")[0]} if case == "absent" else words


async def _key(matrix: MatrixWorld, case: str) -> Words:
    del case
    return _registration(matrix.mine, "")


LINKED = {
    "confirmSignUp": (201, "account_create"),
    "resetPassword": (200, "account_reset"),
    "confirmEmail": (200, "account_email_change"),
    "disownSession": (200, "account_disown"),
    "cancelRecoveryByLink": (200, "recovery_cancel"),
}
"""What people do with the links in emails about accounts."""

PREPARE: Mapping[str, Callable[[MatrixWorld, str], Awaitable[Words]]] = {
    "signIn": _credentials,
    "secondFactor": _factor,
    "passkey": _factor,
    "setUp": _operator,
    "signUp": _sign_up,
    "forgotPassword": _sign_up,
    **{
        operation: lambda matrix, case, operation=operation: _link(matrix, case, operation)
        for operation in LINKED
    },
    "openInvitation": lambda matrix, case: _link(matrix, case, "openInvitation"),
    "createLoginRequest": _key,
    "registerMachine": _bootstrap,
    "readBootstrapScript": _bootstrap,
    "enrollMachine": _enroll,
    "enrollJob": _identify,
    "readAudience": _identify,
    "readSharePage": _share,
    "openShare": _share,
    "readDropBoxPage": _drop_box,
    "useDropBox": _drop_box,
    "registerTemporaryMachine": _temporary,
    "readTemporaryScript": _temporary,
    "readKeyFilePage": _key_file,
    "downloadKeyFile": _key_file,
}
"""What creates the words of a case's request in advance. The other operations need none."""

FAILED = ("installation", "auth_failure", "refused")
LOGIN = ("installation", "account_login", "done", None)
_WRONG = (401, [(*FAILED, "wrong_credentials")])
_LINK = (403, [(*FAILED, "setup_link")])

ENDED = ("used", "late", "revoked")

CASES: Mapping[str, Mapping[str, tuple[int, list[Any]]]] = {
    "signIn": {
        "own": (200, [LOGIN, ("mine", *LOGIN[1:])]),
        "other": (200, [LOGIN, ("theirs", *LOGIN[1:])]),
        "wrong": (401, [*_WRONG[1], ("mine", *FAILED[1:], "wrong_credentials")]),
        "absent": _WRONG,
    },
    "setUp": {"used": _LINK, "absent": _LINK},
    "signUp": dict.fromkeys(
        ("own", "absent"), (202, [("installation", "account_sign_up", "done", None)])
    ),
    "forgotPassword": dict.fromkeys(
        ("own", "absent"), (202, [("installation", "account_reset_ask", "done", None)])
    ),
    "openInvitation": {
        "own": (200, []),
        "absent": (403, [(*FAILED, "account_link")]),
    },
    **{
        operation: {
            "own": (status, [("installation", action, "done", None)]),
            **dict.fromkeys(("used", "absent"), (403, [(*FAILED, "account_link")])),
        }
        for operation, (status, action) in LINKED.items()
    },
    "cancelRecoveryByLink": {
        # The person's vault shows the end of a recovery, as it showed its start.
        "own": (
            200,
            [
                ("installation", "recovery_cancel", "done", None),
                ("another", "recovery_cancel", "done", None),
            ],
        ),
        **dict.fromkeys(("used", "absent"), (403, [(*FAILED, "account_link")])),
    },
    "createLoginRequest": {"any": (201, [])},
    "pollLoginRequest": {"unsigned": (401, [(*FAILED, "malformed_headers")])},
    "secondFactor": {"absent": (401, [])},
    "passkey": {"absent": (401, [])},
    "registerMachine": {
        "own": (201, [("mine", "machine_register", "done", None)]),
        "other": (201, [("theirs", "machine_register", "done", None)]),
        **dict.fromkeys(("used", "late", "absent"), (404, [])),
    },
    "readBootstrapScript": dict.fromkeys(("own", "other", "used", "late", "absent"), (200, [])),
    "enrollJob": {
        "own": (201, [("mine", "machine_identify", "done", None)]),
        "other": (201, [("theirs", "machine_identify", "done", None)]),
        "late": (401, [("mine", "machine_identify", "refused", "token_expired")]),
        "revoked": (401, [("mine", "machine_identify", "refused", "token_unknown_issuer")]),
        "absent": (401, []),
    },
    "readAudience": dict.fromkeys(("own", "other", "late", "revoked", "absent"), (200, [])),
    "enrollMachine": {
        "own": (201, [("mine", "machine_enroll", "done", None)]),
        "other": (201, [("theirs", "machine_enroll", "done", None)]),
        "revoked": (403, [("mine", "machine_enroll", "refused", "enrollment_revoked")]),
        **dict.fromkeys(("elsewhere", "absent"), (404, [])),
    },
    **dict.fromkeys(
        ("readSharePage", "readDropBoxPage"),
        dict.fromkeys(("own", "other", *ENDED, "absent"), (200, list[Any]())),
    ),
    "openShare": {
        "own": (200, [("mine", "share_open", "done", None)]),
        "other": (200, [("theirs", "share_open", "done", None)]),
        **dict.fromkeys(("wrong", *ENDED), (410, [("mine", "share_fail", "done", None)])),
        "absent": (410, []),
    },
    "useDropBox": {
        "own": (204, [("mine", "drop_box_use", "done", None)]),
        "other": (204, [("theirs", "drop_box_use", "done", None)]),
        **dict.fromkeys((*ENDED, "absent"), (410, [])),
    },
    "registerTemporaryMachine": {
        "own": (201, [("mine", "machine_register", "done", None)]),
        "other": (201, [("theirs", "machine_register", "done", None)]),
        **dict.fromkeys(("used", "elsewhere", "absent"), (404, [])),
    },
    "readTemporaryScript": dict.fromkeys(("used", "elsewhere", "absent"), (200, [])),
    "readKeyFilePage": {
        **dict.fromkeys(("own", "other"), (200, [])),
        **dict.fromkeys(("used", "absent"), (404, [])),
    },
    "downloadKeyFile": {
        "own": (200, [("mine", "machine_bundle_download", "done", None)]),
        "other": (200, [("theirs", "machine_bundle_download", "done", None)]),
        **dict.fromkeys(("used", "absent"), (404, [])),
    },
}
"""Status and events of each case. A token's holder acts in the vault that issued it."""

ANYBODY = {"any": (200, list[Any]())}
"""The only case of the other operations. These requests come from loopback, as `readMetrics` requires."""

ALIKE = {
    "signIn": ("wrong", "absent"),
    "setUp": ("used", "absent"),
    **dict.fromkeys(("signUp", "forgotPassword"), ("own", "absent")),
    **dict.fromkeys(LINKED, ("used", "absent")),
    "registerMachine": ("used", "late", "absent"),
    "readBootstrapScript": ("used", "late", "absent"),
    "enrollMachine": ("elsewhere", "absent"),
    "enrollJob": ("late", "revoked", "absent"),
    "readSharePage": ("own", "other", *ENDED, "absent"),
    "openShare": ("wrong", *ENDED, "absent"),
    "readDropBoxPage": ("own", "other", *ENDED, "absent"),
    "useDropBox": (*ENDED, "absent"),
    "registerTemporaryMachine": ("used", "elsewhere", "absent"),
    "readTemporaryScript": ("used", "elsewhere", "absent"),
    "readKeyFilePage": ("used", "absent"),
    "downloadKeyFile": ("used", "absent"),
}
"""Cases that an unknown client must not be able to distinguish."""

TAKES = {
    ("openShare", "wrong"): {"share", "share_material"},
    ("passkeyOptions", "any"): {"account_token"},
    ("createLoginRequest", "any"): {"login_request"},
    ("pollLoginRequest", "unsigned"): {"lockout"},
}
"""What changes in a case without events: a wrong passphrase uses up a try, and a challenge is kept."""


@pytest.mark.parametrize("operation", STRANGERS)
async def test_requests_without_a_session(
    matrix: MatrixWorld, cells: Counter[str], operation: str
) -> None:
    """A-6, L-1: each cell's response is the one expected for its case, no matter which cookies are sent.

    Denials change nothing, reveal nothing about any vault, and cause only the events allowed for
    unknown clients.
    """
    wrong: list[str] = []
    for who in (Who.ANONYMOUS, Who.ENDED, Who.OWNER, Who.OTHER):
        answers: dict[str, bytes] = {}
        for case, (status, entries) in CASES.get(operation, ANYBODY).items():
            client = matrix.stranger()
            if operation != "pollLoginRequest":  # A signature and a cookie don't go together.
                client.cookies = (await matrix.visitor(who)).client.cookies
            words = await PREPARE[operation](matrix, case) if operation in PREPARE else {}
            await matrix.settle()
            answer = await _send(client, operation, words)
            found = [_entry(matrix, each) for each in await matrix.new_entries()]
            cells[str(status)] += 1
            answers[case] = _body(answer)
            said = [] if answer.status_code == status else [f"{answer.status_code}, not {status}"]
            # Events of one transaction aren't ordered among themselves.
            if Counter(found) != Counter(entries):
                said.append(f"entries {found}, not {entries}")
            if not answer.is_success or not entries:
                taken = TAKES.get((operation, case), set())
                said += [f"changed {each}" for each in await matrix.changed() if each not in taken]
            traces = [*matrix.traces(matrix.mine), *matrix.traces(matrix.theirs), "MARKER"]
            if not entries:
                # A response can repeat the vault that the request's URL names.
                named = answer.request.url.path
                said += [
                    f"tells {trace}"
                    for trace in traces
                    if trace in answer.text and trace not in named
                ]
            wrong += [f"{operation} × {who} × {case}: {each}" for each in said]
        alike = {answers[case] for case in ALIKE.get(operation, ())}
        wrong += [f"{operation} × {who}: can be told apart"] if len(alike) > 1 else []

    assert not wrong, "\n".join(wrong)


async def test_failed_sign_ins_cannot_fill_the_log(matrix: MatrixWorld) -> None:
    """L-1: failed sign-ins from one address cause three events in half an hour, and then no more."""
    client = matrix.stranger()
    await matrix.new_entries()
    for number in range(6):
        body = {"email": f"nobody{number}@example.org", "password": "wrong"}
        await client.post("/api/session", json=body)

    assert len(await matrix.new_entries()) == 3


def _entry(matrix: MatrixWorld, entry: dict[str, Any]) -> Entry:
    names = {matrix.mine.world.person.vault: "mine", matrix.theirs.world.person.vault: "theirs"}
    vault = names.get(entry["vault"], entry["vault"])
    if vault not in ("mine", "theirs", INSTALLATION):
        vault = "another"
    return (vault, entry["action"], entry["outcome"], entry["reason"])


def _body(answer: httpx.Response) -> bytes:
    request = answer.headers["x-request-id"].encode()
    return answer.content.replace(request, b"")
