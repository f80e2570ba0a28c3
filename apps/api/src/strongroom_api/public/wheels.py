"""Builds wheels of the packages that machines install, from the packages installed here.

A server therefore offers exactly the client with which it was released, and needs neither build tools nor a
checkout. The distributions are pure Python, so a wheel contains only modules and metadata. The same files
always result in the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

DISTRIBUTIONS = ("strongroom-wire", "strongroom", "strongroom-cli")
"""The distributions, in dependency order."""

_WHEEL = "Wheel-Version: 1.0\nGenerator: strongroom\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel: the distribution, the file's name, its content, and its SHA-256 in hex."""

    distribution: str
    name: str
    content: bytes
    sha256: str


@cache
def client_wheels() -> tuple[Wheel, ...]:
    """Return the wheels. They are built once, and are smaller than a megabyte in total.

    Raises `metadata.PackageNotFoundError` if a distribution isn't installed.
    """
    return tuple(_build(each) for each in DISTRIBUTIONS)


def _build(name: str) -> Wheel:
    distribution = metadata.distribution(name)
    module = name.replace("-", "_")
    info = f"{module}-{distribution.version}.dist-info"
    files = _modules_of(module)
    files[f"{info}/METADATA"] = (distribution.read_text("METADATA") or "").encode()
    files[f"{info}/WHEEL"] = _WHEEL.encode()
    if scripts := distribution.read_text("entry_points.txt"):
        files[f"{info}/entry_points.txt"] = scripts.encode()
    record = f"{info}/RECORD"
    files[record] = _record(files, record)
    content = _packed(files)
    digest = hashlib.sha256(content).hexdigest()
    return Wheel(name, f"{module}-{distribution.version}-py3-none-any.whl", content, digest)


def _modules_of(module: str) -> dict[str, bytes]:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise metadata.PackageNotFoundError(module)
    folder = Path(spec.origin).parent
    return {
        f"{module}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def _record(files: dict[str, bytes], own: str) -> bytes:
    """Return the list of the files with their hashes, as the wheel format requires."""
    lines = [f"{path},sha256={_digest(content)},{len(content)}" for path, content in files.items()]
    return "\n".join([*lines, f"{own},,", ""]).encode()


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _packed(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return packed.getvalue()
