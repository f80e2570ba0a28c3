"""The root key is read from sources that keep it off the disk and away from other users."""

import io
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from strongroom_core.crypto.root import encode_root, new_root
from strongroom_core.crypto.root_source import (
    CREDENTIAL,
    MOST_BYTES,
    read_credential,
    read_file,
    read_stream,
)
from strongroom_core.kernel.errors import Invalid

ROOT = new_root()
TEXT = encode_root(ROOT)
IN_MEMORY = Path("/dev/shm")
MARKER = "root-source-marker-2b8e"


def _is_memory(folder: Path) -> bool:
    """Find the file system in a different way than the product does."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    return any(mount[1] == str(folder) and mount[2] in {"tmpfs", "ramfs"} for mount in mounts)


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder on tmpfs."""
    if not _is_memory(IN_MEMORY):
        pytest.skip("needs tmpfs at /dev/shm")
    with TemporaryDirectory(dir=IN_MEMORY) as folder:
        yield Path(folder)


def _put(folder: Path, text: str = TEXT, mode: int = 0o400, name: str = "root") -> Path:
    path = folder / name
    path.write_text(text)
    path.chmod(mode)
    return path


def _require_as_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to give a file to another user")


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o700])
def test_reads_a_private_file_in_memory(memory: Path, mode: int) -> None:
    """E-2: the root key is read from a file on tmpfs that only this user can read, without a warning."""
    supplied = read_file(_put(memory, TEXT + "\n", mode))

    assert supplied.root().raw() == ROOT.raw()
    assert supplied.warning is None


@pytest.mark.parametrize("bit", [0o040, 0o020, 0o010, 0o004, 0o002, 0o001])
def test_rejects_a_file_that_others_can_use(memory: Path, bit: int) -> None:
    """E-2: a file with any permission for group or others is rejected, and the message says how to fix it."""
    with pytest.raises(Invalid, match="chmod 0400"):
        read_file(_put(memory, mode=0o400 | bit))


def test_rejects_a_file_of_another_user(memory: Path) -> None:
    """E-2: a file that someone else can replace is rejected."""
    _require_as_root()
    path = _put(memory)
    os.chown(path, 12345, -1)

    with pytest.raises(Invalid, match="another user"):
        read_file(path)


def test_rejects_a_file_on_a_disk(tmp_path: Path) -> None:
    """E-2: a root key next to the database protects nothing, so reading it from a disk requires an option."""
    if _lies_on_memory(tmp_path):
        pytest.skip("the folder for temporary files is in memory here")
    path = _put(tmp_path)
    with pytest.raises(Invalid, match="tmpfs or ramfs"):
        read_file(path)

    supplied = read_file(path, allow_disk=True)
    assert supplied.root().raw() == ROOT.raw()
    assert supplied.warning is not None
    assert "on disk" in supplied.warning
    assert TEXT not in supplied.warning


def test_allowing_a_disk_does_not_allow_others(tmp_path: Path) -> None:
    """E-2: the option affects only the check of the file system."""
    with pytest.raises(Invalid, match="chmod 0400"):
        read_file(_put(tmp_path, mode=0o644), allow_disk=True)


def test_allowing_a_disk_does_not_warn_about_memory(memory: Path) -> None:
    """E-2: the warning depends on where the file is, not on the option."""
    assert read_file(_put(memory), allow_disk=True).warning is None


def test_does_not_follow_a_link(memory: Path) -> None:
    """E-2: links aren't followed, because anyone who can write to the folder could redirect them."""
    link = memory / "link"
    link.symlink_to(_put(memory))

    with pytest.raises(Invalid, match="is a symbolic link"):
        read_file(link)


def test_does_not_wait_for_a_pipe(memory: Path) -> None:
    """E-2: a pipe without a writer is rejected immediately."""
    os.mkfifo(memory / "pipe", 0o400)

    with pytest.raises(Invalid, match="not a regular file"):
        read_file(memory / "pipe")


def test_names_a_missing_file_and_a_folder(memory: Path) -> None:
    """E-2: the message names the file and the reason."""
    with pytest.raises(Invalid, match=r"absent can't be opened: No such file"):
        read_file(memory / "absent")
    with pytest.raises(Invalid, match="not a regular file"):
        read_file(memory)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (MARKER.encode() * 1_000, f"more than {MOST_BYTES} bytes"),
        (MARKER.encode() + b"\xff", "isn't text"),
    ],
)
def test_invalid_input_is_rejected_from_every_source(
    memory: Path, content: bytes, reason: str
) -> None:
    """E-2: empty, endless and binary input is rejected from every source, and no error contains it."""
    path = memory / CREDENTIAL
    path.write_bytes(content)
    path.chmod(0o400)
    for read in (
        lambda: read_file(path),
        lambda: read_credential(memory),
        lambda: read_stream(io.BytesIO(content)),
    ):
        with pytest.raises(Invalid, match=reason) as caught:
            read()

        assert MARKER not in caught.value.message


def test_a_wrong_text_is_not_repeated(memory: Path) -> None:
    """E-5: neither the error for invalid text nor the repr of the result contains the text."""
    supplied = read_file(_put(memory, MARKER))
    with pytest.raises(Invalid) as caught:
        supplied.root()

    assert MARKER not in caught.value.message
    assert MARKER not in repr(supplied)


def test_reads_a_stream_to_its_end_and_no_further() -> None:
    """E-2: the root key can be read from standard input, even if the input has exactly the maximum length."""
    assert read_stream(io.BytesIO(f"{TEXT}\n".encode())).root().raw() == ROOT.raw()
    assert len(read_stream(io.BytesIO(b"x" * MOST_BYTES)).text) == MOST_BYTES


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o600])
def test_reads_a_credential(memory: Path, mode: int) -> None:
    """E-2: a systemd credential is accepted even if its ACL shows up as a group permission."""
    _put(memory, mode=mode, name=CREDENTIAL)

    assert read_credential(memory).root().raw() == ROOT.raw()


@pytest.mark.parametrize("mode", [0o404, 0o420, 0o460, 0o410, 0o444, 0o402])
def test_rejects_a_credential_that_others_can_use(memory: Path, mode: int) -> None:
    """E-2: a credential with any permission other than group read is rejected."""
    _put(memory, mode=mode, name=CREDENTIAL)

    with pytest.raises(Invalid, match="let systemd provide it"):
        read_credential(memory)


def test_rejects_a_credential_of_a_third_user(memory: Path) -> None:
    """E-2: a credential must belong to root or to this user."""
    _require_as_root()
    os.chown(_put(memory, name=CREDENTIAL), 12345, -1)

    with pytest.raises(Invalid, match="neither root nor this user"):
        read_credential(memory)


def test_the_file_is_closed(memory: Path) -> None:
    """E-2: the file is read once and closed, whether or not it was accepted."""
    good, bad = _put(memory), _put(memory, mode=0o444, name="bad")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        read_file(good)
        with pytest.raises(Invalid):
            read_file(bad)

    assert len(list(Path("/proc/self/fd").iterdir())) == before


def _lies_on_memory(folder: Path) -> bool:
    return any(_is_memory(parent) for parent in (folder, *folder.parents))
