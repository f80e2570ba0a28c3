"""Invitations: sending them, and answering your own (O-4)."""

from datetime import datetime
from typing import Annotated, Any, TypeAlias

from litestar import delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_api.human.lists import PAGED, Paged
from strongroom_core.access.actions.members import (
    INVITATION_ACCEPT,
    INVITATION_CREATE,
    INVITATION_DECLINE,
    INVITATION_RESEND,
    INVITATION_WITHDRAW,
    INVITATIONS_VIEW,
    OWN_INVITATIONS_VIEW,
)
from strongroom_core.access.operations import people
from strongroom_core.core import Core
from strongroom_core.kernel.page import CountedPage
from strongroom_core.mail.link import invitation_url
from strongroom_core.members.invite import (
    invite_member,
    list_invitations,
    resend_invitation,
    withdraw_invitation,
)
from strongroom_core.members.joining import (
    accept_invitation,
    decline_invitation,
    list_own_invitations,
)
from strongroom_core.members.views import (
    InvitationSent,
    InvitationView,
    Invited,
    Joined,
    OwnInvitation,
)

PartOfAddress: TypeAlias = Annotated[
    str | None, QueryParameter(description="Any part of an email address, ignoring case.")
]


class NewInvitation(Body, kw_only=True, frozen=True):
    """Whom to invite, with which roles. `endsAt` is the end of the membership, if it has one."""

    email: str
    vault_role: str
    access_role_id: str | None = None
    ends_at: datetime | None = None


class InvitationAnswer(Body, kw_only=True, frozen=True):
    """The answer to an invitation. `token` is the part of its link after `#`.

    It is needed if `needsLink` is true in the list of invitations.
    """

    token: str | None = None


def _sent(core: Core, invited: Invited) -> InvitationSent:
    token = invited.token
    link = None if token is None else invitation_url(core.settings.public_url, token)
    return InvitationSent(invitation=invited.invitation, link=link)


@get(
    "/invitations",
    operation_id="listInvitations",
    opt={"operation": people(INVITATIONS_VIEW)},
    dependencies=PAGED,
)
async def list_all(
    request: ApiRequest, *, page: Paged, q: PartOfAddress = None
) -> CountedPage[InvitationView]:
    """List the vault's invitations, by address. `sort` is one of address, createdAt, expiresAt."""
    return await list_invitations(request.core, request.person, page, q=q)


@post(
    "/invitations",
    operation_id="createInvitation",
    opt={"operation": people(INVITATION_CREATE)},
    status_code=201,
)
async def create(request: ApiRequest, data: JSONBody[NewInvitation]) -> InvitationSent:
    """Invite someone by email, for seven days. The response is the same if the address has no account.

    If the server sends no email, the response contains the link, which can't be read again.
    """
    invited = await invite_member(
        request.core,
        request.person,
        address=data.email,
        vault_role=data.vault_role,
        access_role=data.access_role_id,
        ends_at=data.ends_at,
    )
    return _sent(request.core, invited)


@post(
    "/invitations/{invitation_id:str}/resend",
    operation_id="resendInvitation",
    opt={"operation": people(INVITATION_RESEND)},
    status_code=200,
)
async def resend(request: ApiRequest, invitation_id: FromPath[str]) -> InvitationSent:
    """Send an invitation again, for another seven days. Its previous link no longer works."""
    return _sent(request.core, await resend_invitation(request.core, request.person, invitation_id))


@delete(
    "/invitations/{invitation_id:str}",
    operation_id="withdrawInvitation",
    opt={"operation": people(INVITATION_WITHDRAW)},
    status_code=204,
)
async def withdraw(request: ApiRequest, invitation_id: FromPath[str]) -> None:
    """Withdraw an invitation."""
    await withdraw_invitation(request.core, request.person, invitation_id)


@get(
    "/account/invitations",
    operation_id="listOwnInvitations",
    opt={"operation": people(OWN_INVITATIONS_VIEW)},
)
async def own(request: ApiRequest) -> list[OwnInvitation]:
    """Return the invitations of your own email address."""
    return await list_own_invitations(request.core, request.person)


@post(
    "/account/invitations/{invitation_id:str}/accept",
    operation_id="acceptInvitation",
    opt={"operation": people(INVITATION_ACCEPT)},
    status_code=200,
)
async def accept(
    request: ApiRequest, invitation_id: FromPath[str], data: JSONBody[InvitationAnswer]
) -> Joined:
    """Join the vault that invited you. Then switch to it with `enterVault`.

    If your address was not confirmed by email, this needs the token of the invitation's link.
    """
    return await accept_invitation(request.core, request.person, invitation_id, data.token)


@post(
    "/account/invitations/{invitation_id:str}/decline",
    operation_id="declineInvitation",
    opt={"operation": people(INVITATION_DECLINE)},
    status_code=204,
)
async def decline(
    request: ApiRequest, invitation_id: FromPath[str], data: JSONBody[InvitationAnswer]
) -> None:
    """Decline an invitation. This needs the same token as accepting it."""
    await decline_invitation(request.core, request.person, invitation_id, data.token)


HANDLERS: list[Any] = [list_all, create, resend, withdraw, own, accept, decline]
