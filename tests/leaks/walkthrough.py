"""Every operation, performed once over real HTTP, with values that can be searched for."""

from __future__ import annotations

import io
import time
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import msgspec
from nacl.signing import SigningKey
from pyotp.totp import TOTP

from strongroom_core.access.action import Plane
from strongroom_core.crypto.random import random_bytes
from strongroom_testkit.authenticator import Authenticator
from strongroom_testkit.machine import TestMachine
from strongroom_testkit.person_key import TestKey
from tests.places import ISSUER, State
from tests.requests import REQUESTS, Request, actions_of

from .accounts_walk import OPERATIONS as OF_ACCOUNTS
from .members_walk import OPERATIONS as OF_MEMBERS

if TYPE_CHECKING:
    from strongroom_testkit.markers import Markers

GENEROUS_SECONDS = 60.0
VISIBLE = "seen-in-the-rows"
"""A note that isn't secret: if the search doesn't find it, the search doesn't see the rows."""

ONLY_REFUSED = frozenset({"setUp"})
"""It succeeded earlier, with the demo's token; here it is denied."""

OF_KEYS = frozenset(
    {
        *("createLoginRequest", "pollLoginRequest", "findLoginRequest", "approveLoginRequest"),
        *("denyLoginRequest", "listKeys", "updateKey", "revokeKey", "readOwnKey", "revokeOwnKey"),
    }
)
"""A person can type ten codes in 15 minutes."""

NOT_AGAIN = frozenset({"convertVault", "replayDelivery", "testMail"}) | OF_KEYS
"""Not possible in a second walkthrough.

The vault is an organization by then, and the demo's receiver and mail server have ended.
"""

LAST = ("suspendAccount", "reactivateAccount", "deleteVault", "restoreVault")
"""Each of these undoes the one before, and nothing else can be done in a deleted vault."""


@dataclass(slots=True)
class Walkthrough:
    """A person and their machine, who perform all operations. `done` has those that succeeded.

    Webhooks' deliveries go to `receiver`. The operations in `skipped` aren't performed.
    """

    url: str
    markers: Markers
    receiver: str = "https://hooks.example/"
    skipped: frozenset[str] = frozenset()
    done: set[str] = field(default_factory=set[str])
    client: httpx.Client = field(init=False)
    vault: str = ""
    registered: int = 0

    def __post_init__(self) -> None:
        self.client = from_address(self.url, "127.0.0.2")

    def go(self, email: str, password: str) -> None:
        """Perform all operations of people and machines."""
        self.enter(email, password)
        objects = Objects(self)
        secrets = self._fill(objects)
        machine = self._read(objects, secrets)
        self._interrupt(machine, objects)
        self._use_factors(email, password)
        if not OF_KEYS <= self.skipped:
            self._use_keys()
        self._ask_the_rest({"email": email, "password": password})
        last = Objects(self)
        for operation in LAST:
            self.ask(operation, last)
        self.ask("signOut")

    def enter(self, email: str, password: str) -> None:
        """Sign in."""
        self.vault = ""
        self.vault = self.ask("signIn", {"email": email, "password": password})["vaultId"]

    def ask(self, operation: str, words: Mapping[str, str] | None = None, body: Any = None) -> Any:
        """Perform one operation with this body or the catalog's, and check that it succeeds."""
        given = Objects(self) if words is None else words
        request = REQUESTS[operation]
        request = (request if body is None else replace(request, body=None)).fill(given)
        return self._send(operation, request, body)

    def _send(self, operation: str, request: Request, body: Any = None) -> Any:
        client = self.client
        if operation == "registerMachine":
            # The number of machines that can register from one address in a minute is limited.
            self.registered += 1
            client = from_address(self.url, f"127.0.7.{self.registered}")
        answer = client.request(
            request.method,
            request.path,
            json=request.body if body is None else body,
            params=request.query,
            headers={"X-Strongroom-Vault": self.vault} if self.vault else {},
        )
        if not answer.is_success:
            raise AssertionError(f"{operation}: {answer.status_code} {answer.text}")
        self.done.add(operation)
        for cookie in self.client.cookies.values():
            self.markers.note(cookie)
        if operation == "downloadKeyFile":
            self._note_key(answer.content)
        if operation == "createSignUpLink":
            self.markers.note(answer.json()["link"].partition("#")[2])
        if operation in {"createWebhook", "rotateWebhook"}:
            self.markers.note(answer.json()["secret"])
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        return answer.json() if is_json else None

    def _note_key(self, key_file: bytes) -> None:
        """Record the private key in a key file, as PEM and as its bytes in text."""
        with zipfile.ZipFile(io.BytesIO(key_file)) as archive:
            [name] = [each for each in archive.namelist() if each.endswith("private.pem")]
            line = archive.read(name).splitlines()[1].decode()
        seed = b64decode(line)[-32:]
        for text in (line, b64encode(seed).decode(), seed.hex()):
            self.markers.note(text)

    def _use_factors(self, email: str, password: str) -> None:
        """Add, use and remove an app, recovery codes and a passkey. None of their secrets may be found."""
        started = self.ask("createApp", {})
        app = TOTP(self.markers.note(started["secret"]))
        now = int(time.time())  # noqa: TID251 -- a phone has its own clock
        codes = self.ask("confirmApp", {"code": app.at(now)})["codes"]
        codes += self.ask("createRecoveryCodes", {})["codes"]
        for code in codes:
            self.markers.note(code)
        made = Authenticator(origin=self.url)
        created = made.create(self.ask("optionsForPasskey", {}))
        self.ask("createPasskey", {}, {"name": "laptop", "credential": created})
        stepping = made.use(self.ask("stepUpOptions", {}))
        self.ask("stepUp", {}, {"passkey": stepping})
        self.ask("signOut")
        self.vault = ""
        self.ask("signIn", {"email": email, "password": password})
        self.vault = self.ask("secondFactor", {"code": codes[-1]})["vaultId"]
        self.ask("signOut")
        self.vault = ""
        answer = made.use(self.ask("passkeyOptions", {}))
        self.vault = self.ask("passkey", {}, {"passkey": answer})["vaultId"]
        own = self.ask("listAccounts", {})["items"]
        words = {"account": next(each["id"] for each in own if each["email"] == email)}
        for operation in ("startRecovery", "stopRecovery", "startRecovery", "cancelRecovery"):
            self.ask(operation, words | {"new": "lost everything"})
        passkey = self.ask("readFactors", {})["passkeys"][0]["id"]
        self.ask("deletePasskey", {"passkey": passkey})
        self.ask("deleteApp", {})

    def _use_keys(self) -> None:
        """Approve, use and end programs' keys. Their private keys may not be found."""
        for decision in ("denyLoginRequest", "revokeKey", "revokeOwnKey"):
            private = self.new_key()
            asked = self.ask("createLoginRequest", {"public_key": _public(private)})
            words = {"login_request": asked["id"], "login_code": asked["code"]}
            self.ask("findLoginRequest", words)
            if decision == "denyLoginRequest":
                self.ask(decision, words)
                continue
            self.ask("approveLoginRequest", words)
            key = self.by_key(private, asked["id"], "pollLoginRequest")["key"]["id"]
            self.by_key(private, key, "readOwnKey")
            self.by_key(private, key, "listProjects")
            self.ask("listKeys", {})
            self.ask("updateKey", {"person_key": key, "new": "laptop"})
            if decision == "revokeKey":
                self.ask(decision, {"person_key": key})
            else:
                self.by_key(private, key, decision)

    def by_key(self, private: SigningKey, key: str, operation: str) -> Any:
        """Send a request without a body, signed by a person's key, and return the decoded response."""
        request = REQUESTS[operation]
        now = int(time.time())  # noqa: TID251 -- a program has its own clock
        headers = TestKey(key, self.url, private).headers(request.method, request.path, at=now)
        with from_address(self.url, "127.0.0.4") as client:
            answer = client.request(request.method, request.path, headers=headers)
        if not answer.is_success:
            raise AssertionError(f"{operation}: {answer.status_code} {answer.text}")
        self.done.add(operation)
        return answer.json() if answer.content else None

    def _fill(self, objects: Objects) -> list[str]:
        """Create secrets of every kind in a project, and a machine that can read them."""
        value = self.markers.value
        bodies: list[Any] = [
            {"name": "SINGLE", "value": value("single"), "note": VISIBLE},
            {"name": "ODD", "value": f'{value("odd")} "ä%&/\\ {value("odd")}'},
            {"name": "FIELDS", "kind": "structured", "fields": {"a": value("a"), "b": value("b")}},
            {"name": "LONG", "value": value("long") * 1000},
            {"name": "MADE", "generate": {"length": 40, "charset": "alphanumeric"}},
        ]
        secrets = [self.ask("createSecret", objects, body)["id"] for body in bodies]
        first, third = ({"secret": secret} for secret in (secrets[0], secrets[2]))
        self.ask("replaceSecret", first, {"value": value("replaced")})
        self.ask("replaceSecret", third, {"fields": {"a": value("a"), "c": ""}})
        grants = [{"secretId": secret} for secret in secrets]
        self.ask("setGrants", objects, {"grants": grants})
        objects["secret"] = secrets[0]
        return secrets

    def _read(self, objects: Objects, secrets: list[str]) -> TestMachine:
        """Read every secret, make all other machine calls, and return the machine with its new key."""
        machine = objects.machine
        for secret in secrets:
            read = self.sign(machine, "readSecretValue", {"secret": secret})
            for text in _texts(read.json()["value"]):
                self.markers.note(text)
        exported = self.sign(machine, "exportSecrets", objects)
        if len(exported.json()["secrets"]) != len(secrets):
            raise AssertionError("an export must contain everything that was granted")
        key = self.new_key()
        public = _public(key)
        proof = key.sign(f"strongroom-rotate-key:{machine.id}:{public}".encode()).signature
        words = {"public_key": public, "proof": b64encode(proof).decode()}
        self.sign(machine, "rotateMachineKey", words)
        machine = TestMachine(machine.id, key)
        for operation in sorted(actions_of(Plane.MACHINE).keys() - self.done):
            self.sign(machine, operation, objects)
        return machine

    def _interrupt(self, machine: TestMachine, objects: Objects) -> None:
        """Have the machine send secrets in place of IDs, and cause several kinds of denials."""
        pasted = Pasted(self.markers)
        self.sign(machine, "readSecretValue", pasted, status=404)
        self.sign(machine, "exportSecrets", pasted, status=404)
        by_application = {"applicationId": self.markers.value("id")}
        self.sign(machine, "exportSecrets", pasted, by_application)
        for operation in ("listGrantedOfProject", "verifyAccess", "pollSecrets"):
            self.sign(machine, operation, pasted)
        for before, status, after in (
            ("disableMachine", 403, "enableMachine"),
            ("freezeProject", 423, "unfreezeProject"),
            ("enableAllowlist", 403, "disableAllowlist"),
            ("detachMachine", 403, "attachMachine"),
            ("revokeMachine", 401, None),
        ):
            self.ask(before, objects)
            self.sign(machine, "readSecretValue", objects, status=status)
            if after is not None:
                self.ask(after, objects)

    def _ask_the_rest(self, words: Mapping[str, str]) -> None:
        """Perform the remaining operations, each on its own objects."""
        names = actions_of(Plane.PUBLIC).keys() | actions_of(Plane.HUMAN).keys()
        names -= self.done | self.skipped | {"signOut", *LAST}
        for operation in sorted(names - ONLY_REFUSED - OF_ACCOUNTS - OF_MEMBERS):
            for request in REQUESTS[operation].variants():
                objects = Objects(self, request.state)
                objects.update(words)
                self._send(operation, request.fill(objects))

    def new_key(self) -> SigningKey:
        """Return a new key for a machine."""
        seed = random_bytes(32)
        self.markers.note(b64encode(seed).decode())
        return SigningKey(seed)

    def sign(
        self,
        machine: TestMachine,
        operation: str,
        words: Mapping[str, str],
        body: Any = None,
        *,
        status: int = 200,
    ) -> httpx.Response:
        """Send a signed request, with this body or the catalog's, and check its status."""
        request = REQUESTS[operation].fill(words)
        body = request.body if body is None else body
        content = b"" if body is None else msgspec.json.encode(body)
        now = int(time.time())  # noqa: TID251 -- a machine has its own clock
        headers = machine.headers(request.method, request.path, content, at=now)
        with from_address(self.url, "127.0.0.3") as client:
            answer = client.request(request.method, request.path, content=content, headers=headers)
        if answer.status_code != status:
            raise AssertionError(f"{operation}: {answer.status_code} {answer.text}")
        if answer.is_success:
            self.done.add(operation)
        return answer


class Objects(dict[str, str]):
    """The words for requests about one set of objects, each created when a request first needs it."""

    def __init__(self, walkthrough: Walkthrough, state: State = State.LIVE) -> None:
        super().__init__()
        self._walkthrough = walkthrough
        self._state = state
        self._keys: dict[str, SigningKey] = {}

    def __missing__(self, word: str) -> str:
        makers: Mapping[str, Callable[[], str]] = {
            "application": self._application,
            "project": self._project,
            "secret": self._secret,
            "machine": self._machine,
            "pending": self._pending,
            "entry": lambda: self._ask("listEntries")["items"][0]["id"],
            "token": self._token,
            "vault": lambda: self._walkthrough.vault,
            "temporary": self._temporary,
            "temporary_token": lambda: self._noted("createTemporaryMachineToken", "token"),
            "key_file_token": lambda: self._noted("createMachine", "url").rpartition("/")[2],
            "enrollment_token": lambda: self._enroll("id"),
            "enrollment_secret": lambda: self._enroll("secret"),
            "canary": lambda: self._ask("createCanary")["id"],
            "share": self._share,
            "other_session": self._other_session,
            "own_vault": lambda: self._walkthrough.vault,
            "vault_name": lambda: self._ask("readSession")["vaultName"],
            "account": self._account,
            "plan": self._plan,
            "device": lambda: self._ask("listDevices")["items"][0]["id"],
            "drop_box": self._drop_box,
            "policy": self._policy,
            **dict.fromkeys(("locator", "key", "passphrase"), lambda: self._linked(word)),
            **dict.fromkeys(("box_locator", "box_key"), lambda: self._linked(word)),
            "allowlist_entry": self._allowlist_entry,
            "trust": lambda: self._ask("createTrust")["id"],
            "waiting_email": self._waiting_email,
            "webhook": self._webhook,
            "delivery": self._delivery,
            "key_set": lambda: ISSUER.key_set().decode(),
            "id_token": self._id_token,
            "project_path": lambda: self._ask("readProject")["name"],
            "secret_path": lambda: f"{self['project_path']}/{self._ask('readSecret')['name']}",
        }
        if word == "value":
            return self._walkthrough.markers.value("fresh")
        if word == "public_key":
            return _public(self._walkthrough.new_key())
        self[word] = made = makers[word]()
        return made

    @property
    def machine(self) -> TestMachine:
        """The machine, with its key."""
        return TestMachine(UUID(self["machine"]), self._keys[self["machine"]])

    def _ask(self, operation: str, body: Any = None) -> Any:
        return self._walkthrough.ask(operation, self, body)

    def _webhook(self) -> str:
        """Create a webhook. Its URL is a secret, because many receivers' URLs contain a key."""
        key = self._walkthrough.markers.value("hook")
        body = {
            **REQUESTS["createWebhook"].body,
            "name": random_bytes(4).hex(),
            "url": f"{self._walkthrough.receiver}?{key}",
        }
        return self._ask("createWebhook", body)["webhook"]["id"]

    def _waiting_email(self) -> str:
        """Sign up as someone who waits for their link."""
        email, password = "waiting@example.com", self._walkthrough.markers.password()
        self._ask("openSignUp")
        self._ask("signUp", {"email": email, "username": "waiting", "password": password})
        return email

    def _delivery(self) -> str:
        """Send a test delivery, and wait until it has arrived."""
        made = self._ask("testWebhook")["id"]
        deadline = time.monotonic() + GENEROUS_SECONDS
        while time.monotonic() < deadline:
            for each in self._ask("listDeliveries")["items"]:
                if each["id"] == made and each["state"] == "delivered":
                    return made
            time.sleep(0.1)
        raise AssertionError("the test delivery hasn't arrived")

    def _application(self) -> str:
        # Without environments, so that it can be deleted.
        return self._ask("createApplication", {"name": random_bytes(4).hex()})["id"]

    def _project(self) -> str:
        made = self._ask("createProject")
        self.update(project=made["id"], project_name=made["name"])
        if self._state is State.TRASHED:
            self._ask("deleteProject")
        if self._state is State.FROZEN:
            self._ask("freezeProject")
        return made["id"]

    def _secret(self) -> str:
        # A trashed secret is in a project that isn't trashed.
        inside = Objects(self._walkthrough) if self._state is State.TRASHED else self
        self["secret"] = made = self._walkthrough.ask("createSecret", inside)["id"]
        self._ask("replaceSecret")
        self._ask("setRotation")
        if self._state is State.TRASHED:
            self._ask("deleteSecret")
        return made

    def _machine(self) -> str:
        registered = Objects(self._walkthrough)
        self["machine"] = made = registered["pending"]
        self._keys |= registered._keys
        self._walkthrough.ask("approveMachine", registered)
        self._ask("attachMachine")
        return made

    def _pending(self) -> str:
        key = self._walkthrough.new_key()
        self["public_key"] = _public(key)
        made = self._ask("registerMachine")["machineId"]
        self._keys[made] = key
        return made

    def _temporary(self) -> str:
        self["public_key"] = _public(self._walkthrough.new_key())
        self["temporary"] = made = self._ask("registerTemporaryMachine")["machineId"]
        self._ask("extendMachine")
        return made

    def _noted(self, operation: str, member: str) -> str:
        text = self._ask(operation)[member]
        self._walkthrough.markers.note(text.rpartition("/")[2])
        return text

    def _enroll(self, part: str) -> str:
        made = self._ask("createEnrollmentToken")
        self["enrollment_token"] = made["enrollmentToken"]["id"]
        self["enrollment_secret"] = self._walkthrough.markers.note(made["token"])
        return self["enrollment_token" if part == "id" else "enrollment_secret"]

    def _other_session(self) -> str:
        """Sign in once more, in another browser, and return that session."""
        other = Walkthrough(self._walkthrough.url, self._walkthrough.markers)
        other.enter(self["email"], self["password"])
        return next(
            each["id"] for each in self._ask("listSessions")["items"] if not each["current"]
        )

    def _account(self) -> str:
        """Return someone else's account."""
        found = self._ask("listAccounts")["items"]
        return next(
            each["id"] for each in found if not each["operator"] and each["status"] == "active"
        )

    def _plan(self) -> str:
        request = REQUESTS["createPlan"]
        body = {**request.body, "name": random_bytes(4).hex(), "selfService": True}
        return self._ask("createPlan", body)["id"]

    def _share(self) -> str:
        """Create a share. Nothing that is stored or logged may have its link's key or its passphrase."""
        made = self._walkthrough.ask("createShare", self)
        locator, key = made["url"].rpartition("/")[2].split("#")
        self.update(locator=locator, key=key, passphrase=made["passphrase"])
        for secret in (key, made["passphrase"]):
            self._walkthrough.markers.note(secret)
        return made["share"]["id"]

    def _policy(self) -> str:
        body = {"name": random_bytes(4).hex(), "conditions": {"ttlMaxReads": 5}}
        self["policy"] = made = self._ask("createPolicy", body)["id"]
        self._ask("enforcePolicy")
        return made

    def _drop_box(self) -> str:
        made = self._ask("createDropBox")
        locator, key = made["url"].rpartition("/")[2].split("#")
        self.update(box_locator=locator, box_key=self._walkthrough.markers.note(key))
        return made["dropBox"]["id"]

    def _linked(self, word: str) -> str:
        _ = self["drop_box" if word.startswith("box_") else "share"]
        return self[word]

    def _id_token(self) -> str:
        now = int(time.time())  # noqa: TID251 -- the issuer has its own clock
        return self._walkthrough.markers.note(
            ISSUER.keys[0].sign(
                {
                    "iss": ISSUER.url,
                    "sub": "repo:acme/shop",
                    "aud": "strongroom",
                    "iat": now,
                    "exp": now + 600,
                    "jti": random_bytes(8).hex(),
                }
            )
        )

    def _allowlist_entry(self) -> str:
        return self._ask("createAllowlistEntry")["entries"][-1]["id"]

    def _token(self) -> str:
        return self._walkthrough.markers.note(self._ask("createRegistrationToken")["token"])


class Pasted(dict[str, str]):
    """Words that are secrets pasted in place of IDs."""

    def __init__(self, markers: Markers) -> None:
        super().__init__()
        self._markers = markers

    def __missing__(self, word: str) -> str:
        return self._markers.value(word)


def from_address(url: str, address: str) -> httpx.Client:
    """Return a client whose requests come from this address and look like those of our own pages."""
    port = url.rpartition(":")[2]
    return httpx.Client(
        base_url=f"http://127.0.0.1:{port}",
        headers={"Origin": url, "X-Strongroom-Client": "leaks"},
        transport=httpx.HTTPTransport(local_address=address),
        timeout=GENEROUS_SECONDS,
    )


def _public(key: SigningKey) -> str:
    return b64encode(bytes(key.verify_key)).decode()


def _texts(value: str) -> list[str]:
    """Return a value, or the values of a structured one's fields."""
    try:
        fields = msgspec.json.decode(value)
    except msgspec.DecodeError:
        return [value]
    return list(fields.values()) if isinstance(fields, dict) else [value]
