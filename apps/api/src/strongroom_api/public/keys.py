"""How a program asks for a key, before a person has approved it (D-5)."""

from typing import Any

from litestar import post
from litestar.params import JSONBody

from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_api.signed import signed_request
from strongroom_core.access.actions.keys import KEY_ASK, KEY_POLL
from strongroom_core.access.operations import strangers
from strongroom_core.keys.ask import ask_for_key, poll_for_key
from strongroom_core.keys.authenticate import authenticate_request
from strongroom_core.keys.suggestions import Suggestions
from strongroom_core.keys.views import KeyAnswer, KeyAsked


class KeySuggestions(Body, kw_only=True, frozen=True):
    """What the key should be like. It fills in the form of the person who approves it, who can change it.

    `lifetimeSeconds` is from 28,800 (8 hours) to 7,776,000 (90 days). `vault` is a name or an ID, and
    `projects` are up to 20 paths or IDs. None of them is looked up until a person has entered the code.
    """

    name: str | None = None
    lifetime_seconds: int | None = None
    looking: bool = False
    vault: str | None = None
    projects: list[str] | None = None


class NewKey(Body, kw_only=True, frozen=True):
    """A program's public key (base64 of 32 bytes), the name of its host, and the program's own name."""

    public_key: str
    hostname: str
    client: str
    suggested: KeySuggestions | None = None


@post(
    "/login-requests",
    operation_id="createLoginRequest",
    opt={"operation": strangers(KEY_ASK), "any_client": True},
    status_code=201,
)
async def ask(request: ApiRequest, data: JSONBody[NewKey]) -> KeyAsked:
    """Ask for a key, with which a program then acts for the person who enters the code."""
    wanted = data.suggested or KeySuggestions()
    return await ask_for_key(
        request.core,
        request.visitor,
        public_key=data.public_key,
        hostname=data.hostname,
        client=data.client,
        suggested=Suggestions(
            name=wanted.name,
            lifetime=wanted.lifetime_seconds,
            looking=wanted.looking,
            vault=wanted.vault,
            projects=wanted.projects,
        ),
    )


@post(
    "/login-requests/poll",
    operation_id="pollLoginRequest",
    opt={
        "operation": strangers(
            KEY_POLL, needs="a signature by the new key, with the request's ID as key ID"
        ),
        "signed": True,
    },
    status_code=200,
)
async def poll(request: ApiRequest) -> KeyAnswer:
    """Return the status of the request for a key whose ID is the `keyid` of this signed request."""
    signed = await signed_request(request, request.core)
    wanted = await authenticate_request(request.core, signed, request.visitor.origin)
    return await poll_for_key(request.core, request.visitor, wanted)


HANDLERS: list[Any] = [ask, poll]
