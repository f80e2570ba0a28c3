"""Every format of `export` reads back as the same values (D-3)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import pytest
from dotenv import dotenv_values, load_dotenv
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strongroom_cli.export_formats import FORMATS, Unwritable, dotenv_line, kubernetes_name
from strongroom_cli.failures import Failure

from .cli_world import CliWorld
from .export_readers import (
    CARRIED,
    MORE_READERS,
    NASTY,
    READERS,
    REFUSED_BY_DOTENV,
    Read,
    carried,
    is_missing,
    many_values,
    node,
    sourced_by,
    systemd,
    variables_of,
    yaml_1_2,
)

characters = st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")
values = st.text(characters, max_size=40) | st.text("ab '\"`\\\n#=$\t{}nr:-", max_size=12)
many = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
PROGRAMS_THAT_START = ("sh", "bash", "zsh", "node")
each_reader = pytest.mark.parametrize(
    ("form", "reader", "read"), READERS, ids=[f"{form}-{reader}" for form, reader, _ in READERS]
)


def arrives(form: str, read: Read, texts: Sequence[str]) -> int:
    """Check that the values a format can represent arrive unchanged; return how many there are."""
    kept = carried(form, texts)
    found = read(FORMATS[form](kept, "billing"))

    for each in kept:
        assert each.value == found[each.name], (form, each.value)
    return len(kept)


@pytest.mark.programs
@each_reader
def test_difficult_values(form: str, reader: str, read: Read) -> None:
    """D-3: a difficult value arrives unchanged or is rejected by name, and sourcing runs nothing."""
    if is_missing(reader):
        pytest.skip(f"{reader} isn't installed")
    count = arrives(form, read, list(NASTY.values()))
    lost = {
        "dotenv": REFUSED_BY_DOTENV,
        "docker-env": [v for v in NASTY.values() if {*v} & {*"\r\n"}],
    }

    assert len(NASTY) - len(lost.get(form, ())) == count


@pytest.mark.programs
@each_reader
def test_arbitrary_values(form: str, reader: str, read: Read) -> None:
    """D-3: a value with any content arrives unchanged or is rejected."""
    if is_missing(reader):
        pytest.skip(f"{reader} isn't installed")

    @settings(many, max_examples=10 if reader in PROGRAMS_THAT_START else 60)
    @given(st.lists(values, min_size=1, max_size=60))
    def arrive(texts: list[str]) -> None:
        arrives(form, read, texts)

    arrive()


@pytest.mark.programs
@pytest.mark.prove
@pytest.mark.parametrize(
    ("form", "reader", "read"),
    [*READERS, *MORE_READERS],
    ids=[f"{form}-{reader}" for form, reader, _ in [*READERS, *MORE_READERS]],
)
def test_two_hundred_values(form: str, reader: str, read: Read) -> None:
    """D-3: alone and together, values are read back unchanged or rejected, and none is executed."""
    if is_missing(reader):
        pytest.skip(f"{reader} isn't installed")
    texts = many_values()
    count = arrives(form, read, texts)
    if reader in PROGRAMS_THAT_START:
        for text in texts:
            arrives(form, read, [text])
    print(f"{form} by {reader}: {count} equal, {len(texts) - count} refused", file=sys.stderr)

    assert 200 == len(texts)


@pytest.mark.parametrize("name", CARRIED)
def test_values_in_dotenv(name: str) -> None:
    """D-3: every value that can be written in one style of quotes arrives unchanged."""
    assert dotenv_line("V", CARRIED[name]).startswith("V=")


@pytest.mark.parametrize("name", REFUSED_BY_DOTENV)
def test_dotenv_rejects_the_others(name: str) -> None:
    """D-3: the error states the reason without repeating the value."""
    with pytest.raises(Unwritable) as refused:
        dotenv_line("V", REFUSED_BY_DOTENV[name])

    assert REFUSED_BY_DOTENV[name].strip() not in str(refused.value)


@given(st.text('ab "`#=$\t:-é\\', max_size=30))
def test_dotenv_rarely_rejects(text: str) -> None:
    """D-3: only a single quote together with an awkwardly placed backslash can't be represented."""
    if "\\\\" in text or text.endswith("\\"):
        with pytest.raises(Unwritable):
            dotenv_line("V", text)
    else:
        assert dotenv_line("V", text).startswith("V=")


@pytest.mark.programs
def test_the_readers_of_these_tests_can_fail() -> None:
    """The readers unquote values and detect executed commands; otherwise other tests would prove nothing."""
    assert {"A": "b c", "D": "e"} == systemd("# x\nA='b c'\n;y\nD= e \n")
    assert {"A": 'x"y', "B": "a\\qb", "C": "a'b"} == systemd('A="x\\"y"\nB="a\\qb"\nC=a\'b\n')
    assert {"BSEND": "abcBS=x"} == systemd("BSEND=abc\\\nBS=x\n")
    with pytest.raises(AssertionError, match="a command ran"):
        sourced_by("sh")('A="$(touch MARK)"\n')
    with pytest.raises((AssertionError, subprocess.CalledProcessError)):
        sourced_by("sh")("A=it's\n")


@pytest.mark.parametrize("project", ["1e3", "0x10", "null", "yes", "~", "3.0"])
def test_the_name_of_a_kubernetes_secret_is_text(project: str) -> None:
    """D-3: a project name that looks like a number stays text."""
    name = kubernetes_name(project)
    manifest = yaml_1_2(FORMATS["k8s-secret"]([], name))

    assert name == manifest["metadata"]["name"]
    assert {} == manifest["data"]
    assert {} == yaml_1_2(FORMATS["yaml"]([], name))


def test_an_error_names_the_variable_and_not_the_value() -> None:
    """D-3: if a value can't be represented, nothing is written, and the hint suggests a format that works."""
    variables = variables_of(["fine", "hidden ${HOME}"])
    with pytest.raises(Failure, match=r"^V1 \(from v1\) can't be written as dotenv") as refused:
        FORMATS["dotenv"](variables, "billing")

    assert "--format shell" in refused.value.hint
    assert "hidden" not in refused.value.message
    for form in ("shell", "dotenv", "docker-env", "github-env"):
        with pytest.raises(Failure, match="NUL"):
            FORMATS[form](variables_of(["a\0b"]), "billing")
    with pytest.raises(Failure, match="longer than the longest line"):
        FORMATS["docker-env"](variables_of(["x" * 65_536]), "billing")


async def test_programs_read_the_file(cli_world: CliWorld) -> None:
    """D-3: values get from the server to a program through a file."""
    tricky = "it's a #\ntrick\t" + cli_world.world.markers.value()
    await cli_world.add(cli_world.projects["billing"], "TRICKY", value=tricky)
    await cli_world.grant_all()
    done = await cli_world.terminal.strongroom("export", "-p", "billing", "-o", ".env")
    file = cli_world.terminal.folder / ".env"

    assert 0 == done.status, done.err
    assert tricky == dotenv_values(file)["TRICKY"]
    assert tricky == node(file.read_text())["TRICKY"]
    try:
        load_dotenv(file)
        assert tricky == os.environ["TRICKY"]
    finally:
        for name in dotenv_values(file):
            os.environ.pop(name, None)
    for form, reader, read in READERS:
        if form in ("dotenv", "docker-env") or is_missing(reader):
            continue
        done = await cli_world.terminal.strongroom("export", "-p", "billing", "--format", form)
        found = read(done.out)

        assert tricky == found["TRICKY"], form
        assert await cli_world.value("billing/API_KEY") == found["API_KEY"], form


async def test_a_failed_write_keeps_the_old_file(cli_world: CliWorld) -> None:
    """D-3: the file is written completely or not at all, and no second copy remains next to it."""
    file = cli_world.terminal.folder / ".env"
    file.write_text("OLD=1\n")
    file.chmod(0o600)
    await cli_world.add(
        cli_world.projects["billing"], "BAD", value="${X}" + cli_world.world.markers.value()
    )
    await cli_world.grant_all()
    done = await cli_world.terminal.strongroom("export", "-p", "billing", "-o", ".env")

    assert 1 == done.status
    assert "OLD=1\n" == file.read_text()
    assert [file] == list(cli_world.terminal.folder.iterdir())
