"""From `application/environment/NAME` to a secret."""

from collections.abc import Sequence

from strongroom.answers import SecretInfo
from strongroom.errors import Ambiguous, NotFound

MOST_NEAR, LEAST_LIKENESS = 3, 0.8


def find_secret(secrets: Sequence[SecretInfo], address: str) -> SecretInfo:
    """Return the secret of this id or address; case counts only where it tells two apart.

    Raises `NotFound`, which lists near addresses, and `Ambiguous`, which lists the ids.
    """
    for matches in (
        [each for each in secrets if each.id == address],
        [each for each in secrets if each.address == address],
        [each for each in secrets if each.address.casefold() == address.casefold()],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            ids = ", ".join(each.id for each in matches)
            raise Ambiguous(f"{matches[0].address} is the address of several secrets", f"use {ids}")
    raise NotFound("this machine was granted no secret of this address", _hint(secrets, address))


def _hint(secrets: Sequence[SecretInfo], address: str) -> str:
    if not secrets:
        return "it was granted none at all"
    from difflib import get_close_matches  # noqa: PLC0415 -- only needed to say that nothing was found

    known = {each.address.casefold(): each.address for each in secrets}
    near = get_close_matches(address.casefold(), known, MOST_NEAR, LEAST_LIKENESS)
    name = address.rsplit("/", maxsplit=1)[-1].casefold()
    same_name = [each.address for each in secrets if each.name.casefold() == name]
    found = list(dict.fromkeys([*(known[each] for each in near), *same_name]))[:MOST_NEAR]
    if found:
        return f"did you mean {' or '.join(found)}?"
    return "an address is application/environment/NAME, or project/NAME"
