"""A model file → its configuration, read as data: nothing in it is imported, executed or extracted.

The file is not trusted: declared and actual sizes are bounded, and no member of the archive is written to the path of
its name.
"""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, BinaryIO

from kspec.archive.errors import ImportRefused, printable, unreadable, unsafe
from kspec.syntax.bounded_json import InvalidJson, TooLarge, parse_json
from kspec.syntax.regular_files import NotRegularFile, Opener, open_regular

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"

MAX_MEMBERS = 10_000
MAX_JSON = 64 << 20
"""Bytes of a configuration; one of a thousand layers has three million."""
MAX_RATIO, SMALL = 200, 16 << 20
"""The largest compression ratio of a member, checked from a minimum size on. Keras does not compress; a configuration
compresses to a fortieth."""
MAX_METADATA = 1 << 16

_HDF5 = b"\x89HDF\r\n\x1a\n"
_CHUNK = 1 << 20
_SAVE_AGAIN = "if you trust it, load it with Keras and save it as `.keras`"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A parsed model file.

    Args:
        path: The path of the file.
        config: The serialized model: `class_name`, `config` …
        has_weights: Whether the file contains weights.
        has_assets: Whether the file may contain vocabularies.
        opener: Opens it.
    """

    path: str
    config: dict[str, Any]
    has_weights: bool = False
    has_assets: bool = False
    opener: Opener = open_regular

    def vocabulary(self, group: str) -> list[str] | None:
        """Read the vocabulary of a layer, which the archive stores as a file with one word per line.

        Args:
            group: The group of the layer's weights: `layers/string_lookup`.

        Returns:
            The words; None if there are none.

        Raises:
            ImportRefused: If the archive cannot be read.
        """
        with open_regular_file(self.path, self.opener) as file, _archive(file) as archive:
            name = f"assets/{group}/vocabulary.txt"
            if name not in archive.namelist():
                return None
            text = _member(archive, name, MAX_JSON)
        try:
            return text.decode("utf-8").replace("\r\n", "\n").split("\n")
        except UnicodeDecodeError:
            raise unreadable(f"`{name}` is not text") from None

    def copy_assets(self, group: str, folder: Path) -> bool:
        """Copy the files that a layer has saved beside its weights.

        Args:
            group: The group of the layer's weights.
            folder: The folder that receives them.

        Returns:
            Whether there are any.

        Raises:
            ImportRefused: If the archive cannot be read.
        """
        with open_regular_file(self.path, self.opener) as file, _archive(file) as archive:
            own = [member for member in archive.infolist() if member.filename.startswith(f"assets/{group}/")]
            for member in own:
                target = folder / member.filename.removeprefix(f"assets/{group}/")
                target.parent.mkdir(parents=True, exist_ok=True)
                if not member.is_dir():
                    with target.open("wb") as copy:
                        copy.writelines(_chunks(archive, member, None))
        return bool(own)

    def copy_weights(self, target: IO[bytes]) -> None:
        """Copy the archive's weights file to an open file. It is not verified yet.

        Raises:
            ImportRefused: If the archive cannot be read.
        """
        with open_regular_file(self.path, self.opener) as file, _archive(file) as archive:
            for chunk in _chunks(archive, archive.getinfo(WEIGHTS), None):
                target.write(chunk)


def read_model(path: str | os.PathLike[str], opener: Opener = open_regular, max_json: int = MAX_JSON) -> ModelFile:
    """Read a `.keras` archive, or a model's JSON.

    Args:
        path: The file.
        opener: Opens it; that of a path policy also makes sure that it may be read.
        max_json: The most bytes that the configuration in an archive may have.

    Raises:
        ImportRefused: If it is neither, is damaged, or is unsafe.
    """
    name = os.fspath(path)
    with open_regular_file(name, opener) as file:
        head = file.read(len(_HDF5))
        file.seek(0)
        if head.startswith(b"PK"):
            with _archive(file) as archive:
                return replace(_of_archive(name, archive, max_json), opener=opener)
        if head == _HDF5:
            raise _legacy(name)
        if not head:
            raise unreadable("the file is empty", "save it again")
        if name.endswith(".keras"):
            raise unreadable(
                "it is not a zip archive, as every `.keras` file must be", "save it again with `model.save`"
            )
        return read_model_json(name, file)


def read_model_json(name: str, file: IO[bytes]) -> ModelFile:
    """Read a model's JSON from an open file, which need not be on a disk.

    Args:
        name: Its name.
        file: The file.

    Raises:
        ImportRefused: If it does not hold a model's JSON.
    """
    text = file.read(MAX_JSON + 1)
    if len(text) > MAX_JSON:
        raise unreadable(f"it is not a Keras model: not an archive, and too large for JSON (over {MAX_JSON >> 20} MB)")
    return ModelFile(name, _model(_json(text, "the file", is_member=False)))


def _legacy(name: str) -> ImportRefused:
    if name.endswith(".weights.h5"):
        return unreadable(
            "it contains weights, but no model",
            "import the model's `.keras` or JSON file, and add the weights to the spec: `weights: file`",
        )
    return unreadable("it is a model in the legacy HDF5 format, which Keras cannot load safely", _SAVE_AGAIN)


@contextmanager
def open_regular_file(path: str, opener: Opener = open_regular) -> Iterator[BinaryIO]:
    """Open a file for reading, if it is a regular file.

    Args:
        path: The file.
        opener: Opens it.

    Raises:
        ImportRefused: If it cannot be opened.
    """
    try:
        file = opener(path)
    except NotRegularFile as error:
        if os.path.isdir(path):
            raise unreadable(
                "it is a folder",
                "use the `.keras` file itself, or the `config.json` of a model that was saved as a folder",
            ) from None
        raise unreadable(str(error.strerror)) from None
    except OSError as error:
        raise unreadable(f"it cannot be read: {error.strerror}") from None
    with file:
        yield file


@contextmanager
def _archive(file: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    """Open the archive in a file and check its members."""
    try:
        with zipfile.ZipFile(file) as archive:
            _check_members(archive, os.fstat(file.fileno()).st_size)
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError, RuntimeError) as error:
        cut = str(error) == "File is not a zip file"  # it starts like one, and has its table of contents at the end
        what = "the end is missing" if cut else printable(error)
        raise unreadable(f"the archive is damaged: {what}", "save or download it again") from None


def _check_members(archive: zipfile.ZipFile, size: int) -> None:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise unsafe(f"the archive has {len(members):,} members, more than {MAX_MEMBERS:,}")
    seen: set[str] = set()
    for member in members:
        name = member.orig_filename
        parts = name.replace("\\", "/").split("/")
        if "\0" in name or name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
            raise unsafe(f"a member of the archive would be extracted outside it: `{printable(name)}`")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise unsafe(f"a member of the archive is a link: `{printable(name)}`")
        key = member.filename.casefold()
        if key in seen:
            raise unsafe(f"two members of the archive have the name `{printable(name)}`")
        seen.add(key)
        if member.flag_bits & 0x1:
            raise unreadable(f"a member of the archive is encrypted: `{printable(name)}`")
        if member.file_size > SMALL and member.file_size > MAX_RATIO * max(member.compress_size, 1):
            raise unsafe(f"`{printable(name)}` would grow {_times(member)}-fold when unpacked")
    if sum(member.compress_size for member in members) > size:
        raise unsafe("the archive's members overlap")


def _times(member: zipfile.ZipInfo) -> str:
    return f"{member.file_size // max(member.compress_size, 1):,}"


def _of_archive(path: str, archive: zipfile.ZipFile, max_json: int) -> ModelFile:
    names = set(archive.namelist())
    if CONFIG not in names:
        what = "a TensorFlow SavedModel" if "saved_model.pb" in names else "not a Keras model"
        raise unreadable(
            f"the archive has no `{CONFIG}`: it is {what}", "save the model with `model.save('model.keras')`"
        )
    _check_metadata(archive, names)
    config = _json(_member(archive, CONFIG, max_json), f"`{CONFIG}`")
    return ModelFile(path, _model(config), WEIGHTS in names, any(name.startswith("assets/") for name in names))


def _check_metadata(archive: zipfile.ZipFile, names: set[str]) -> None:
    """Check that Keras 3 saved the model; other configurations are not supported."""
    if METADATA not in names:
        raise unreadable(f"the archive has no `{METADATA}`: it was not written by Keras", "save the model again")
    found = _json(_member(archive, METADATA, MAX_METADATA), f"`{METADATA}`")
    version = found.get("keras_version") if isinstance(found, dict) else None
    if not isinstance(version, str):
        raise unreadable(f"`{METADATA}` does not contain the version of Keras", "save the model again")
    if not version.startswith("3."):
        raise unreadable(
            f"it was saved by Keras {printable(version)}, but only files of Keras 3 can be read", _SAVE_AGAIN
        )


def _model(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict) or not isinstance(found.get("class_name"), str):
        raise unreadable(
            "it is not a Keras model: it has no `class_name`", "save it with `model.save` or `model.to_json`"
        )
    if not isinstance(found.get("config"), dict):
        raise unreadable("it is not a Keras model: it has no `config`", "save it with `model.save` or `model.to_json`")
    return found


def _member(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    info = archive.getinfo(name)
    if info.file_size > limit:
        raise unsafe(f"`{name}` declares {info.file_size:,} bytes, more than {limit:,}")
    return b"".join(_chunks(archive, info, limit))


def _chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int | None) -> Iterator[bytes]:
    """Unpack a member, up to its declared size."""
    done = 0
    with archive.open(info) as stream:
        while chunk := stream.read(_CHUNK):
            done += len(chunk)
            if done > info.file_size or (limit is not None and done > limit):
                raise unsafe(f"`{printable(info.filename)}` is larger than it declares")
            yield chunk


def _json(text: bytes, what: str, *, is_member: bool = True) -> Any:
    try:
        return parse_json(text, _unique_keys)
    except _DuplicateKey as twice:
        raise unsafe(f"{what} has the key `{printable(twice)}` twice in one object: readers may use either") from None
    except TooLarge as error:
        raise unsafe(f"{what} is no model of Keras: {error}") from None
    except InvalidJson as error:
        if not is_member:
            raise unreadable("it is not a Keras model: it is neither a `.keras` file nor JSON") from None
        raise unreadable(f"{what} cannot be read: {printable(error)}") from None


class _DuplicateKey(Exception):
    """A key that occurs twice in an object."""


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        raise _DuplicateKey(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return found
