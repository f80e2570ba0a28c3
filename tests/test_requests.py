"""The catalog contains one request for each operation over HTTP."""

from __future__ import annotations

import pytest

from strongroom_server.operations import authorization_table

from .requests import OVER_HTTP, REQUESTS, get, post


def test_every_operation_has_a_request() -> None:
    """D-4: this fails for a new operation until the matrix, the leak search and Schemathesis know it."""
    listed = {name for name, each in authorization_table().items() if each.plane in OVER_HTTP}

    assert set(REQUESTS) == listed


def test_words_are_filled_in_wherever_they_are() -> None:
    """Words are replaced in path, query and body, at any depth; optional members are added."""
    body = {"list": [{"id": "{b}"}], "n": 1}
    sent = post("/{a}", body, more={"other": "{c}"}).complete().fill({"a": "A", "b": "B", "c": "C"})
    asked = get("/x", query={"q": "{a}"}, more={"r": "{c}"}).complete().fill({"a": "A", "c": "C"})

    assert ("/A", {"list": [{"id": "B"}], "n": 1, "other": "C"}) == (sent.path, sent.body)
    assert ({"q": "A", "r": "C"}, None) == (asked.query, asked.body)
    with pytest.raises(KeyError):
        post("/{a}").fill({})


def test_new_names_and_values_differ_each_time() -> None:
    """No two requests use the same name."""
    made = post("/x", {"name": "{new}", "value": "{value}"})

    assert made.fill({}).body != made.fill({}).body
    assert {"name": "n", "value": "v"} == made.fill({"new": "n", "value": "v"}).body
