"""The application against its own OpenAPI document: requests that it describes, and others (D-4).

Schemathesis makes the requests; they are sent inside this process, on the loop that the database
uses. Most of them get a 404, so each operation also gets well-formed requests about existing
objects.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Coroutine
from typing import Any

import hypothesis
import schemathesis
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from nacl.signing import SigningKey
from pyotp.totp import TOTP
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from strongroom_core.access import mail_limits
from strongroom_core.access.action import Plane
from strongroom_core.crypto.random import random_bytes
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.machines.allowlist import disable_allowlist
from strongroom_core.members.ownership import transfer_ownership
from strongroom_server.operations import authorization_table
from strongroom_testkit.authenticator import Authenticator
from strongroom_testkit.members import add_member, member_id, organize
from strongroom_testkit.people import Person, make_person
from strongroom_testkit.person_key import TestKey
from strongroom_testkit.plans import set_limits
from strongroom_testkit.world import World
from tests.links import link_words
from tests.places import Place, PlaceMaker, State
from tests.requests import REQUESTS, UNDONE

BEFORE = {
    "convertVault": "update vault set shape = 'personal' where id = $1",
    "reactivateAccount": "update account set status = 'suspended' where not operator",
    "restoreVault": "update vault set deleted_at = created_at, deleted_by = 'acc_a' where id = $1",
}
"""The statements that make an operation's well-formed request succeed."""

ENDLESS = {"streamEntries"}
"""Operations whose responses last as long as the request says. They get only the well-formed request."""

FRESH_SECONDS = 300
"""After this time, the person signs in again: some operations need step-up authentication (A-5)."""

EXAMPLES = int(os.environ.get("STRONGROOM_SCHEMATHESIS_EXAMPLES", "4"))
URL = "http://localhost:8200"
QUIET = hypothesis.settings(
    deadline=None,
    database=None,
    derandomize=True,
    phases=[hypothesis.Phase.generate],
    suppress_health_check=[
        HealthCheck.data_too_large,
        HealthCheck.differing_executors,
        HealthCheck.filter_too_much,
        HealthCheck.large_base_example,
        HealthCheck.too_slow,
    ],
)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


OF_LINKS = (
    *("signUp", "confirmSignUp", "resetPassword", "confirmEmail", "disownSession"),
    "cancelRecoveryByLink",
    "openInvitation",
)
"""Operations whose requests need a username or a link's token."""


OF_FACTORS = frozenset(
    {
        *("confirmApp", "createPasskey", "createRecoveryCodes", "deleteApp", "deletePasskey"),
        *("passkey", "secondFactor", "stepUp"),
        *("startRecovery", "stopRecovery", "cancelRecovery"),
    }
)
"""Operations whose successful requests depend on each other. `use_factors` sends them, as another person."""


OF_KEYS = frozenset(
    {
        *("createLoginRequest", "pollLoginRequest", "findLoginRequest", "approveLoginRequest"),
        *("denyLoginRequest", "readOwnKey", "revokeOwnKey"),
    }
)
"""Operations that a program and a person perform together. `use_keys` sends them."""


class Prober:
    """Sends requests, and counts how each operation responded."""

    def __init__(
        self, connect: Any, app: Any, client: Any, world: World, administrator: OpenConnection
    ) -> None:
        self._connect = connect
        self._app = app
        self._client = client
        self._world = world
        self._administrator = administrator
        self._person = world.person
        self._maker = PlaceMaker(world, "made")
        self._places: dict[State, Place] = {}
        self._logged_in = 0.0
        self.statuses: dict[str, Counter[int]] = {name: Counter() for name in authorization_table()}

    async def log_in(self) -> None:
        """Give the client a session, from an address that hasn't used up its sign-in attempts."""
        body = {"email": self._person.email, "password": self._person.password}
        # The places of requests include a passkey, which signing in would ask for.
        await self._administrator.execute("delete from passkey")
        fresh = await self._connect(self._app)
        response = await fresh.post("/api/session", json=body)

        assert response.status_code == 200, response.text

        self._client.cookies = fresh.cookies
        self._logged_in = time.monotonic()

    async def send_well_formed(self, case: Any) -> None:
        """Send the catalog's requests for a case's operation, which refer to existing objects."""
        operation = operation_of(case)
        if operation in OF_FACTORS | OF_KEYS:
            return
        for request in REQUESTS[operation].variants():
            if request.state not in self._places:
                self._places[request.state] = await self._maker.place(request.state)
            words = {"email": self._person.email, "password": self._person.password}
            if operation in OF_LINKS:
                words |= (await link_words(self._world.core, self._world.markers))[1]
                words["username"] = f"other-{len(self.statuses[operation])}"
            filled = request.fill({**self._places[request.state].words, **words})
            if time.monotonic() - self._logged_in > FRESH_SECONDS:
                await self.log_in()
            if operation in BEFORE:
                vault = [self._world.person.vault] if "$1" in BEFORE[operation] else []
                await self._administrator.execute(BEFORE[operation], *vault)
            client = await self._client_for(operation, session=True)
            response = await client.request(
                filled.method, filled.path, json=filled.body, params=filled.query
            )
            if filled.method != "GET":
                self._places.pop(request.state)
            elif authorization_table()[operation].plane is Plane.HUMAN:
                # Otherwise, an earlier request has taken the person's rights, and nothing more is tested.
                assert response.status_code not in (401, 403, 409), (operation, response.text)
            await self._check(case, response)

    async def send(self, case: Any, *, ours: bool) -> None:
        """Send a generated request, with our headers if `ours`; a person's also without their session."""
        operation = operation_of(case)
        person = authorization_table()[operation].plane is Plane.HUMAN
        for session in (True, False) if person else (False,):
            client = await self._client_for(operation, session=session)
            response = await client.send(self._request(case, client, ours=ours))
            await self._check(case, response)
            if person and not session:
                assert response.status_code in (401, 403, 404, 405), response.text

    async def _client_for(self, operation: str, *, session: bool) -> Any:
        person = authorization_table()[operation].plane is Plane.HUMAN
        return self._client if person and session else await self._connect(self._app)

    async def _check(self, case: Any, response: Any) -> None:
        operation = operation_of(case)
        self.statuses[operation][response.status_code] += 1
        case.validate_response(response, checks=CHECKS)
        if operation in UNDONE and response.is_success:
            await self._administrator.execute(UNDONE[operation])
        if operation in ("enterVault", "signOut") and response.is_success:
            await self.log_in()
        if operation == "changePassword" and response.status_code == 200:
            await self._restore_password()
        if operation == "enableAllowlist" and response.status_code == 200:
            # While the allowlist is on, no machine could register for later requests.
            await disable_allowlist(self._world.core, self._world.owner)

    async def _restore_password(self) -> None:
        """Set the person's password again, after a generated one was accepted."""
        core = self._world.core
        restored = await core.passwords.hash(self._person.password)
        async with core.database.transaction(INSTALLATION) as connection:
            await connection.execute(
                "update account set password_hash = $2 where id = $1",
                self._person.account,
                restored,
            )

    async def close_an_account(self) -> None:
        """Close an account other than the person's own, which later requests need."""
        guest, _ = await link_words(self._world.core, self._world.markers)
        client = await self._connect(self._app)
        body = {"email": guest.email, "password": guest.password}
        (await client.post("/api/session", json=body)).raise_for_status()
        closed = await client.post("/api/account/close", json={"vaults": [guest.vault]})
        self.statuses["closeAccount"][closed.status_code] += 1

    async def use_keys(self) -> None:
        """Ask for two keys, deny one, and approve and end the other."""
        person, program = self._client, await self._connect(self._app, {})
        core, private = self._world.core, SigningKey(random_bytes(32))
        public = b64encode(bytes(private.verify_key)).decode()
        new = {"publicKey": public, "hostname": "laptop", "client": "tests"}

        async def ask(client: Any, operation: str, body: Any = None, **words: str) -> Any:
            request = REQUESTS[operation]
            path = request.path.format_map(words)
            headers: dict[str, str] = {}
            if "signer" in words:
                at = int(core.clock.now().timestamp())
                headers = TestKey(words["signer"], URL, private).headers(
                    request.method, path, at=at
                )
            answer = await client.request(request.method, path, json=body, headers=headers)
            self.statuses[operation][answer.status_code] += 1

            assert answer.is_success, (operation, answer.text)

            return answer.json() if answer.content else None

        for decision in ("denyLoginRequest", "approveLoginRequest"):
            asked = await ask(program, "createLoginRequest", new)
            code = {"code": asked["code"]}
            await ask(person, "findLoginRequest", code)
            await ask(person, decision, code, login_request=asked["id"])
            answered = await ask(program, "pollLoginRequest", signer=asked["id"])
        key = answered["key"]["id"]
        await ask(program, "readOwnKey", signer=key)
        await ask(program, "revokeOwnKey", signer=key)

    async def leave_a_vault(self) -> None:
        """Leave an organization with another owner, as someone else: the person is the only owner here."""
        guest, _ = await link_words(self._world.core, self._world.markers)
        guests = World(self._world.core, guest, self._world.markers)
        account = await add_member(guests, f"heir-{guest.username}")
        member = await member_id(guests, account)
        await transfer_ownership(self._world.core, guests.owner, member, stay_owner=True)
        client = await self._connect(self._app)
        client.headers["X-Strongroom-Vault"] = guest.vault
        body = {"email": guest.email, "password": guest.password}
        (await client.post("/api/session", json=body)).raise_for_status()
        left = await client.post("/api/leave-vault")
        self.statuses["leaveVault"][left.status_code] += 1

    async def use_factors(self) -> None:
        """Add, use and remove an app, recovery codes and a passkey."""
        guest = await make_person(self._world.core, "factors", self._world.markers)
        client = await self._connect(self._app)
        client.headers["X-Strongroom-Vault"] = guest.vault

        async def ask(operation: str, body: Any = None, **words: str) -> Any:
            request = REQUESTS[operation]
            path = request.path.format_map(words)
            answer = await client.request(request.method, path, json=body)
            self.statuses[operation][answer.status_code] += 1

            assert answer.is_success, (operation, answer.text)

            return answer.json() if answer.content else None

        signing_in = {"email": guest.email, "password": guest.password}
        await ask("signIn", signing_in)
        await ask("stepUp", {"password": guest.password})
        app = TOTP((await ask("createApp"))["secret"])
        await ask("confirmApp", {"code": app.at(self._world.core.clock.now())})
        codes = (await ask("createRecoveryCodes"))["codes"]
        made = Authenticator(origin=URL)
        created = made.create(await ask("optionsForPasskey"))
        await ask("createPasskey", {"name": "laptop", "credential": created})
        await ask("signOut")
        await ask("signIn", signing_in)
        await ask("secondFactor", {"code": codes[0]})
        await ask("signOut")
        await ask("passkey", {"passkey": made.use(await ask("passkeyOptions"))})
        await self._start_recovery(guest, "stopRecovery")
        await self._start_recovery(guest)
        await ask("cancelRecovery")
        passkey = (await ask("readFactors"))["passkeys"][0]["id"]
        await ask("deletePasskey", passkey=passkey)
        await ask("deleteApp")

    async def _start_recovery(self, guest: Person, *then: str) -> None:
        """Start the recovery of someone's account as the administrator, and `then` stop it."""
        for operation in ("startRecovery", *then):
            request = REQUESTS[operation]
            path = request.path.format(account=guest.account)
            body = {"reason": "lost everything"} if operation == "startRecovery" else None
            answer = await self._client.request(request.method, path, json=body)
            self.statuses[operation][answer.status_code] += 1

            assert answer.is_success, (operation, answer.text)

    def _request(self, case: Any, client: Any, *, ours: bool) -> Any:
        sent = case.as_transport_kwargs(base_url=URL)
        headers = {
            name: str(value).encode("latin-1", "replace")
            for name, value in dict(sent.get("headers") or {}).items()
            if name.lower() not in ("cookie", "user-agent", "content-length")
        }
        if ours:
            headers = {
                name: value for name, value in headers.items() if name.lower() == "content-type"
            }
        content = sent.get("data")
        if "json" in sent:
            content = json.dumps(sent["json"]).encode()
            headers["Content-Type"] = b"application/json"
        return client.build_request(
            sent["method"], sent["url"], headers=headers, params=sent.get("params"), content=content
        )


def operation_of(case: Any) -> str:
    """Return the ID of a case's operation."""
    return case.operation.definition.raw["operationId"]


def explore(prober: Prober, schema: Any, loop: asyncio.AbstractEventLoop) -> None:
    """Send every operation its requests. Runs in a thread, because Hypothesis can't await.

    Each case is generated once, for all its requests: generating one takes longer than sending it.
    """

    def run(sending: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(sending, loop).result(60)

    for result in schema.get_all_operations():
        operation = result.ok()
        case = operation.Case()
        endless = operation_of(case) in ENDLESS
        if operation_of(case) != "setUp":
            run(prober.send_well_formed(case))
        if endless:
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

            @hypothesis.settings(QUIET, max_examples=EXAMPLES)
            @hypothesis.given(case=operation.as_strategy(generation_mode=mode), ours=st.booleans())
            def probe(case: Any, ours: bool) -> None:
                run(prober.send(case, ours=ours))

            try:
                probe()
            except Unsatisfiable:
                assert mode is GenerationMode.NEGATIVE


async def test_no_request_is_an_accident(
    app, core, connect, cluster, markers, administrator, monkeypatch
):
    """D-4: no request, described or not, with or without a session, gets a 5xx or an undescribed response.

    Every operation also responds to at least one request with 2xx.
    """
    for limit in ("INVITED_BY_ONE", "INVITED_TO_VAULT"):
        monkeypatch.setattr(mail_limits, limit, 10**9)
    client = await connect(app)
    body = {"email": "ada@example.org", "username": "ada", "password": markers.password()}
    made = await client.post("/api/setup", json={"token": cluster.initialised.setup_token, **body})
    vault = client.headers["X-Strongroom-Vault"] = made.json()["vaultId"]
    async with core.database.transaction(INSTALLATION) as connection:
        account = await connection.fetchval("select id from account")
    world = World(core, Person(**body, account=account, vault=vault), markers)
    prober = Prober(connect, app, client, world, administrator)
    prober.statuses["setUp"][made.status_code] += 1
    await prober.log_in()
    await organize(world)
    await set_limits(core, members=None)
    await prober.close_an_account()
    await prober.leave_a_vault()
    await prober.use_factors()
    await prober.use_keys()
    loop = asyncio.get_running_loop()
    schema: Any = await asyncio.to_thread(schemathesis.openapi.from_asgi, "/api/openapi.json", app)

    await asyncio.to_thread(explore, prober, schema, loop)

    offered = {operation_of(each.ok().Case()) for each in schema.get_all_operations()}
    sent = sum(sum(counts.values()) for counts in prober.statuses.values())
    reached = {
        name: sum(count for status, count in prober.statuses[name].items() if status < 300)
        for name in offered - {"testMail"}  # There is no mail server.
    }
    print(f"{sent} requests; 2xx by operation: {reached}")

    assert len(offered) > 30
    assert not [name for name, count in reached.items() if not count]
    assert not [
        (name, status)
        for name, counts in prober.statuses.items()
        for status in counts
        if status >= 500
    ]
