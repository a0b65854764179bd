"""A model file → its configuration, read as data: nothing in it is imported, run, extracted or opened.

What a file claims of itself is not believed: sizes are bounded, declared and actual; a zip's members are looked at,
none is ever written where its name says.
"""

from __future__ import annotations

import json
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from kspec.archive.errors import ImportRefused, hostile, shown, unreadable

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"

MAX_MEMBERS = 10_000
MAX_JSON = 64 << 20
"""Bytes of a configuration; that of a thousand layers has three million."""
MAX_RATIO, SMALL = 200, 16 << 20
"""How much a member may grow when it is unpacked, and from which size that matters. Keras does not compress; a
configuration packs to a fortieth."""
MAX_METADATA = 1 << 16

_HDF5 = b"\x89HDF\r\n\x1a\n"
_CHUNK = 1 << 20
_SAVE_AGAIN = "if you trust it, load it with Keras and save it as `.keras`"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model file that was read.

    Args:
        path: Where it lies.
        config: What describes the model, as Keras wrote it: `class_name`, `config` and the rest.
        has_weights: Whether weights are in it.
        has_assets: Whether vocabularies may be in it.
    """

    path: str
    config: dict[str, Any]
    has_weights: bool = False
    has_assets: bool = False

    def vocabulary(self, group: str) -> list[str] | None:
        """The words that a layer has learned, one a line in a file of the archive; None where there is none.

        Args:
            group: Where the layer's weights lie: `layers/string_lookup`.

        Raises:
            Refused: when it cannot be read.
        """
        with opened(self.path) as file, _archive(file) as archive:
            name = f"assets/{group}/vocabulary.txt"
            if name not in archive.namelist():
                return None
            text = _member(archive, name, MAX_JSON)
        try:
            return text.decode("utf-8").split("\n")
        except UnicodeDecodeError:
            raise unreadable(f"`{name}` is no text") from None

    def copy_weights(self, target: IO[bytes]) -> None:
        """Writes the weights' file that is in the archive to an open one, as it is: it has yet to be verified.

        Raises:
            Refused: when it cannot be read.
        """
        with opened(self.path) as file, _archive(file) as archive:
            for chunk in _chunks(archive, archive.getinfo(WEIGHTS), None):
                target.write(chunk)


def read_model(path: str | os.PathLike[str]) -> ModelFile:
    """Reads a `.keras` archive, or a model's JSON.

    Raises:
        Refused: when it is neither, is damaged, or is made to do harm.
    """
    name = os.fspath(path)
    with opened(name) as file:
        head = file.read(len(_HDF5))
        file.seek(0)
        if head.startswith(b"PK"):
            with _archive(file) as archive:
                return _of_archive(name, archive)
        if head == _HDF5:
            raise _legacy(name)
        if not head:
            raise unreadable("it is empty", "save it again")
        if name.endswith(".keras"):
            raise unreadable("it is no zip archive, as every `.keras` file is", "save it again with `model.save`")
        if os.fstat(file.fileno()).st_size > MAX_JSON:
            raise unreadable(f"it is no Keras model: no archive, and too large for JSON ({MAX_JSON >> 20} MB)")
        return ModelFile(name, _model(_json(file.read(MAX_JSON + 1), "the file", "it is no Keras model: ")))


def _legacy(name: str) -> ImportRefused:
    if name.endswith(".weights.h5"):
        return unreadable(
            "it holds weights, and no model",
            "the model is in the `.keras` file, or in its JSON; weights can be stated beside it, as `weights:`",
        )
    return unreadable("it is a whole model in the old HDF5 format, whose loading Keras does not guard", _SAVE_AGAIN)


@contextmanager
def opened(path: str) -> Iterator[IO[bytes]]:
    """The file, opened to be read; only a plain one."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise unreadable(f"it cannot be read: {error.strerror}") from None
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        if stat.S_ISDIR(mode):
            raise unreadable(
                "it is a folder",
                "give the `.keras` file itself, or the `config.json` of a model that was saved as a folder",
            )
        raise unreadable("it is no plain file")
    with open(descriptor, "rb") as file:
        yield file


@contextmanager
def _archive(file: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    """The archive in a file, its members looked at."""
    try:
        with zipfile.ZipFile(file) as archive:
            _look_at_members(archive, os.fstat(file.fileno()).st_size)
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError, RuntimeError) as error:
        cut = str(error) == "File is not a zip file"  # it begins like one, and what it holds is listed at its end
        what = "its end is missing" if cut else shown(error)
        raise unreadable(f"the archive is damaged: {what}", "save or download it again") from None


def _look_at_members(archive: zipfile.ZipFile, size: int) -> None:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise hostile(f"the archive has {len(members):,} members, more than {MAX_MEMBERS:,}")
    seen: set[str] = set()
    for member in members:
        name = member.orig_filename
        parts = name.replace("\\", "/").split("/")
        if "\0" in name or name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
            raise hostile(f"a member of the archive would lie outside of it: `{shown(name)}`")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise hostile(f"a member of the archive is a link: `{shown(name)}`")
        key = member.filename.casefold()
        if key in seen:
            raise hostile(f"two members of the archive are called `{shown(name)}`")
        seen.add(key)
        if member.flag_bits & 0x1:
            raise unreadable(f"a member of the archive is encrypted: `{shown(name)}`")
        if member.file_size > SMALL and member.file_size > MAX_RATIO * max(member.compress_size, 1):
            raise hostile(f"`{shown(name)}` would grow {_times(member)}-fold when it is unpacked")
    if sum(member.compress_size for member in members) > size:
        raise hostile("the archive's members overlap")


def _times(member: zipfile.ZipInfo) -> str:
    return f"{member.file_size // max(member.compress_size, 1):,}"


def _of_archive(path: str, archive: zipfile.ZipFile) -> ModelFile:
    names = set(archive.namelist())
    if CONFIG not in names:
        what = "a saved model of TensorFlow's" if "saved_model.pb" in names else "no Keras model"
        raise unreadable(f"the archive has no `{CONFIG}`: it is {what}", "a `.keras` file is what `model.save` writes")
    _check_metadata(archive, names)
    config = _json(_member(archive, CONFIG, MAX_JSON), f"`{CONFIG}`")
    return ModelFile(path, _model(config), WEIGHTS in names, any(name.startswith("assets/") for name in names))


def _check_metadata(archive: zipfile.ZipFile, names: set[str]) -> None:
    """Keras writes which version of it saved the model; of 3 alone is the configuration known."""
    if METADATA not in names:
        raise unreadable(f"the archive has no `{METADATA}`: Keras did not write it", "save the model again")
    found = _json(_member(archive, METADATA, MAX_METADATA), f"`{METADATA}`")
    version = found.get("keras_version") if isinstance(found, dict) else None
    if not isinstance(version, str):
        raise unreadable(f"`{METADATA}` does not say which Keras saved it", "save the model again")
    if not version.startswith("3."):
        raise unreadable(f"it was saved by Keras {shown(version)}, and is read as Keras 3 writes it", _SAVE_AGAIN)


def _model(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict) or not isinstance(found.get("class_name"), str):
        raise unreadable("it is no Keras model: it has no `class_name`", "`model.to_json()` gives what can be read")
    if not isinstance(found.get("config"), dict):
        raise unreadable("it is no Keras model: it has no `config`", "`model.to_json()` gives what can be read")
    return found


def _member(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    info = archive.getinfo(name)
    if info.file_size > limit:
        raise hostile(f"`{name}` says that it has {info.file_size:,} bytes, more than {limit:,}")
    return b"".join(_chunks(archive, info, limit))


def _chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int | None) -> Iterator[bytes]:
    """A member, unpacked; no more of it than it says that it has."""
    done = 0
    with archive.open(info) as stream:
        while chunk := stream.read(_CHUNK):
            done += len(chunk)
            if done > info.file_size or (limit is not None and done > limit):
                raise hostile(f"`{shown(info.filename)}` has more in it than it says")
            yield chunk


def _json(text: bytes, what: str, start: str = "") -> Any:
    try:
        return json.loads(text.decode("utf-8"), object_pairs_hook=_once)
    except _Twice as twice:
        raise hostile(f"{what} says `{shown(twice)}` twice in one place: who reads it may take either") from None
    except RecursionError:
        raise hostile(f"{what} is nested too deep") from None
    except ValueError as error:
        raise unreadable(f"{start}{what} is no JSON: {shown(error)}") from None


class _Twice(Exception):
    """A key that stands twice in an object."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        raise _Twice(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return found
