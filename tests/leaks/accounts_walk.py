"""Everything that someone can do with their account, with the links in emails that `dev` caught."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

    from strongroom_testkit.markers import Markers

OPERATIONS = frozenset(
    {
        "signUp",
        "confirmSignUp",
        "forgotPassword",
        "resetPassword",
        "confirmEmail",
        "disownSession",
        "cancelRecoveryByLink",
        "updateAccount",
        "changeEmail",
        "changePassword",
        "closeAccount",
    }
)
"""The operations performed here.

The links need email; the others would change the other requests' account.
"""

PATIENCE_SECONDS = 60.0
EMAIL, NEW_EMAIL = "lin@demo.example", "lin.new@demo.example"


def walk_account(client: httpx.Client, other: httpx.Client, markers: Markers) -> set[str]:
    """Sign up, use every link, and close the account; return the operations.

    `other` is a client at another address, whose sign-in is from a new browser.
    """
    seen: set[int] = set()
    ours = {EMAIL, NEW_EMAIL}
    password = markers.password()

    def post(path: str, body: dict[str, Any], by: httpx.Client = client) -> Any:
        answer = by.request("PATCH" if path == "account" else "POST", f"/api/{path}", json=body)
        if not answer.is_success:
            raise AssertionError(f"{path}: {answer.status_code} {answer.text}")
        for cookie in by.cookies.values():
            markers.note(cookie)
        return answer.json() if answer.content else None

    def token(subject: str) -> str:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            for mail in client.get("/dev/inbox.json").json():
                if (
                    mail["subject"] == subject
                    and mail["id"] not in seen
                    and mail["to"] in ours
                    and mail["links"]
                ):
                    seen.add(mail["id"])
                    return markers.note(mail["links"][0].partition("#")[2])
            time.sleep(0.1)
        raise AssertionError(f"no mail {subject!r}")

    def reset() -> str:
        fresh = markers.password()
        post("password/reset", {"token": token("Choose a new password"), "password": fresh})
        return fresh

    post("sign-up", {"email": EMAIL, "username": "lin", "password": password})
    made = post(
        "sign-up/confirm", {"token": token("Confirm your email address"), "password": password}
    )
    post("session", {"email": EMAIL, "password": password})
    post("account", {"username": "lin.new"})
    post("account/change-email", {"email": NEW_EMAIL})
    post("email/confirm", {"token": token("Confirm your new email address")})
    post("account/change-password", {"password": markers.password()})
    post("session/disown", {"token": token("Your email address was changed")})
    post("recovery/cancel", {"token": token("Your account is being recovered")})
    post("password/forgot", {"email": NEW_EMAIL})
    password = reset()
    token("New sign-in to your account")
    post("session", {"email": NEW_EMAIL, "password": password}, other)
    post("session/disown", {"token": token("New sign-in to your account")})
    password = reset()
    post("session", {"email": NEW_EMAIL, "password": password})
    post("account/close", {"vaults": [made["vaultId"]], "deleteVaults": True})
    return set(OPERATIONS)
