"""A user who continuously changes secrets over HTTP, and records every change."""

from __future__ import annotations

import random  # noqa: TID251 -- a test's course isn't secret
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import httpx

from .ledger import Change, Ledger

if TYPE_CHECKING:
    from strongroom_testkit.markers import Markers

IMPATIENT_SECONDS = 10.0
KEPT_VERSIONS = 50
"""After this many versions, the first ones are dropped, so a writer moves on to another secret."""


@dataclass(slots=True)
class Held:
    """A secret as the writer knows it. `sure` becomes false when a change goes unanswered."""

    id: str
    name: str
    version: int
    values: dict[int, str | None]
    sure: bool = True


@dataclass(slots=True)
class Writer:
    """A writer with its own project."""

    name: str
    project: str
    ledger: Ledger
    markers: Markers
    chance: random.Random
    held: list[Held] = field(default_factory=list[Held])
    unanswered: int = 0
    _made: int = 0

    def work(self, client: httpx.Client, stop: threading.Event) -> None:
        """Change secrets until stopped; don't retry failures."""
        while not stop.is_set():
            sure = [each for each in self.held if each.sure and each.version < KEPT_VERSIONS]
            if len(sure) < 3:
                self._create(client)
                continue
            held, chance = self.chance.choice(sure), self.chance.random()
            if chance < 0.15:
                self._create(client)
            elif chance < 0.55:
                value = self.markers.value(self.name)
                self._change(client, held, "secret_replace", "POST", "replace", {"value": value})
            elif chance < 0.75:
                self._change(client, held, "secret_rotate", "POST", "rotate", {})
            elif chance < 0.9 and held.version > 1:
                body = {"version": self.chance.randrange(1, held.version)}
                self._change(client, held, "secret_rollback", "POST", "rollback", body)
            else:
                self._delete(client, held)

    def _create(self, client: httpx.Client) -> None:
        self._made += 1
        name, value = f"{self.name}_{self._made}", self.markers.value(self.name)
        sent = Change(0, "secret_create", name, version=1, value=value)
        body = {"name": name, "value": value}
        done, answer = self._send(client, sent, "POST", f"projects/{self.project}/secrets", body)
        if done:
            self.held.append(Held(answer["id"], name, 1, {1: value}))

    def _change(
        self, client: httpx.Client, held: Held, action: str, method: str, what: str, body: Any
    ) -> None:
        number = held.version + 1
        value = body.get("value") or held.values.get(body.get("version"))
        sent = Change(0, action, held.name, held.id, number, value)
        held.sure, answer = self._send(client, sent, method, f"secrets/{held.id}/{what}", body)
        if held.sure:
            held.version, held.values[number] = answer["version"], value

    def _delete(self, client: httpx.Client, held: Held) -> None:
        sent = Change(0, "secret_delete", held.name, held.id)
        self._send(client, sent, "DELETE", f"secrets/{held.id}", None)
        self.held.remove(held)

    def _send(
        self, client: httpx.Client, change: Change, method: str, path: str, body: Any
    ) -> tuple[bool, Any]:
        sent = self.ledger.send(change)
        try:
            answer = client.request(method, f"/api/{path}", json=body)
        except httpx.HTTPError:
            self.unanswered += 1
            return False, None
        told = answer.json() if answer.content else {}
        if answer.is_success and told.get("version", sent.version) != sent.version:
            raise AssertionError(f"a version was lost: {sent}, and now {told['version']}")
        self.ledger.answer(
            replace(
                sent,
                status=answer.status_code,
                request=answer.headers["x-request-id"],
                secret=told.get("id", sent.secret),
            )
        )
        return answer.is_success, told
