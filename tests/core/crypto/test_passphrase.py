"""A root key derived from a passphrase."""

from dataclasses import replace

import pytest
from shamir_mnemonic.wordlist import WORDLIST  # pyright: ignore[reportMissingTypeStubs]

from strongroom_core.crypto.passphrase import (
    BITS,
    WORDS,
    PassphraseParameters,
    generate_passphrase,
    new_parameters,
    root_from_passphrase,
)
from strongroom_core.kernel.errors import IntegrityFailure, Invalid

CHEAP = PassphraseParameters(salt=b"0123456789abcdef", memory=64, passes=1, lanes=1)


def test_a_passphrase_has_enough_bits() -> None:
    """E-2: a generated passphrase has at least 90 bits of entropy: ten words from a list of 1,024."""
    assert BITS == 100
    assert len(set(WORDLIST)) == 1024
    assert [len(generate_passphrase().split()) for _ in range(20)] == [WORDS] * 20


def test_passphrases_use_the_whole_list() -> None:
    """E-2: words are chosen from the whole list, and no passphrase is generated twice."""
    made = [generate_passphrase() for _ in range(2_000)]

    assert len(set(made)) == 2_000
    assert {word for passphrase in made for word in passphrase.split()} == set(WORDLIST)


def test_the_cost_is_the_required_one() -> None:
    """E-2: a root key is derived by Argon2id with 1 GiB, 4 passes and a new 16-byte salt."""
    first, second = new_parameters(), new_parameters()

    assert (first.memory, first.passes, first.lanes) == (1024 * 1024, 4, 4)
    assert len(first.salt) == 16
    assert first.salt != second.salt


def test_the_derivation_is_fixed() -> None:
    """H-5: a passphrase gives the same root key in every release."""
    passphrase = " ".join(WORDLIST[:WORDS])

    assert (
        root_from_passphrase(passphrase, CHEAP).raw().hex()
        == "9029cc7f6f3b1549b283801893b29c789a7c3999e53ed39ac9cbef169cc9f5a8"
    )


def test_case_spacing_and_dashes_do_not_matter() -> None:
    """E-2: case, spacing and dashes don't matter."""
    passphrase = generate_passphrase()
    expected = root_from_passphrase(passphrase, CHEAP).raw()

    for typed in (passphrase.upper(), "-".join(passphrase.split()), f" {passphrase}\r\n"):
        assert root_from_passphrase(typed, CHEAP).raw() == expected


@pytest.mark.parametrize(
    "other",
    [{"salt": b"another salt 16b"}, {"memory": 128}, {"passes": 2}, {"lanes": 2}],
    ids=str,
)
def test_every_parameter_counts(other: dict[str, object]) -> None:
    """E-2: a different salt or cost gives a different root key, so the parameters must be kept."""
    passphrase = generate_passphrase()

    assert (
        root_from_passphrase(passphrase, replace(CHEAP, **other)).raw()
        != root_from_passphrase(passphrase, CHEAP).raw()
    )


def test_typing_errors_are_rejected_before_any_work() -> None:
    """E-2: an unknown or missing word is reported by its position, without repeating any word."""
    words = generate_passphrase().split()
    enormous = replace(CHEAP, memory=2**31)
    for wrong, reason in (
        (words[:-1], "the passphrase must have 10 words; this one has 9"),
        ([*words, words[0]], "the passphrase must have 10 words; this one has 11"),
        (
            [*words[:3], "misspelt", *words[4:]],
            "word 4 of the passphrase isn't in the word list; check for typos",
        ),
        ([], "the passphrase must have 10 words; this one has 0"),
    ):
        with pytest.raises(Invalid) as caught:
            root_from_passphrase(" ".join(wrong), enormous)

        assert reason == caught.value.message


@pytest.mark.parametrize("parameters", [CHEAP, new_parameters()], ids=["cheap", "default"])
def test_parameters_survive_as_text(parameters: PassphraseParameters) -> None:
    """E-2: the text stored next to the key-check value gives the same parameters."""
    assert PassphraseParameters.from_text(parameters.to_text()) == parameters


@pytest.mark.parametrize(
    "text",
    [
        "",
        "argon2i$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg",
        "argon2id$v=16$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg",
        "argon2id$v=19$m=4194305,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg",
        "argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2Rl",
        "argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg\n",
        "argon2id$v=19$m=-64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg",
    ],
)
def test_damaged_parameters_are_rejected(text: str) -> None:
    """Parameters that were altered in the database can't select any function other than Argon2id."""
    with pytest.raises(IntegrityFailure):
        PassphraseParameters.from_text(text)
