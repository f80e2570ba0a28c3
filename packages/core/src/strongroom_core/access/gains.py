"""Denies a move or a restore that would give someone rights that the caller doesn't have (O-3).

Members' rights follow from an object's place. A person who moves a project, changes its environment, or
restores something from the trash changes what others can do there, so they must have every right that anyone
gains, at both places. An open invitation counts like a member, because it can be accepted at any time. Owners
have every right everywhere and gain nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.access.roles import authority_in, authority_of, right_names, still_held
from strongroom_core.kernel.authority import Access, VaultCapability
from strongroom_core.kernel.caller import Human
from strongroom_core.kernel.errors import NotAuthenticated, Refused
from strongroom_wire.errors import Code

if TYPE_CHECKING:
    from strongroom_core.access.gate import Act
    from strongroom_core.kernel.authority import Place, Right, SecretKind

MOST_NAMED = 5
"""How many members and invitations an error names."""

SEES = "sees the project"

# Every change of members and roles locks the vault's row, so this waits for it, and then reads its result.
_LOCK = "select from vault where id = $1 for share"

_OWN = "select roles_of_member($1, $2, $3)"

_MEMBERS = """
select m.username as name, m.roles, false as invited from members_in_scope() m
where m.vault_role <> 'owner' order by m.username_folded, m.id
"""

_INVITED = """
select 'the invitation to ' || i.address as name, roles_of(i.vault, i.vault_role, i.access_role) as roles,
       true as invited
from invitation i where i.vault_role <> 'owner' and i.expires_at > $1 order by i.address_folded, i.id
"""


@dataclass(frozen=True, slots=True)
class _Held:
    """What an access role gives at one place."""

    sees: bool = False
    rights: frozenset[Right] = frozenset()

    def beyond(self, other: _Held) -> _Held:
        """Return what this gives in addition to `other`."""
        return _Held(self.sees and not other.sees, self.rights - other.rights)

    @property
    def words(self) -> list[str]:
        """The rights as they are shown and logged."""
        return [*([SEES] if self.sees and not self.rights else []), *right_names(self.rights)]


async def require_no_gain(
    act: Act, *, before: Place | None, after: Place, kind: SecretKind | None = None
) -> None:
    """Deny the act if a member or an invited person would gain a right that the caller lacks at either place.

    `before` is None for an object in the trash, where nobody has any rights. `kind` is a secret's kind. What
    they gain and lose is added to the act's entry. Raises `Refused`, which names who would gain what, and
    `NotAuthenticated` if the caller is no longer a member. The addresses of invitations are named only to
    someone who can list invitations.
    """
    if not isinstance(act.caller, Human):
        raise TypeError("only people move and restore objects")
    await act.connection.execute(_LOCK, act.vault)
    own = await _current_access(act, act.caller)
    lists_invited = VaultCapability.MEMBERS_INVITE in act.caller.authority.vault
    places = [place for place in (before, after) if place is not None]
    given: list[str] = []
    taken: list[str] = []
    missing: list[str] = []
    members = await act.connection.fetch(_MEMBERS)
    for row in (*members, *await act.connection.fetch(_INVITED, act.at)):
        access = authority_in(row["roles"]).access or Access()
        was = _held(access, before, kind) if before is not None else _Held()
        will = _held(access, after, kind)
        gained, lost = will.beyond(was), was.beyond(will)
        given += [f"{row['name']}: {each}" for each in gained.words]
        taken += [f"{row['name']}: {each}" for each in lost.words]
        for place in places:
            lacking = gained.beyond(_held(own, place, kind)).words
            if lacking:
                hidden = row["invited"] and not lists_invited
                name = "someone who is invited" if hidden else row["name"]
                missing.append(f"{name} would gain {', '.join(lacking)}")
                break
    if missing:
        more = len(missing) - MOST_NAMED
        named = "; ".join(missing[:MOST_NAMED]) + (f"; and {more} more people" if more > 0 else "")
        raise Refused(
            Code.NO_CAPABILITY, f"{named}. You don't have these rights there; ask the vault's owner"
        )
    if given or taken:
        act.record(given=given, taken=taken)


def _held(access: Access, place: Place, kind: SecretKind | None) -> _Held:
    if not access.reaches(place):
        return _Held()
    rights = access.rights_in(place.environment)
    if kind is not None:
        rights = frozenset(right for right in rights if right[1] is kind)
    return _Held(True, rights)


async def _current_access(act: Act, caller: Human) -> Access:
    """Return the caller's access now. It may have changed since the request began."""
    stored = await act.connection.fetchval(_OWN, act.vault, caller.account, act.at)
    if stored is None:
        raise NotAuthenticated("session expired; sign in again")
    return still_held(authority_of(stored), caller.authority) or Access()
