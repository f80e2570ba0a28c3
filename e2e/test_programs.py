"""A program that acts for a person, from its code to its end, in a real browser (D-5)."""

from __future__ import annotations

import time
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import httpx
from nacl.signing import SigningKey
from playwright.async_api import expect

from strongroom_core.crypto.random import random_bytes
from strongroom_testkit.person_key import TestKey

from .steps import loaded, toasted

if TYPE_CHECKING:
    from playwright.async_api import Page

    from strongroom_testkit.markers import Markers

    from .installation import Installation


async def test_a_program_acts_for_a_person_until_its_key_is_revoked(
    signed_in: Page, installation: Installation, markers: Markers
) -> None:
    """D-5: the person compares, approves a key that only reads, sees it used, and revokes it."""
    page = signed_in
    async with httpx.AsyncClient(
        base_url=installation.url.replace("localhost", "127.0.0.1")
    ) as http:
        program = Program(http, installation.url, markers)
        asked = await program.ask()
        await page.goto(asked["link"].removeprefix(installation.url))
        await loaded(page)
        code = page.get_by_role("textbox", name="Code", exact=True)
        await expect(code).to_have_value(asked["code"])
        await expect(page.locator(".after-find")).to_be_hidden()
        await page.get_by_role("button", name="Find the program").click()
        await expect(page.locator(".after-find")).to_contain_text("ada-laptop")
        await expect(page.locator(".after-find")).to_contain_text(asked["fingerprint"])
        await page.get_by_role("textbox", name="Name", exact=True).fill("My laptop")
        await page.get_by_label("Works for").select_option("7 days")
        await page.get_by_label("Only read").check()

        assert (await program.poll())["status"] == "pending"

        await page.get_by_role("button", name="Approve").click()
        await toasted(page, "Approved.")
        row = page.get_by_role("row", name="My laptop")
        await expect(row).to_contain_text("Only reads")

        assert (await program.poll())["status"] == "approved"
        assert (await program.call("GET", "/api/projects")).status_code == 200
        assert (await program.call("POST", "/api/projects", b'{"name": "x"}')).status_code == 403

        await row.get_by_role("button", name="Revoke").click()
        await page.get_by_role("button", name="Revoke key").click()
        await expect(row).to_have_count(0)
        ended = await program.call("GET", "/api/projects")

        assert (401, "key_ended") == (ended.status_code, ended.json()["code"])


async def test_a_denied_program(
    signed_in: Page, installation: Installation, markers: Markers
) -> None:
    """D-5: a program whose request is denied gets no key, and an unknown code leads nowhere."""
    page = signed_in
    async with httpx.AsyncClient(
        base_url=installation.url.replace("localhost", "127.0.0.1")
    ) as http:
        program = Program(http, installation.url, markers)
        asked = await program.ask()
        await page.goto("/connect")
        await loaded(page)
        await page.get_by_role("textbox", name="Code", exact=True).fill("BCDF-BCDF")
        await page.get_by_role("button", name="Find the program").click()
        await expect(page.locator("main")).to_contain_text("Open request not found")
        await page.get_by_role("textbox", name="Code", exact=True).fill(asked["code"].lower())
        await page.get_by_role("button", name="Find the program").click()
        await page.get_by_role("button", name="Deny").click()
        await toasted(page, "Denied.")

        assert {"status": "denied", "key": None} == await program.poll()


class Program:
    """A program of the test's own, with a key that nobody else has."""

    def __init__(self, http: httpx.AsyncClient, url: str, markers: Markers) -> None:
        seed = random_bytes(32)
        markers.note(b64encode(seed).decode())
        self.http, self.url, self.private = http, url, SigningKey(seed)
        self.key = TestKey("", url, self.private)

    async def ask(self) -> dict[str, Any]:
        """Ask for a key."""
        public = b64encode(bytes(self.private.verify_key)).decode()
        body = {"publicKey": public, "hostname": "ada-laptop", "client": "strongroom 1.0"}
        asked = (await self.http.post("/api/login-requests", json=body)).raise_for_status().json()
        self.key = TestKey(asked["id"], self.url, self.private)
        return asked

    async def poll(self) -> dict[str, Any]:
        """Poll once. From its approval on, sign with the key."""
        answered = (await self.call("POST", "/api/login-requests/poll")).raise_for_status().json()
        if answered["key"] is not None:
            self.key = TestKey(answered["key"]["id"], self.url, self.private)
        return answered

    async def call(self, method: str, path: str, body: bytes = b"") -> httpx.Response:
        """Send a signed request."""
        now = int(time.time())  # noqa: TID251 -- a program has its own clock
        headers = self.key.headers(method, path, body, at=now)
        if body:
            headers["Content-Type"] = "application/json"
        return await self.http.request(method, path, content=body, headers=headers)
