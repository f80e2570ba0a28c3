"""ID tokens that are rejected before anything in them is trusted (M-11)."""

import json
from base64 import urlsafe_b64encode

import pytest

from strongroom_core.crypto.id_token import (
    MOST_LEVELS,
    MalformedToken,
    parse_claims,
    parse_id_token,
)


def _part(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "a\udfff", "\ude00\ud83d"])
def test_text_that_cannot_be_stored_is_malformed(text: str) -> None:
    """M-11: NUL and lone surrogates are rejected in values and names, at any depth, even in the header."""
    good = {"alg": "ES256"}
    for claims in ({"sub": text}, {text: 1}, {"a": {"b": [text]}}, {"a": [{text: 1}]}):
        with pytest.raises(MalformedToken):
            parse_claims(json.dumps(claims))
        with pytest.raises(MalformedToken):
            parse_id_token(f"{_part(good)}.{_part(claims)}.AAAA")
    with pytest.raises(MalformedToken):
        parse_id_token(f"{_part({**good, 'kid': text})}.{_part({'a': 1})}.AAAA")
    assert parse_claims('{"sub": "\\ud83d\\ude00"}') == {"sub": "\U0001f600"}


def test_nesting_is_limited() -> None:
    """M-11: claims can be nested to exactly the allowed depth."""
    deepest = "[" * (MOST_LEVELS + 1) + "]" * (MOST_LEVELS + 1)
    with pytest.raises(MalformedToken):
        parse_claims(f'{{"a":{deepest}}}')
    assert parse_claims(f'{{"a":{deepest[1:-1]}}}')
