"""A wheel of the kspec that runs, wherever it was installed from: an image gets that one, published or not."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from kspec import _version

LEFT_OUT = ("__pycache__", "vscode", "node_modules")
"""Folders of a checkout that no wheel of kspec has."""
WHEEL = "Wheel-Version: 1.0\nGenerator: kspec\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
MODE = 0o644 << 16


def write_wheel(folder: Path) -> Path:
    """Writes a wheel of this kspec; the same files give the same bytes.

    Args:
        folder: The folder that receives it.

    Returns:
        Its path.

    Raises:
        PackageNotFoundError: If kspec is not installed as a package.
    """
    own = distribution("kspec")
    path = folder / f"kspec-{own.version}-py3-none-any.whl"
    record: list[tuple[str, str, int | str]] = []
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, data in _files(own):
            info = ZipInfo(name)
            info.external_attr, info.compress_type = MODE, ZIP_DEFLATED
            archive.writestr(info, data)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append((name, f"sha256={digest}", len(data)))
        place = f"{_metadata(own)}/RECORD"
        lines = io.StringIO()
        csv.writer(lines, lineterminator="\n").writerows([*record, (place, "", "")])
        archive.writestr(ZipInfo(place), lines.getvalue())
    return path


def _files(own: Distribution) -> Iterator[tuple[str, bytes]]:
    """The files of a wheel by name, without its record."""
    package = Path(_version.__file__).parent
    for file in sorted(package.rglob("*")):
        parts = file.relative_to(package).parts
        if file.is_file() and not set(parts) & set(LEFT_OUT):
            yield "/".join(("kspec", *parts)), file.read_bytes()
    for name, text in (
        ("METADATA", own.read_text("METADATA") or ""),
        ("WHEEL", WHEEL),
        ("entry_points.txt", own.read_text("entry_points.txt") or ""),
    ):
        yield f"{_metadata(own)}/{name}", text.encode()


def _metadata(own: Distribution) -> str:
    return f"kspec-{own.version}.dist-info"
