"""Values are masked when printed (D-2)."""

from __future__ import annotations

import copy
import json
import logging
import operator
import pickle
import traceback
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from strongroom import ExportedSecret, NotStructured, Value
from strongroom_testkit.markers import Markers
from strongroom_testkit.world import World

TESTS = str(Path(__file__).parents[1])


@pytest.fixture
def text(markers: Markers) -> str:
    """A value that the test can search for."""
    return markers.value()


def test_values_are_masked_when_printed(text: str) -> None:
    """D-2: repr, str, format, f-strings and %-formatting give a mask, even inside containers."""
    value = Value(text)
    exported = ExportedSecret("sk_a", "A", None, value)
    printed = [
        repr(value),
        str(value),
        f"{value}",
        f"{value!r:>20}",
        f"{value:>10}",
        "%s %r" % (value, value),  # noqa: UP031 -- percent-formatting is what is tested
        "{}".format(value),  # noqa: UP032 -- the same
        str([value]),
        str({"a": value}),
        repr(exported),
        str(asdict(exported)),
        ascii(value),
        json.dumps({"a": str(value)}),
    ]

    assert [] == [each for each in printed if text in each]
    assert ["Value(***)", "***", "***"] == printed[:3]
    assert "       ***" == printed[4]


def test_logging_it_gives_a_mask(text: str, caplog: pytest.LogCaptureFixture) -> None:
    """E-5: a value in a log line is masked."""
    with caplog.at_level(logging.INFO):
        logging.getLogger("any").info("read %s and %r", Value(text), {"a": Value(text)})

    assert "read *** and {'a': Value(***)}" == caplog.messages[0]


def test_serializing_fails(text: str) -> None:
    """D-2: JSON and pickle raise, and their errors don't contain the value."""
    value = Value(text)
    untyped: list[Any] = [value]
    attempts: list[Any] = [
        lambda: json.dumps({"a": value}),
        lambda: pickle.dumps(value),
        lambda: pickle.dumps([value], protocol=0),
        value.__getstate__,
        lambda: operator.add("a", untyped[0]),
        lambda: "".join(untyped),
        lambda: hash(value),
        lambda: vars(value),
        lambda: bytes(value),  # pyright: ignore[reportArgumentType, reportCallIssue]
    ]
    for attempt in attempts:
        with pytest.raises(TypeError) as error:
            attempt()

        assert text not in str(error.value)


def test_equality(text: str) -> None:
    """D-2: a value equals only another value with the same text, even if that has lone surrogates."""
    assert Value(text) == Value(text)
    assert Value(text) != Value(text + "x")
    assert Value(text) != text
    assert text != Value(text)
    assert Value("\ud800") == Value("\ud800")
    assert Value("\ud800") != Value("\udfff")


def test_a_copy_is_the_value_itself(text: str) -> None:
    """D-2: copying objects that contain values doesn't copy the text."""
    value = Value(text)

    assert value is copy.copy(value)
    assert value is copy.deepcopy([value])[0]


def test_the_attributes_of_a_value(text: str) -> None:
    """D-2: a value shows whether it is empty and when it was cached, and returns its text on request."""
    at = datetime(2026, 1, 2, tzinfo=UTC)

    assert text == Value(text).reveal()
    assert (True, False) == (bool(Value(text)), bool(Value("")))
    assert (None, at) == (Value(text).offline, Value(text, offline=at).offline)
    with pytest.raises(AttributeError):
        Value(text).offline = at  # pyright: ignore[reportAttributeAccessIssue]


def shown(error: BaseException | None) -> str:
    """An error and its whole chain, with the locals of every frame except the tests'."""
    if error is None:
        return ""
    found = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame for frame in found.stack if not frame.filename.startswith(TESTS)]
    text = "".join(
        [*traceback.StackSummary.from_list(frames).format(), str(vars(error)), repr(error)]
    )
    return text + shown(error.__context__) + shown(error.__cause__)


async def test_a_traceback_with_locals(world: World, open_client: Any, does: Any) -> None:
    """E-5: a traceback with the locals of every frame and all chained errors shows no value."""
    from strongroom_testkit.machine import granted_machine  # noqa: PLC0415 -- only here

    project = await world.project("billing")
    value = world.markers.value("single")
    secret = await world.secret(project, "A", value)
    client = open_client(await granted_machine(world, project, secret))
    with pytest.raises(NotStructured) as error:
        await does(client.get_fields, secret.id)
    told = shown(error.value)

    assert secret.id in told
    assert "secret_id = " in told
    assert value not in told


@pytest.mark.parametrize("broken", ["not JSON", "no member", "a number", "cut off", "too large"])
def test_a_broken_answer_is_not_shown(
    stray: Any, stand_in: Any, scripted: Any, text: str, broken: str
) -> None:
    """E-5: a malformed response appears in no error, chained error or traceback."""
    from strongroom import ServerError, Strongroom, Unavailable  # noqa: PLC0415 -- only here

    stand_in.answers(
        {
            "not JSON": scripted(content=f'{{"value": "{text}"'.encode()),
            "no member": scripted(content={"wert": text}),
            "a number": scripted(content={"value": [text]}),
            "cut off": scripted(content={"value": text}, cut=len(text)),
            "too large": scripted(content={"value": text + "x" * 17_000_000}),
        }[broken]
    )
    expected = ServerError if broken == "too large" else Unavailable
    with Strongroom(stray, attempts=1) as client, pytest.raises(expected) as error:
        client.get_secret("sk_aaaaaaaaaaaaaaaa")
    told = shown(error.value)

    assert "operations.py" in told
    assert text[:20] not in told
